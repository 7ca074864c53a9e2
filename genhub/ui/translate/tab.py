"""The tab *Translate*: a text in another language, what the model looked at, how it searched.

1 Translate · 2 Attention · 3 Beam search · 4 Evaluate · 5 Files · 6 Adapt
"""

import gradio as gr

from genhub.lab import Lab
from genhub.ui import markup, tokens
from genhub.ui.learning import section
from genhub.ui.learning.kinds import TUNE
from genhub.ui.translate import attention, evaluate, files, state, tree, write
from genhub.ui.wiring import Wires

SECTIONS = (write, attention, tree, evaluate, files)
INTRO = "Translate a text, see how sure the model was of each word and what it looked at, hide words from it, follow its search, measure it, and teach it pairs of yours."

STORED = ["tr_source", "tr_model", *write.OUTPUTS, "tr_returned", *attention.DRAWN, "tr_merged"]  # what shows the stored text


def layout(wires: Wires) -> None:
    gr.HTML(markup.page("<h2>Translate</h2>", markup.paragraph(INTRO, "muted")))
    for part in SECTIONS:
        part.layout(wires)
    section.layout(wires, TUNE)


def wire(wires: Wires) -> None:
    write.wire(wires, attention.DRAWN, attention.FIELDS, attention.redraw)
    for part in (attention, tree, evaluate, files):
        part.wire(wires)
    section.wire(wires, TUNE)


# ---- handlers -------------------------------------------------------------------------------------------------------


def stored(pick: str) -> dict:
    """The text that the tab opens on, with the word of its first translation that was pressed ("look:3"), or of its source ("hide:1"): what a
    hidden word changes, `answered` says. Nothing before `make examples`."""
    shown = _picked(pick)
    return {**write.drawn(shown), **attention.first(shown), "tr_model": shown["values"]["model"]} if shown else {}


def answered(lab: Lab, session: dict, pick: str) -> dict:
    """What the model makes of the stored text without the word that was pressed."""
    shown = _picked(pick)
    return attention.redraw(lab, session, shown, attention.BEST, attention.MEAN, True) if shown and shown["hidden"] else {}


def _picked(pick: str) -> dict | None:
    shown, told = state.first(), state.example()
    if not shown:
        return None
    look, hide = (
        tokens.picked(pick, "look", len(told["attention"]["target_words"])),
        tokens.picked(pick, "hide", len(told["attention"]["source_words"])),
    )
    if look is not None:
        return {**shown, "word": look}
    return shown if hide is None else {**shown, "word": None, "hidden": [hide]}
