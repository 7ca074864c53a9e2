"""The tab *Translate*: a text in another language, what the model looked at, how it searched.

1 Translate · 2 Attention · 3 Beam search · 4 Evaluate · 5 Files · 6 Adapt
"""

import gradio as gr

from genhub.ui import markup
from genhub.ui.learning import section
from genhub.ui.learning.kinds import TUNE
from genhub.ui.translate import attention, evaluate, files, tree, write
from genhub.ui.wiring import Wires

SECTIONS = (write, attention, tree, evaluate, files)
INTRO = "Translate a text, see how sure the model was of each word and what it looked at, hide words from it, follow its search, measure it, and teach it pairs of yours."


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
