"""The tab *Generate*: a text written token by token, why each token, strategies side by side, and what to do with language models.

1 Write · 2 Why this token · 3 Decode lab · 4 Beam-search tree · 5 Inside a transformer · 6 Beat the model · 7 Adapt · 8 From scratch
"""

import gradio as gr

from genhub.ui import markup
from genhub.ui.generate import decode, guess, inside, tree, write
from genhub.ui.learning import section
from genhub.ui.learning.kinds import WRITERS
from genhub.ui.wiring import Wires

SECTIONS = (write, decode, tree, inside, guess)
INTRO = "Let a language model write, see what stood to choose from at every token, compare the ways of choosing, and teach one to write like a text of yours."


def layout(wires: Wires) -> None:
    gr.HTML(markup.page("<h2>Generate</h2>", markup.paragraph(INTRO, "muted")))
    for part in SECTIONS:
        part.layout(wires)
    for kind in WRITERS:
        section.layout(wires, kind)


def wire(wires: Wires) -> None:
    for part in SECTIONS:
        part.wire(wires)
    for kind in WRITERS:
        section.wire(wires, kind)
