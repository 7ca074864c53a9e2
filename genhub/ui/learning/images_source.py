"""Where the images come from that a model learns, and what was found in them."""

from collections.abc import Sequence
from functools import partial

import gradio as gr

from genhub.data import streamed
from genhub.data.fixes import OF_IMAGES
from genhub.data.image_sets import DIGITS
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.training.configs import ImageSetConfig
from genhub.ui import forms, markup
from genhub.ui.learning.kinds import Kind
from genhub.ui.wiring import Wires, pieces

SAMPLE, FILE, HUB = "Bundled images", "My images", "The Hub"
PARTS = ("source", "sample", "file", "side", "grey", "dataset", "classes")
SHOWN = {SAMPLE: ("sample",), FILE: ("file", "side", "grey"), HUB: ("dataset", "classes", "side", "grey")}
HUB_IMAGES = "ylecun/mnist"
HUB_HELP = "owner/name on the Hub, or owner/name:configuration:split. zalando-datasets/fashion_mnist is the other set of the course."
NOTHING = "No images are in use yet."
MISSING = ("No images are in use.", "Training needs some.", "Choose images and press “Use these images”.")
FILE_HELP = "A ZIP of PNG, JPEG or WebP files, a folder in it for each class; or .npz with x and y"


def layout(wires: Wires, kind: Kind) -> None:
    sources = [SAMPLE, FILE, *([] if wires.lab.settings.offline else [HUB])]
    source = gr.Radio(sources, value=SAMPLE, label="Images", elem_id=kind.name("source"))
    sample = gr.Dropdown(
        [(told, name) for name, told in wires.lab.image_samples().items()],
        value=DIGITS,
        label="Bundled images",
        elem_id=kind.name("sample"),
    )
    file = gr.File(label=FILE_HELP, visible=False, height=110, elem_id=kind.name("file"))
    with gr.Row():
        side, grey = (
            forms.field(ImageSetConfig.option(name), elem_id=kind.name(name), visible=False, min_width=140) for name in ("side", "grey")
        )
    dataset = gr.Textbox(HUB_IMAGES, label="Data set", info=HUB_HELP, max_lines=1, visible=False, elem_id=kind.name("dataset"))
    classes = gr.Textbox(
        "", label="Column of the classes", info="Empty: label, or the first one.", max_lines=1, visible=False, elem_id=kind.name("classes")
    )
    use = gr.Button("Use these images", elem_id=kind.name("use"), elem_classes="gh-enter")
    problem = pieces(elem_id=kind.name("text_problem"))
    facts = gr.HTML(markup.page(markup.note(NOTHING)), elem_id=kind.name("facts"), elem_classes="gh-reserve")
    parts = {"source": source, "sample": sample, "file": file, "side": side, "grey": grey, "dataset": dataset}
    parts["classes"] = classes
    parts |= {"use": use, "text_problem": problem, "facts": facts}
    wires.add(**{kind.name(part): component for part, component in parts.items()})


def wire(wires: Wires, kind: Kind) -> None:
    wires.on(wires.parts[kind.name("source")].change, partial(choose, kind=kind), [kind.name("source")], kind.names(*PARTS[1:]))


# ---- handlers -------------------------------------------------------------------------------------------------------


def choose(lab: Lab, kind: Kind, **given) -> dict:
    shown = SHOWN.get(str(given[kind.name("source")]), ())
    return {kind.name(part): gr.update(visible=part in shown) for part in PARTS[1:]}


def take(lab: Lab, session: dict, kind: Kind, given: dict, fixes: Sequence[str] = ()) -> tuple[str, str]:
    """(id of the images that were read, what is told of them); fixes: the remedies that were pressed."""
    source, sample, file, side, grey, dataset, classes = (given[kind.name(part)] for part in PARTS)
    if source == FILE:
        if not file:
            raise UserError("No file has been chosen.", "One file is needed.", "Choose a ZIP of images.", "file")
        found = lab.take_images(session["visitor"], file, {"side": side, "grey": grey}, [fix for fix in fixes if fix in OF_IMAGES])
    elif source == HUB:
        address = streamed.address(dataset).values()
        found = lab.take_images_hub(session["visitor"], *address, column=classes, values={"side": side, "grey": grey})
    else:
        found = lab.take_images_sample(session["visitor"], sample)
    return found.id, told(found)


def info(lab: Lab, session: dict, images: str):
    """What is known of images that were read before. Raises UserError when they are gone."""
    return lab.images_info(session["visitor"], images)


# ---- rendering ------------------------------------------------------------------------------------------------------


def told(info) -> str:
    """The facts of the images, what is out of the ordinary, and some of them."""
    colours = "coloured" if info.channels == 3 else "grey"
    facts = [
        ("images", f"{info.images:,}"),
        ("size", f"{info.side} × {info.side}, {colours}"),
        ("classes", f"{len(info.classes) or 'none'}"),
    ]
    found = "".join(markup.paragraph(finding["text"], "muted") for finding in info.findings)
    classes = ", ".join(f"{name} ({count:,})" for name, count in list(info.classes.items())[:12])
    more = f" and {len(info.classes) - 12} more" if len(info.classes) > 12 else ""
    named = markup.paragraph(f"Classes: {classes}{more}.", "muted") if info.classes else ""
    return markup.page(
        f"<h3>{markup.esc(info.name)}</h3>", markup.facts(facts), markup.picture(info.preview, "Some of the images"), named, found
    )
