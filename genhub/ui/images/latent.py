"""Stage 3 of Images: the map of a trained model. Press anywhere and see what is decoded there; press twice and walk from one place to the other."""

import math

import gradio as gr

from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import markup
from genhub.ui.images import plane
from genhub.ui.learning.kinds import PAINTERS
from genhub.ui.wiring import Wires, pieces

STAGE = "3  Latent space"
INTRO = (
    "Every image that the model has not learnt from is a dot, where its code lies. Press the map: what is decoded there appears beside it, and "
    "the way from the place before, through the code and, below, through the pixels."
)
NOTHING = "Train a model in stage 1 or 2 first: its map is drawn when the training ends."
STEPS = 10  # images on a way
NO_RUN = ("No model has been chosen.", "A map is of a finished run.", "Train one in stage 1 or 2.", "latent_run")
SHOWN = ["latent_map", "latent_shown", "latent_told", "latent_places"]


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-latent") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=3, min_width=300):
                run = gr.Dropdown([], value=None, label="Model", info="Your finished runs, the newest first.", elem_id="latent-run")
                drawn = pieces(markup.page(markup.note(NOTHING)), elem_id="latent-map")
            with gr.Column(scale=2, min_width=300):
                label = gr.Textbox(
                    "", label="Class", info="What a conditional model is told; empty: its first class.", max_lines=1, elem_id="latent-label"
                )
                with gr.Row():
                    x, y = (gr.Number(0.0, label=name, elem_id=f"latent-{name}", min_width=90) for name in ("x", "y"))
                    go = gr.Button("Decode", elem_id="latent-go", min_width=110)
                sheet = gr.Button("Decode the whole map", elem_id="latent-sheet")
                problem = gr.HTML(elem_id="latent-problem")
                shown = gr.HTML(elem_id="latent-shown", elem_classes="gh-reserve")
    wires.add(latent_stage=stage, latent_run=run, latent_map=drawn, latent_label=label, latent_x=x, latent_y=y, latent_go=go)
    wires.add(latent_sheet=sheet, latent_problem=problem, latent_shown=shown, latent_told=gr.State(None), latent_places=gr.State([]))


def wire(wires: Wires) -> None:
    part, asked, problem = wires.parts, ["session", "latent_run"], "latent_problem"
    for event in (part["latent_stage"].expand, part["images_tab"].select):
        offered = wires.on(event, offer, asked, ["latent_run"], problem)
        wires.on(offered.then, choose, asked, SHOWN, problem)
    wires.on(part["latent_run"].input, choose, asked, SHOWN, problem)
    held = [*asked, "latent_label", "latent_told", "latent_places"]
    seen = ["latent_map", "latent_shown", "latent_places", "latent_x", "latent_y"]
    wires.on_pick(part["latent_map"].select, press, held, seen, problem, trigger_mode="once")
    wires.on(part["latent_go"].click, typed, [*held, "latent_x", "latent_y"], seen, problem, trigger_mode="once")
    wires.on(part["latent_sheet"].click, whole, [*asked, "latent_label", "latent_told"], ["latent_shown"], problem, trigger_mode="once")


# ---- handlers -------------------------------------------------------------------------------------------------------


def offer(lab: Lab, session: dict, latent_run: str | None) -> dict:
    """The visitor's finished image models, the newest first."""
    tasks = {kind.task for kind in PAINTERS}
    known = [(info.name, info.id) for info in lab.runs(session["visitor"]) if info.task in tasks and info.metrics]
    ids = [run for _, run in known]
    return {"latent_run": gr.update(choices=known, value=latent_run if latent_run in ids else next(iter(ids), None))}


def choose(lab: Lab, session: dict, latent_run: str | None) -> dict:
    """Another model: its map."""
    if not latent_run:
        return {"latent_map": markup.page(markup.note(NOTHING)), "latent_shown": "", "latent_told": None, "latent_places": []}
    told = lab.image_map(session["visitor"], latent_run)
    return {"latent_map": _map(told, []), "latent_shown": "", "latent_told": told, "latent_places": []}


def press(lab: Lab, pick: str, session: dict, **held) -> dict:
    """A cell of the map was pressed."""
    kind, *numbers = pick.split(":")
    try:
        place = [float(number) for number in numbers]
    except ValueError:
        place = []
    if kind != plane.PICK or len(place) != 2:
        return {}
    return _walk(lab, session, place, **held)


def typed(lab: Lab, session: dict, latent_x, latent_y, **held) -> dict:
    """A place was given by its numbers."""
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in (latent_x, latent_y)):
        raise UserError("This is no place.", "Two numbers.", "Type both, or press the map.", "latent_x")
    return _walk(lab, session, [latent_x, latent_y], **held)


def whole(lab: Lab, session: dict, latent_run, latent_label, latent_told) -> dict:
    """Images decoded from all over the map."""
    if not latent_run or not latent_told:
        raise UserError(*NO_RUN)
    told = lab.image_sheet(session["visitor"], latent_run, list(plane.span(latent_told["places"])), latent_label)
    said = "The map from end to end, decoded place by place."
    return {"latent_shown": markup.page(markup.picture(told["picture"], said), markup.paragraph(said, "muted"))}


def _walk(lab: Lab, session: dict, place: list[float], **held) -> dict:
    """What is decoded at a place, and on the way to it from the one before."""
    if not held["latent_run"] or not held["latent_told"]:
        raise UserError(*NO_RUN)
    places = [*held["latent_places"], place][-2:]
    way = _between(*places) if len(places) > 1 else places
    told = lab.images_at(session["visitor"], held["latent_run"], way, held["latent_label"])
    x, y = place
    return {
        "latent_map": _map(held["latent_told"], places),
        "latent_shown": _shown(told, len(way)),
        "latent_places": places,
        "latent_x": round(x, 4),
        "latent_y": round(y, 4),
    }


def _between(first: list, last: list) -> list[list[float]]:
    shares = [step / (STEPS - 1) for step in range(STEPS)]
    return [[(1 - share) * here + share * there for here, there in zip(first, last, strict=True)] for share in shares]


# ---- rendering ------------------------------------------------------------------------------------------------------


def _map(told: dict, places: list) -> str:
    if told["size"] == 2:
        said = f"The codes of {len(told['places']):,} images: two numbers each, so the map is all there is."
    else:
        said = (
            f"The codes of {len(told['places']):,} images, {told['size']:,} numbers each, on the plane of most variance: it shows "
            f"{told['kept']:.0%} of it. A place stands for the code that lies there and has the mean of all else."
        )
    return markup.page(plane.draw(told, places), markup.paragraph(said, "muted"))


def _shown(told: dict, count: int) -> str:
    code = ", ".join(f"{number:.2f}" for number in told["codes"][-1])
    said = f"Decoded in {1000 * told['seconds']:.0f} ms; the last code: {code}{' …' if len(told['codes'][-1]) == 32 else ''}."
    if count == 1:
        return markup.page(markup.picture(told["picture"], "What is decoded there", "one"), markup.paragraph(said, "muted"))
    parts = [markup.picture(told["picture"], "The way through the code")]
    if told.get("pixels"):
        parts += [
            markup.paragraph("The same way through the pixels:", "muted"),
            markup.picture(told["pixels"], "The way through the pixels"),
        ]
    return markup.page("<h3>The way there, through the code</h3>", *parts, markup.paragraph(said, "muted"))
