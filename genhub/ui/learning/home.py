"""What one does with what was learnt: let it write beside its base, take it home as a file, as code, as a command."""

from functools import partial
from pathlib import Path
from types import ModuleType

import gradio as gr

from genhub.lab import Lab
from genhub.ui import markup, publishing
from genhub.ui.learning import tell, try_it
from genhub.ui.learning.kinds import TRANSFER, Kind
from genhub.ui.learning.run import chosen_run
from genhub.ui.wiring import Wires

OUTPUTS = ("beside", "download", "merged", "code", "command", "home_note", "home_problem", "pushed")
WHOLE = "Download the model"
PAINTED = ("gif_file",)  # of image models besides


def layout(wires: Wires, kind: Kind) -> None:
    tried = at_hand(kind)
    if tried:
        tried.layout(wires, kind)
    else:
        _painted(wires, kind)
    beside = gr.HTML(elem_id=kind.name("beside"), elem_classes="gh-reserve" if tried else "")
    with gr.Row():
        pack = gr.Button("Pack the run", elem_id=kind.name("pack"), min_width=140)
        merge = gr.Button(kind.pack_whole, visible=bool(kind.pack_whole), elem_id=kind.name("merge"), min_width=140)
        show = gr.Button("Show the code", elem_id=kind.name("show"), min_width=140)
    download = gr.DownloadButton("Download", visible=False, elem_id=kind.name("download"))
    merged = gr.DownloadButton(WHOLE, visible=False, elem_id=kind.name("merged"))
    note = gr.HTML(elem_id=kind.name("home_note"))
    problem = gr.HTML(elem_id=kind.name("home_problem"))
    code = gr.Code(
        language="python",
        label=f"Does it with plain {kind.plain}",
        visible=False,
        elem_id=kind.name("code"),
        wrap_lines=True,
        max_lines=30,
    )
    command = gr.Code(language="shell", label="Trains it again", visible=False, elem_id=kind.name("command"), wrap_lines=True)
    publishing.layout(wires, kind.prefix, publishing.SERVED if kind.learns_from != "images" else ("run",))
    parts = {"pack": pack, "download": download, "merge": merge, "merged": merged}
    parts |= {"show": show, "home_note": note, "home_problem": problem, "beside": beside, "code": code, "command": command}
    wires.add(**{kind.name(part): component for part, component in parts.items()})


def wire(wires: Wires, kind: Kind) -> None:
    part, asked = wires.parts, ["session", "learn"]

    def on(button: str, handler, *outputs: str) -> None:
        wires.on(
            part[kind.name(button)].click, partial(handler, kind=kind), asked, kind.names(*outputs), kind.name("home_problem"),
            trigger_mode="once", show_progress="minimal",
        )  # fmt: skip

    on("pack", pack, "download", "home_note")
    on("merge", merge, "merged", "home_note")
    on("show", show_code, "code", "command")
    if tried := at_hand(kind):
        tried.wire(wires, kind)
    else:
        on("gif", film, "gif_file", "home_note")
    source = publishing.Source(lambda session, learn: chosen_run(wires.lab, session, learn, kind), ["learn"])
    publishing.wire(wires, kind.prefix, source, kind.name("home_problem"))


def _painted(wires: Wires, kind: Kind) -> None:
    """What one does with an image model alone."""
    with gr.Row():
        play = gr.Button("Play with it", variant="primary", elem_id=kind.name("play"), min_width=140)
        gif = gr.Button("Film as a GIF", elem_id=kind.name("gif"), min_width=140)
    file = gr.DownloadButton("Download the film", visible=False, elem_id=kind.name("gif_file"))
    wires.add(**{kind.name(part): component for part, component in (("play", play), ("gif", gif), ("gif_file", file))})


def outputs(kind: Kind) -> list[str]:
    """What stands here of a run."""
    return kind.names(*OUTPUTS, *(() if at_hand(kind) else PAINTED))


def at_hand(kind: Kind) -> ModuleType | None:
    """Where a run is tried: what learnt a text or pairs beside its base, what tells images apart on one of the visitor's; models that draw
    have a stage of their own for that."""
    if kind.learns_from != "images":
        return try_it
    return tell if kind is TRANSFER else None


# ---- handlers -------------------------------------------------------------------------------------------------------


def pack(lab: Lab, session: dict, learn: dict, kind: Kind) -> dict:
    return _ready(kind, "download", "Download", lab.export(session["visitor"], chosen_run(lab, session, learn, kind)))


def merge(lab: Lab, session: dict, learn: dict, kind: Kind) -> dict:
    return _ready(kind, "merged", WHOLE, lab.merged(session["visitor"], chosen_run(lab, session, learn, kind)))


def film(lab: Lab, session: dict, learn: dict, kind: Kind) -> dict:
    return _ready(kind, "gif_file", "Download the film", lab.film_file(session["visitor"], chosen_run(lab, session, learn, kind)))


def show_code(lab: Lab, session: dict, learn: dict, kind: Kind) -> dict:
    told = lab.code(session["visitor"], chosen_run(lab, session, learn, kind))
    shown = {"code": told["script"], "command": told["command"]}
    return {kind.name(part): gr.update(value=value, visible=True) for part, value in shown.items()}


def cleared(kind: Kind) -> dict:
    """Another run is in view: what was made of the last one goes."""
    gone = {"download": gr.update(value=None, visible=False), "merged": gr.update(value=None, visible=False)}
    gone |= {"code": gr.update(visible=False), "command": gr.update(visible=False), "beside": "", "home_note": "", "home_problem": ""}
    gone |= {"pushed": ""}
    gone |= {} if at_hand(kind) else {"gif_file": gr.update(value=None, visible=False)}
    return {kind.name(part): value for part, value in gone.items()}


def _ready(kind: Kind, button: str, label: str, path: Path) -> dict:
    size = markup.size(path.stat().st_size)
    return {
        kind.name(button): gr.update(value=str(path), visible=True, label=f"{label} ({size})"),
        kind.name("home_note"): markup.page(markup.note(f"{path.name} is ready: {size}.")),
    }
