"""Stage 8 of Images: two models on the same images, what they give back and what they draw, with figures."""

import gradio as gr

from genhub import catalog
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import markup
from genhub.ui.images import chooser
from genhub.ui.wiring import Wires

STAGE = "8  Compare"
INTRO = (
    "The model chosen above beside another one: the same images through both, what each draws from codes drawn at random, and what each costs. "
    "To see a mistake of the courses run both ways, train with its preset and without."
)


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-beside") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-beside"):
            other = gr.Dropdown([], value=None, label="Beside", elem_id="beside-other", scale=3, min_width=220)
            seed = gr.Number(0, label="Seed", precision=0, elem_id="beside-seed", min_width=90)
            go = gr.Button("Compare", variant="primary", elem_id="beside-go", min_width=140)
        problem = gr.HTML(elem_id="beside-problem")
        shown = gr.HTML(elem_id="beside-shown", elem_classes="gh-reserve")
    wires.add(beside_stage=stage, beside_other=other, beside_seed=seed, beside_go=go, beside_problem=problem, beside_shown=shown)


def wire(wires: Wires) -> None:
    part = wires.parts
    for event in (part["beside_stage"].expand, part["im_known"].change, part["beside_other"].focus):  # a list that is open must not change
        wires.on(event, offer, ["session", "im_known", "beside_other"], ["beside_other"], "beside_problem")
    asked = ["session", "im_model", "im_known", "beside_other", "beside_seed"]
    once = {"trigger_mode": "once", "show_progress": "minimal"}
    wires.on(part["beside_go"].click, chooser.knowing(compare), asked, ["beside_shown"], "beside_problem", **once)


# ---- handlers -------------------------------------------------------------------------------------------------------


def offer(lab: Lab, session: dict, im_known: dict | None, beside_other: str | None) -> dict:
    """The models as they are now that can stand beside the one above: the visitor's, and ours of the same set."""
    above = im_known["model"] if im_known else ""
    of = getattr(catalog.IMAGE_MODELS.get(above), "of", None)
    ours = [model for model in catalog.IMAGE_MODELS if of and catalog.IMAGE_MODELS[model].of != of]
    known = [(name, model) for name, model in chooser.choices(lab, session) if model != above and model not in ours]
    drawing = [model for model, _ in catalog.DRAWN_SETS.values()]  # last: what is drawn to compare on, these know best
    like = sorted((model for _, model in known if of and model in catalog.IMAGE_MODELS), key=drawing.__contains__)
    return {"beside_other": chooser.offered(known, beside_other, next(iter(like), None))}


def compare(lab: Lab, session: dict, im_known: dict | None, beside_other: str | None, beside_seed) -> dict:
    """Both on the same images."""
    model, _ = chooser.asked(im_known, chooser.ANY)
    if not beside_other:
        raise UserError("No other model has been chosen.", "Two are compared.", "Choose one.", "beside_other")
    names = {known: name for name, known in chooser.choices(lab, session)}
    told = lab.painters_beside(session["visitor"], model, beside_other, beside_seed)
    return {"beside_shown": render(told, [names.get(model, "this model"), names.get(beside_other, "the other")])}


# ---- rendering ------------------------------------------------------------------------------------------------------


def render(told: dict, names: list[str]) -> str:
    """The answer of `lab.painters_beside`."""
    rows = [
        [name, markup.figure(error, "{:.4f}"), f"{size:,}", f"{parameters:,}", "–" if seconds is None else markup.seconds(seconds)]
        for name, error, size, parameters, seconds in zip(
            names, told["errors"], told["sizes"], told["parameters"], told["seconds"], strict=True
        )
    ]
    back = _given_back(told, names)
    samples = "".join(_samples(name, picture) for name, picture in zip(names, told["samples"], strict=True))
    return markup.page(
        markup.table(["model", "squared error a pixel", "numbers of a code", "parameters", "trained in"], rows, (1, 2, 3)),
        *back,
        samples,
    )


def _given_back(told: dict, names: list[str]) -> list[str]:
    """The same images through those of the two that read images."""
    read = [name for name, error in zip(names, told["errors"], strict=True) if error is not None]
    if not read:
        return [markup.paragraph("Neither of them reads images: both draw.", "muted")]
    said = f"Above images, below what {read[0]} gives back" + (f", at the bottom what {read[1]} does" if len(read) > 1 else "")
    ground = markup.paragraph(_ground(told, names), "muted")
    return [ground, "<h3>Given back</h3>", markup.picture(told["picture"], said), markup.paragraph(f"{said}.", "muted")]


def _ground(told: dict, names: list[str]) -> str:
    """What the models are compared on."""
    images, kept, drew = markup.plural(told["count"], "image"), told["kept"], told["drew"]
    if kept is None:
        what = f"On {images}, synthetic: drawn by"
        if drew is None:
            return f"{what} a conditional model of the same set. The real ones are not here."
        return f"{what} {names[drew]}, which knows its own best. The real ones are not here."
    said = f"On {images} that the run of {names[kept]} kept for its verdict."
    if not told["same"]:
        return f"{said} {names[1 - kept]} has learnt another set."
    return said if told["unseen"] else f"{said} {names[1 - kept]} may have learnt some of them."


def _samples(name: str, picture: str) -> str:
    if not picture:
        return markup.paragraph(f"{name} draws nothing: an autoencoder without a map does not say where its codes lie.", "muted")
    return f"<h3>{markup.esc(name)} draws</h3>{markup.picture(picture, f'Images drawn by {name}')}"
