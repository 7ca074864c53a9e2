"""Where the pairs come from that a translator learns, and what was found in them."""

from collections.abc import Sequence
from functools import partial

import gradio as gr

from genhub import catalog
from genhub.data.fixes import KEEP_FIRST, of_reading
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import markup
from genhub.ui.learning.kinds import Kind
from genhub.ui.wiring import Wires, pieces

PASTED, FILE, HUB = "Paste", "My file", "The Hub"
FIELDS = ("pasted", "file", "dataset")
PARTS = ("source", *FIELDS, "source_column", "target_column", "model", "source_language", "target_language")
SHOWN = {PASTED: ("pasted",), FILE: ("file",), HUB: ("dataset",)}
HUB_PAIRS = "Helsinki-NLP/opus_books:en-es"
HUB_HELP = "owner/name on the Hub, or owner/name:configuration:split. opus_books: sentences of books in many languages."
NOTHING = "No pairs are in use yet."
MISSING = ("No pairs are in use.", "Training needs some.", "Paste or choose pairs and press “Use these pairs”.")


def layout(wires: Wires, kind: Kind) -> None:
    sources = [PASTED, FILE, *([] if wires.lab.settings.offline else [HUB])]
    source = gr.Radio(sources, value=PASTED, label="Pairs", elem_id=kind.name("source"))
    pasted = gr.Textbox(
        "",
        label="Pasted pairs",
        lines=6,
        max_lines=12,
        info="A pair a line, a tab between source and translation; or a table with a header.",
        elem_id=kind.name("pasted"),
    )
    file = gr.File(label="CSV, TSV, JSONL or Parquet", visible=False, height=110, elem_id=kind.name("file"))
    dataset = gr.Textbox(HUB_PAIRS, label="Data set", info=HUB_HELP, max_lines=1, visible=False, elem_id=kind.name("dataset"))
    with gr.Row():
        columns = [
            gr.Textbox("", label=label, info="Empty: found by its name.", max_lines=1, elem_id=kind.name(name), min_width=140)
            for name, label in (("source_column", "Source column"), ("target_column", "Translation column"))
        ]
    use = gr.Button("Use these pairs", elem_id=kind.name("use"), elem_classes="gh-enter")
    problem = pieces(elem_id=kind.name("text_problem"))
    facts = gr.HTML(markup.page(markup.note(NOTHING)), elem_id=kind.name("facts"), elem_classes="gh-reserve")
    parts = {"source": source, "pasted": pasted, "file": file, "source_column": columns[0], "target_column": columns[1]}
    parts["dataset"] = dataset
    parts |= {"use": use, "text_problem": problem, "facts": facts}
    wires.add(**{kind.name(part): component for part, component in parts.items()})


def wire(wires: Wires, kind: Kind) -> None:
    wires.on(wires.parts[kind.name("source")].change, partial(choose, kind=kind), [kind.name("source")], kind.names(*FIELDS))


# ---- handlers -------------------------------------------------------------------------------------------------------


def choose(lab: Lab, kind: Kind, **given) -> dict:
    shown = SHOWN.get(str(given[kind.name("source")]), ())
    return {kind.name(part): gr.update(visible=part in shown) for part in FIELDS}


def take(lab: Lab, session: dict, kind: Kind, given: dict, fixes: Sequence[str] = ()) -> tuple[str, str]:
    """(id of the pairs that were read, what is told of them); fixes: the remedies that were pressed."""
    visitor = session["visitor"]
    source, pasted, file, dataset, first, second, model, *spoken = (given[kind.name(part)] for part in PARTS)
    known = catalog.languages_of(str(model))
    languages = [str(said or code) for said, code in zip(spoken, known, strict=True)]
    how = {"languages": languages, "columns": (first, second)}
    if source == FILE:
        if not file:
            raise UserError("No file has been chosen.", "One file is needed.", "Choose a table of pairs.", "file")
        info = lab.take_pairs_file(visitor, file, **how, cut=KEEP_FIRST in fixes, fixes=of_reading(fixes))
    elif source == HUB:
        info = lab.take_pairs_hub(visitor, dataset, **how)
    else:
        info = lab.take_pairs(visitor, pasted, **how)
    return info.id, told(info)


def info(lab: Lab, session: dict, pairs: str):
    """What is known of pairs that were read before. Raises UserError when they are gone."""
    return lab.pairs_info(session["visitor"], pairs)


# ---- rendering ------------------------------------------------------------------------------------------------------


def told(info) -> str:
    """The facts of the pairs, what is out of the ordinary, and the first of them."""
    found = "".join(markup.paragraph(finding["text"], "muted") for finding in info.findings)
    sides = f"{info.source_column} → {info.target_column}"
    rows = markup.table(["source", "translation"], info.preview)
    return markup.page(f"<h3>{markup.esc(info.name)}</h3>", markup.facts([("pairs", f"{info.pairs:,}"), ("columns", sides)]), found, rows)
