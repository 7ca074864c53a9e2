"""Stage 5 of Translate: a file, line by line, with progress; Stop keeps what is done."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import gradio as gr

from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import markup
from genhub.ui.translate import chooser
from genhub.ui.wiring import Wires

STAGE = "5  Files"
INTRO = "A text file comes back with one line for each of its lines, a table with a column more. Model and beams are those of stage 1."
OUTPUTS = ["tr_file_told", "tr_file_out", "tr_file_state", "tr_file_go", "tr_file_stop"]
IDLE = {"tr_file_stop": gr.update(interactive=False), "tr_file_go": gr.update(interactive=True)}
BUSY = {"tr_file_stop": gr.update(interactive=True), "tr_file_go": gr.update(interactive=False)}


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-files") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                file = gr.File(label=".txt, .md, or a table (CSV, TSV, JSONL, Parquet)", height=110, elem_id="tr-file")
                column = gr.Textbox(
                    "", label="Column", info="Of a table; empty: text, else the longest.", max_lines=1, elem_id="tr-file-column"
                )
                with gr.Row():
                    go = gr.Button("Translate the file", variant="primary", elem_id="tr-file-go", min_width=160)
                    stop = gr.Button("Stop and keep", interactive=False, elem_id="tr-file-stop", elem_classes="gh-stop", min_width=120)
                problem = gr.HTML(elem_id="tr-file-problem")
            with gr.Column(scale=3, min_width=300):
                told = gr.HTML(elem_id="tr-file-told", elem_classes="gh-reserve")
                out = gr.File(label="Translation", visible=False, interactive=False, elem_id="tr-file-out")
    wires.add(files_stage=stage, tr_file=file, tr_file_column=column, tr_file_go=go, tr_file_stop=stop, tr_file_problem=problem)
    wires.add(tr_file_told=told, tr_file_out=out, tr_file_state=gr.State(None))


def wire(wires: Wires) -> None:
    part = wires.parts
    asked = ["session", "tr_file", "tr_file_column", *chooser.FIELDS]
    going = wires.on_steps(part["tr_file_go"].click, translate, asked, OUTPUTS, "tr_file_problem", IDLE, trigger_mode="once")
    wires.on(going.then, settle, ["tr_file_state"], OUTPUTS)
    part["tr_file_stop"].click(None, cancels=[going])
    wires.on(part["tr_file_stop"].click, settle, ["tr_file_state"], OUTPUTS)


def translate(lab: Lab, session: dict, tr_file: str | None, tr_file_column: str, **fields) -> Iterator[dict]:
    """Line by line; the file holds what is done at every moment."""
    if not tr_file:
        raise UserError("No file has been chosen.", "One file is needed.", "Choose a text or a table.", "file")
    note = markup.page(markup.note("Reading the file."))
    yield {"tr_file_told": note, "tr_file_out": gr.update(visible=False), "tr_file_state": None, **BUSY}
    values, run = chooser.asked(fields)
    with contextlib.closing(lab.translating_file(session["visitor"], tr_file, values, run, tr_file_column)) as steps:
        for step in steps:
            state = {"path": str(step.path), "done": step.done, "total": step.total}
            yield {"tr_file_told": progress(state), "tr_file_state": state}
    yield settle(lab, state)


def settle(lab: Lab, tr_file_state: dict | None) -> dict:
    """What is done can be downloaded, all of it or the lines up to Stop."""
    if not tr_file_state or not tr_file_state["done"]:
        return IDLE
    done, total, path = tr_file_state["done"], tr_file_state["total"], Path(tr_file_state["path"])
    if not path.is_file():
        raise UserError("The file is not here any more.", "Downloads are kept for an hour.", "Translate it again.", "file")
    said = "All of it is done." if done == total else f"Stopped: the first {done:,} of {markup.plural(total, 'line')} are translated."
    told = markup.page(markup.note(f"{path.name}: {said}"))
    return {"tr_file_told": told, "tr_file_out": gr.update(value=str(path), visible=True), **IDLE}


def progress(state: dict) -> str:
    share = state["done"] / max(1, state["total"])
    return markup.page(markup.paragraph(f"{state['done']:,} of {markup.plural(state['total'], 'line')}"), markup.track(share))
