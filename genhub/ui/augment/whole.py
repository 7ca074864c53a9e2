"""Stage 7 of Augment: a whole table of texts, or a whole set of images, augmented by the chain of its stage, as a file to take home."""

import contextlib
from collections.abc import Iterator

import gradio as gr

from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import markup, publishing
from genhub.ui.augment import images, texts
from genhub.ui.augment.tables import AS
from genhub.ui.wiring import Wires, pieces

STAGE = "7  A whole file"
SETS = {"ZIP, a folder a class": "zip", "NPZ, arrays x and y": "npz", "Folder for datasets, with a card (ZIP)": "datasets"}
BUSY = {"texts_whole_go": gr.update(interactive=False), "texts_whole_stop": gr.update(interactive=True)}
IDLE = {"texts_whole_go": gr.update(interactive=True), "texts_whole_stop": gr.update(interactive=False)}
WROTE = ["texts_whole_told", "texts_whole_out", "texts_whole_made", "texts_whole_go", "texts_whole_stop"]
TEXTS = (
    "A table with a column of texts: each row comes back with variants of it, by the chain of stage 2 and as similar as is asked for there."
)
IMAGES = "A set of images: each comes back with variants of it, by the chain of stage 1, in the same class."


def layout(wires: Wires) -> None:
    folded = {"open": False, "elem_classes": "gh-stage", "elem_id": "stage-whole"}
    with gr.Accordion(STAGE, **folded) as stage, gr.Row(elem_classes="gh-split"):
        with gr.Column(min_width=300):
            _texts(wires)
        with gr.Column(min_width=300):
            _images(wires)
    wires.add(whole_stage=stage)


def _texts(wires: Wires) -> None:
    with gr.Column(elem_id="texts-whole"):
        gr.HTML(markup.page("<h3>A table of texts</h3>", markup.paragraph(TEXTS)))
        file = gr.File(label="CSV, TSV, JSONL or Parquet", height=110, elem_id="texts-whole-file")
        with gr.Row():
            column = gr.Textbox(
                "", label="Column", info="Empty: text, else the longest.", max_lines=1, elem_id="texts-whole-column", min_width=140
            )
            copies = gr.Number(1, precision=0, label="Variants of each", elem_id="texts-whole-copies", min_width=120)
            kind = gr.Dropdown(list(AS), value=next(iter(AS)), label="As", elem_id="texts-whole-as", min_width=140)
        replace = gr.Checkbox(False, label="Variants alone, without the rows they are of", elem_id="texts-whole-replace")
        with gr.Row():
            go = gr.Button("Augment the table", elem_id="texts-whole-go", min_width=150)
            stop = gr.Button("Stop", interactive=False, elem_id="texts-whole-stop", elem_classes="gh-stop", min_width=90)
        problem = pieces(elem_id="texts-whole-problem")
        told = gr.HTML(elem_id="texts-whole-told")
        out = gr.DownloadButton("Download", visible=False, elem_id="texts-whole-out")
        publishing.layout(wires, "texts_whole", ("set",))
    wires.add(texts_whole_file=file, texts_whole_column=column, texts_whole_copies=copies, texts_whole_as=kind, texts_whole_replace=replace)
    wires.add(texts_whole_go=go, texts_whole_stop=stop, texts_whole_problem=problem, texts_whole_told=told, texts_whole_out=out)
    wires.add(texts_whole_fixes=gr.State([]), texts_whole_made=gr.State(""))


def _images(wires: Wires) -> None:
    with gr.Column(elem_id="images-whole"):
        gr.HTML(markup.page("<h3>A set of images</h3>", markup.paragraph(IMAGES)))
        file = gr.File(
            label="A ZIP of images, a folder in it for each class; or .npz with x and y", height=110, elem_id="images-whole-file"
        )
        with gr.Row():
            copies = gr.Number(4, precision=0, label="Variants of each", elem_id="images-whole-copies", min_width=120)
            kind = gr.Dropdown(list(SETS), value=next(iter(SETS)), label="As", elem_id="images-whole-as", min_width=160)
        replace = gr.Checkbox(False, label="Variants alone, without the images they are of", elem_id="images-whole-replace")
        go = gr.Button("Augment the set", elem_id="images-whole-go")
        problem = gr.HTML(elem_id="images-whole-problem")
        told = gr.HTML(elem_id="images-whole-told")
        out = gr.DownloadButton("Download", visible=False, elem_id="images-whole-out")
        publishing.layout(wires, "images_whole", ("set",))
    wires.add(images_whole_file=file, images_whole_copies=copies, images_whole_as=kind, images_whole_replace=replace, images_whole_go=go)
    wires.add(images_whole_problem=problem, images_whole_told=told, images_whole_out=out, images_whole_made=gr.State(""))


def wire(wires: Wires) -> None:
    part = wires.parts
    asked = [
        "session",
        "text_chain",
        "text_least",
        *(f"texts_whole_{name}" for name in ("file", "column", "copies", "as", "replace", "fixes")),
    ]
    problem = "texts_whole_problem"
    going = wires.on_steps(part["texts_whole_go"].click, augment_texts, asked, WROTE, problem, IDLE, trigger_mode="once")
    part["texts_whole_stop"].click(None, cancels=[going])
    wires.on(part["texts_whole_stop"].click, stopped, [], WROTE)
    mended = wires.on_pick(part[problem].select, mend, ["texts_whole_fixes"], ["texts_whole_fixes"])
    again = wires.on_steps(mended.then, augment_texts, asked, WROTE, problem, IDLE, trigger_mode="once")
    part["texts_whole_stop"].click(None, cancels=[again])
    wires.on(part["texts_whole_file"].change, lambda lab: {"texts_whole_fixes": []}, [], ["texts_whole_fixes"])
    given = ["session", "image_chain", *(f"images_whole_{name}" for name in ("file", "copies", "as", "replace"))]
    wrote = ["images_whole_told", "images_whole_out", "images_whole_made"]
    wires.on(
        part["images_whole_go"].click, augment_images, given, wrote, "images_whole_problem", trigger_mode="once", show_progress="minimal"
    )
    for kind in ("texts", "images"):
        publishing.wire(wires, f"{kind}_whole", publishing.of_file(f"{kind}_whole_made"), f"{kind}_whole_problem")


# ---- handlers -------------------------------------------------------------------------------------------------------


def augment_texts(lab: Lab, session: dict, text_chain: dict, text_least, **given) -> Iterator[dict]:
    """Row by row, with progress; the file comes when all of it is done."""
    if not given["texts_whole_file"]:
        raise UserError("No file has been chosen.", "One file is needed.", "Choose a table.", "texts_whole_file")
    yield {"texts_whole_told": markup.page(markup.note("Reading the table.")), "texts_whole_out": gr.update(visible=False), **BUSY}
    values = {name: given[f"texts_whole_{name}"] for name in ("column", "copies", "replace", "fixes")}
    values |= {"least": text_least, "kind": AS.get(str(given["texts_whole_as"]), "csv")}
    chain = texts.KIND.held(text_chain).to_dict()
    with contextlib.closing(lab.augmenting_texts(session["visitor"], given["texts_whole_file"], chain, values)) as steps:
        for step in steps:
            if "done" in step:
                said = f"{step['done']:,} of {markup.plural(step['of'], 'row')}"
                yield {"texts_whole_told": markup.page(markup.paragraph(said), markup.track(step["done"] / max(1, step["of"])))}
            else:
                out = f", {step['left_out']:,} were not similar enough" if step["left_out"] else ""
                said = f"{markup.plural(step['made'], 'variant')}{out}; {markup.plural(step['rows'], 'row')} in all."
                yield {"texts_whole_told": markup.page(markup.paragraph(said)), **_file("texts_whole", step["path"]), **IDLE}


def stopped(lab: Lab) -> dict:
    return {"texts_whole_told": markup.page(markup.note("Stopped: nothing was written.")), **IDLE}


def mend(lab: Lab, pick: str, texts_whole_fixes: list) -> dict:
    """The button of a refusal: the table is read once more, with one remedy more."""
    return {"texts_whole_fixes": [*texts_whole_fixes, pick.removeprefix("fix:")]}


def augment_images(lab: Lab, session: dict, image_chain: dict, **given) -> dict:
    if not given["images_whole_file"]:
        raise UserError("No file has been chosen.", "One file is needed.", "Choose a ZIP of images.", "images_whole_file")
    info = lab.take_images(session["visitor"], given["images_whole_file"])
    values = {
        "copies": given["images_whole_copies"],
        "replace": given["images_whole_replace"],
        "kind": SETS.get(str(given["images_whole_as"]), "zip"),
    }
    told = lab.augmented_images(session["visitor"], info.id, images.KIND.held(image_chain).to_dict(), values)
    said = f"{markup.plural(told['made'], 'variant')} of {markup.plural(info.images, 'image')}; {told['count']:,} in all."
    return {
        "images_whole_told": markup.page(markup.paragraph(said), markup.picture(told["picture"], "Some of the variants, a row an image")),
        **_file("images_whole", told["path"]),
    }


def _file(prefix: str, path) -> dict:
    label = f"Download {path.name} ({markup.size(path.stat().st_size)})"
    return {f"{prefix}_out": gr.update(value=str(path), visible=True, label=label), f"{prefix}_made": str(path)}
