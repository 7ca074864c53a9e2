"""Stage 9 of Images: a set of drawn images to learn from, as many of every class, as a file."""

import contextlib
from collections.abc import Iterator

import gradio as gr

from genhub.data.image_sets import BOUNDS
from genhub.errors import UserError
from genhub.images.saved import DATASETS, UNSURE
from genhub.lab import Lab
from genhub.training.configs import EnlargeConfig
from genhub.ui import forms, markup
from genhub.ui.images import chooser, play
from genhub.ui.wiring import Wires

STAGE = "9  Enlarge my data set"
INTRO = (
    "The model chosen above draws as many images of every class, with their labels: a GAN, a VAE or a diffusion model that is told the class, "
    "trained in stages 4, 6 or 7 on images of yours. Truncation, seed, steps and guidance are those of stage 1."
)
LARGE = f"GenHub itself reads sets of more than {BOUNDS.entries:,} images, or of images smaller than 16 × 16, as NPZ."
UNTOLD = "This model is told no class: the images come without labels. Train one that is told the class for labels."
FORMATS = {"ZIP, a folder a class": "zip", "NPZ, arrays x and y": "npz", "Folder for datasets, with a card (ZIP)": DATASETS}
OUTPUTS = ["enlarge_shown", "enlarge_file", "enlarge_go", "enlarge_stop"]
BUSY = {"enlarge_go": gr.update(interactive=False), "enlarge_stop": gr.update(interactive=True)}
IDLE = {"enlarge_go": gr.update(interactive=True), "enlarge_stop": gr.update(interactive=False)}


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-enlarge") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-beside"):
            each = forms.field(EnlargeConfig.option("each"), elem_id="enlarge-each", min_width=160)
            kind = gr.Dropdown(
                list(FORMATS),
                value=next(iter(FORMATS)),
                label="As",
                info="How the images and their labels are packed.",
                elem_id="enlarge-format",
                min_width=220,
            )
            go = gr.Button("Draw the set", variant="primary", elem_id="enlarge-go", min_width=140)
            stop = gr.Button("Stop", interactive=False, elem_id="enlarge-stop", elem_classes="gh-stop", min_width=90)
        problem = gr.HTML(elem_id="enlarge-problem")
        shown = gr.HTML(elem_id="enlarge-shown", elem_classes="gh-reserve")
        file = gr.DownloadButton("Download", visible=False, elem_id="enlarge-file")
    wires.add(enlarge_stage=stage, enlarge_each=each, enlarge_format=kind, enlarge_go=go, enlarge_stop=stop)
    wires.add(enlarge_problem=problem, enlarge_shown=shown, enlarge_file=file)


def wire(wires: Wires) -> None:
    part = wires.parts
    asked = ["session", "im_model", "im_known", "im_label", "enlarge_each", "enlarge_format", *play.GIVEN]
    going = wires.on_steps(part["enlarge_go"].click, chooser.knowing(enlarge), asked, OUTPUTS, "enlarge_problem", IDLE, trigger_mode="once")
    part["enlarge_stop"].click(None, cancels=[going])
    wires.on(part["enlarge_stop"].click, stopped, [], OUTPUTS)


# ---- handlers -------------------------------------------------------------------------------------------------------


def enlarge(lab: Lab, session: dict, im_known: dict | None, im_label: str, enlarge_each, enlarge_format: str, **given) -> Iterator[dict]:
    """Draws with progress; the file comes when all of it is done."""
    model, label = chooser.asked(im_known, im_label)
    if not im_known["draws"]:
        raise UserError(
            "An autoencoder is not made to draw images.", "A VAE, a GAN or a diffusion model is.", "Choose one above.", "im_model"
        )
    yield {"enlarge_shown": markup.page(markup.note("Drawing.")), "enlarge_file": gr.update(visible=False), **BUSY}
    each, kind = forms.value(EnlargeConfig.option("each"), enlarge_each), FORMATS.get(str(enlarge_format), "zip")
    values = {"label": label, **play.values_of(given)}
    with contextlib.closing(lab.enlarging(session["visitor"], model, each, values, kind)) as events:
        for event in events:
            if "done" in event:
                yield {"enlarge_shown": progress(event)}
            elif "path" in event:
                size = markup.size(event["path"].stat().st_size)
                file = gr.update(value=str(event["path"]), visible=True, label=f"Download {event['path'].name} ({size})")
                yield {"enlarge_shown": render(event), "enlarge_file": file, **IDLE}


def stopped(lab: Lab) -> dict:
    return {"enlarge_shown": markup.page(markup.note("Stopped: nothing was written.")), **IDLE}


# ---- rendering ------------------------------------------------------------------------------------------------------


def progress(event: dict) -> str:
    share = event["done"] / max(1, event["of"])
    return markup.page(markup.paragraph(f"{event['done']:,} of {markup.plural(event['of'], 'image')}"), markup.track(share))


def render(told: dict) -> str:
    """What the file holds, and some of it to look at."""
    shown = f"The first images of {told['count']:,}"
    counts = ", ".join(f"{name} {count:,}" for name, count in told["classes"].items())
    said = f"{markup.plural(told['count'], 'image')}" + (f": {counts}." if counts else ", without labels.")
    return markup.page(
        markup.paragraph(said),
        markup.picture(told["picture"], shown),
        markup.paragraph(UNSURE if counts else UNTOLD, "muted"),
        markup.paragraph(LARGE, "muted") if told["count"] > BOUNDS.entries else "",
    )
