"""A chain as it leaves the page and comes back: JSON to load again, and Python code."""

import json
from functools import partial
from pathlib import Path

import gradio as gr

from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import markup
from genhub.ui.augment import editor
from genhub.ui.augment.editor import Kind
from genhub.ui.wiring import Wires

MOST_BYTES = 100_000


def layout(wires: Wires, kind: Kind) -> None:
    name = partial(_name, kind)
    with gr.Accordion("The chain as a file, and as code", open=False, elem_classes="gh-fold"):
        with gr.Row(elem_classes="gh-beside"):
            show = gr.Button("Show the code", elem_id=f"{kind.name}-chain-code", min_width=130)
            save = gr.Button("Save the chain", elem_id=f"{kind.name}-chain-save", min_width=130)
            out = gr.DownloadButton("Download", visible=False, elem_id=f"{kind.name}-chain-file")
        load = gr.File(label="A saved chain (JSON)", height=110, elem_id=f"{kind.name}-chain-load")
        problem = gr.HTML(elem_id=f"{kind.name}-chain-problem")
        code = gr.Code(language="python", label="Does the same", visible=False, wrap_lines=True, max_lines=30)
    wires.add(
        **{
            name("chain_show"): show,
            name("chain_save"): save,
            name("chain_out"): out,
            name("chain_load"): load,
            name("chain_problem"): problem,
        }
    )
    wires.add(**{name("chain_code"): code})


def wire(wires: Wires, kind: Kind):
    """Returns the event after which a loaded chain is in its place."""
    part, chain, problem = wires.parts, _name(kind, "chain"), _name(kind, "chain_problem")
    wires.on(part[_name(kind, "chain_save")].click, partial(save, kind=kind), ["session", chain], [_name(kind, "chain_out")], problem)
    wires.on(part[_name(kind, "chain_show")].click, partial(show, kind=kind), [chain], [_name(kind, "chain_code")], problem)
    return wires.on(
        part[_name(kind, "chain_load")].upload,
        partial(load, kind=kind),
        [_name(kind, "chain_load")],
        [chain, _name(kind, "editor")],
        problem,
    )


# ---- handlers -------------------------------------------------------------------------------------------------------


def save(lab: Lab, session: dict, kind: Kind, **given) -> dict:
    chain = kind.held(given[_name(kind, "chain")])
    path = lab.chain_file(session["visitor"], chain.to_dict(), kind.name)
    return {_name(kind, "chain_out"): gr.update(value=str(path), visible=True, label=f"Download {path.name}")}


def show(lab: Lab, kind: Kind, **given) -> dict:
    chain = kind.held(given[_name(kind, "chain")])
    return {_name(kind, "chain_code"): gr.update(value=lab.chain_code(chain.to_dict(), kind.name), visible=True)}


def load(lab: Lab, kind: Kind, **given) -> dict:
    """A chain that was saved."""
    path = given[_name(kind, "chain_load")]
    chain = editor.chain_of(read(path), kind.name)
    return {_name(kind, "chain"): chain.to_dict(), _name(kind, "editor"): editor.render(kind, chain)}


def read(path: str | None) -> object:
    """What a file of JSON holds. Raises UserError for what is none."""
    if not path:
        raise UserError("No file has been chosen.", "A saved chain is a JSON file.", "Choose one.", "chain")
    try:
        if Path(path).stat().st_size > MOST_BYTES:
            raise ValueError
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        what = f"“{Path(path).name[:80]}” is no saved chain."
        raise UserError(
            what, f"JSON of at most {markup.size(MOST_BYTES)}.", "Choose a file that “Save the chain” wrote.", "chain"
        ) from None


def _name(kind: Kind, part: str) -> str:
    return f"{kind.name}_{part}"
