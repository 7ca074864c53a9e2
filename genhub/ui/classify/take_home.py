"""Stage 6 of Classify: the run as a file, as plain code, as a command; opened again; published."""

from pathlib import Path

import gradio as gr

from genhub.lab import Lab
from genhub.settings import ADAPTERS
from genhub.ui import markup, publishing
from genhub.ui.wiring import Wires

STAGE = "6  Take home"
OPENED = "Opened: {}. These are the figures that it was saved with; its rows stayed where it was trained."


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-home") as stage:
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                pack = gr.Button("Pack the adapter", variant="primary", elem_id="home-pack")
                download = gr.DownloadButton("Download", visible=False, elem_id="home-download")
                merge = gr.Button("Pack as one merged model", elem_id="home-merge")
                merged = gr.DownloadButton("Download merged model", visible=False, elem_id="home-merged")
                note = gr.HTML(about(), elem_id="home-note")
                opens = ADAPTERS in wires.lab.settings.allowed
                reopen = gr.File(label="Open a run's zip", file_types=[".zip"], elem_id="home-reopen", height=110, visible=opens)
            with gr.Column(scale=3, min_width=300):
                show = gr.Button("Show the code", elem_id="home-code-button")
                code = gr.Code(
                    language="python",
                    label="Loads the unpacked run, without GenHub",
                    visible=False,
                    elem_id="home-code",
                    wrap_lines=True,
                )
                command = gr.Code(
                    language="shell", label="Reproduces the run from a terminal", visible=False, elem_id="home-command", wrap_lines=True
                )
                publishing.layout(wires, "home", publishing.SERVED)
        problem = gr.HTML(elem_id="home-problem")
    wires.add(home_stage=stage, home_pack=pack, home_download=download, home_merge=merge, home_merged=merged, home_note=note)
    wires.add(home_reopen=reopen, home_show=show, home_code=code, home_command=command, home_problem=problem)


def wire(wires: Wires) -> None:
    part = wires.parts
    wires.on(part["home_pack"].click, pack, ["session"], ["home_download", "home_note"], "home_problem")
    wires.on(part["home_merge"].click, merge, ["session"], ["home_merged", "home_note"], "home_problem")
    wires.on(part["home_show"].click, show_code, ["session"], ["home_code", "home_command"], "home_problem")
    publishing.wire(wires, "home", publishing.Source(lambda session: session["run"]), "home_problem")


# ---- handlers -------------------------------------------------------------------------------------------------------


def pack(lab: Lab, session: dict) -> dict:
    return _ready("home_download", "Download", lab.export(session["visitor"], session["run"]))


def merge(lab: Lab, session: dict) -> dict:
    return _ready("home_merged", "Download merged model", lab.merged(session["visitor"], session["run"]))


def _ready(button: str, label: str, path: Path) -> dict:
    size = markup.size(path.stat().st_size)
    return {
        button: gr.update(value=str(path), visible=True, label=f"{label} ({size})"),
        "home_note": markup.page(markup.note(f"{path.name} is ready: {size}.")),
    }


def show_code(lab: Lab, session: dict) -> dict:
    told = lab.code(session["visitor"], session["run"])
    return {"home_code": gr.update(value=told["script"], visible=True), "home_command": gr.update(value=told["command"], visible=True)}


def reopen(lab: Lab, session: dict, home_reopen: str) -> dict:
    """A run that somebody took home comes back, is checked, and is shown."""
    run = lab.reopen(session["visitor"], home_reopen)
    return {"session": {**session, "run": run}}


# ---- rendering ------------------------------------------------------------------------------------------------------


def about() -> str:
    told = "Adapter, head, passport, card and a script; none of your rows. It opens again below, or in Runs, on any GenHub; what was pushed to the Hub opens in Runs by its name."
    return markup.page(markup.paragraph(told, "muted"))
