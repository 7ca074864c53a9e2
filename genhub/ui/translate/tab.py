"""The tab *Translate*: a text in another language, what the model looked at, how it searched.

1 Translate · 2 Attention · 3 Beam search · 4 Evaluate · 5 Files
"""

import gradio as gr

from genhub.ui import markup
from genhub.ui.translate import attention, evaluate, files, tree, write
from genhub.ui.wiring import Wires

SECTIONS = (write, attention, tree, evaluate, files)
INTRO = "Translate a text, see how sure the model was of each word and what it looked at, hide words from it, follow its search, and measure it."


def layout(wires: Wires) -> None:
    gr.HTML(markup.page("<h2>Translate</h2>", markup.paragraph(INTRO, "muted")))
    for part in SECTIONS:
        part.layout(wires)


def wire(wires: Wires) -> None:
    write.wire(wires, attention.DRAWN, attention.FIELDS, attention.redraw)
    for part in (attention, tree, evaluate, files):
        part.wire(wires)
