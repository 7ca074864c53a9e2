"""Where the text comes from that a model learns to write like, and what was found in it."""

from collections.abc import Sequence
from functools import partial

import gradio as gr

from genhub.data import samples, streamed
from genhub.data.fixes import KEEP_FIRST, of_reading
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import markup
from genhub.ui.learning.kinds import Kind
from genhub.ui.wiring import Wires, pieces

BUNDLED, PASTED, FILE, HUB = "A bundled text", "Paste", "My file", "The Hub"
PARTS = ("source", "sample", "pasted", "file", "column", "dataset")
SHOWN = {BUNDLED: ("sample",), PASTED: ("pasted",), FILE: ("file", "column"), HUB: ("dataset", "column")}
HUB_TEXT = "karpathy/tiny_shakespeare"
HUB_HELP = "owner/name on the Hub, or owner/name:configuration:split. tiny_shakespeare: the million characters of plays that char-rnn and nanoGPT learn to write from."
OUTPUTS = ("facts", "train")
NOTHING = "No text is in use yet."
MISSING = ("No text is in use.", "Training needs one.", "Choose a text and press “Use this text”.")


def layout(wires: Wires, kind: Kind) -> None:
    sources = [BUNDLED, PASTED, FILE, *([] if wires.lab.settings.offline else [HUB])]
    source = gr.Radio(sources, value=BUNDLED, label="Text", elem_id=kind.name("source"))
    sample = gr.Dropdown(
        [(text.title, text.id) for text in samples.TEXTS.values()], label="Bundled text", info=_about(), elem_id=kind.name("sample")
    )
    pasted = gr.Textbox("", label="Pasted text", lines=6, max_lines=12, visible=False, elem_id=kind.name("pasted"))
    file = gr.File(label=".txt, .md, or a table (CSV, TSV, JSONL, Parquet)", visible=False, height=110, elem_id=kind.name("file"))
    dataset = gr.Textbox(HUB_TEXT, label="Data set", info=HUB_HELP, max_lines=1, visible=False, elem_id=kind.name("dataset"))
    column = gr.Textbox("", label="Column", info="Of a table; empty: the longest.", max_lines=1, visible=False, elem_id=kind.name("column"))
    use = gr.Button("Use this text", elem_id=kind.name("use"), elem_classes="gh-enter")
    problem = pieces(elem_id=kind.name("text_problem"))
    facts = gr.HTML(markup.page(markup.note(NOTHING)), elem_id=kind.name("facts"), elem_classes="gh-reserve")
    parts = {"source": source, "sample": sample, "pasted": pasted, "file": file, "dataset": dataset, "column": column}
    parts |= {"use": use, "text_problem": problem, "facts": facts}
    wires.add(**{kind.name(part): component for part, component in parts.items()})


def wire(wires: Wires, kind: Kind) -> None:
    groups = kind.names(*PARTS[1:])
    wires.on(wires.parts[kind.name("source")].change, partial(choose, kind=kind), [kind.name("source")], groups)


# ---- handlers -------------------------------------------------------------------------------------------------------


def choose(lab: Lab, kind: Kind, **given) -> dict:
    shown = SHOWN.get(str(given[kind.name("source")]), ())
    return {kind.name(part): gr.update(visible=part in shown) for part in PARTS[1:]}


def take(lab: Lab, session: dict, kind: Kind, given: dict, fixes: Sequence[str] = ()) -> tuple[str, str]:
    """(id of the text that was read, what is told of it); fixes: the remedies that were pressed."""
    visitor, cut = session["visitor"], KEEP_FIRST in fixes
    source, sample, pasted, file, column, dataset = (given[kind.name(part)] for part in PARTS)
    if source == PASTED:
        info = lab.take_text(visitor, pasted, cut=cut)
    elif source == FILE:
        if not file:
            raise UserError("No file has been chosen.", "One file is needed.", "Choose a text or a table.", "file")
        info = lab.take_text_file(visitor, file, column=column, cut=cut, fixes=of_reading(fixes))
    elif source == HUB:
        info = lab.take_text_hub(visitor, *streamed.address(dataset).values(), column=column)
    else:
        info = lab.take_text_sample(visitor, sample)
    return info.id, told(info)


def info(lab: Lab, session: dict, text: str):
    """What is known of a text that was read before. Raises UserError when it is gone."""
    return lab.text_info(session["visitor"], text)


# ---- rendering ------------------------------------------------------------------------------------------------------


def told(info) -> str:
    """The facts of a text, what is out of the ordinary, and how it begins."""
    facts = [
        ("characters", f"{info.characters:,}"),
        ("words", f"{info.words:,}"),
        ("documents", f"{info.documents:,}"),
        ("different characters", f"{info.distinct:,}"),
    ]
    found = "".join(markup.paragraph(finding["text"], "muted") for finding in info.findings)
    preview = f'<details><summary>How it begins</summary><div class="gh-text small">{markup.esc(info.preview)}</div></details>'
    return markup.page(f"<h3>{markup.esc(info.name)}</h3>", markup.facts(facts), found, preview)


def _about() -> str:
    first = next(iter(samples.TEXTS.values()))
    return f"{first.description} {first.licence}."
