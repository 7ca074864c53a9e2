"""The tab *Augment*: see what augmentation does to pictures, texts and tables, and where it breaks the label.

1 Pictures · 2 Texts · 3 Tables · 4 When does 6 become 9? · 5 Measure · 6 Fill the mask · 7 A whole file
"""

import gradio as gr

from genhub.lab import Lab
from genhub.ui import markup, ways
from genhub.ui.augment import breaking, editor, gaps, images, measure, tables, texts, whole
from genhub.ui.wiring import Wires, merged

INTRO = "More rows from the ones you have: build a chain of operations, look at what it makes, and take it home."
STAGES = (images, texts, tables, breaking, measure, gaps, whole)
OPENED = [*ways.OPENED, "measured", *measure.SHOWN]
ARRIVED = ["image_editor", "text_editor", "augment_arrived", *images.SHOWN]


def layout(wires: Wires) -> None:
    gr.HTML(markup.page("<h2>Augment</h2>", markup.paragraph(INTRO, "muted")))
    for stage in STAGES:
        stage.layout(wires)
    wires.add(augment_arrived=gr.State(False))


def wire(wires: Wires) -> None:
    for stage in STAGES:
        stage.wire(wires)
    asked = ["session", "image_photo", "image_own", "image_chain", "text_chain", "augment_arrived"]
    wires.on(wires.parts["augment_tab"].select, arrive, asked, ARRIVED, "image_problem")


def arrive(lab: Lab, session: dict, text_chain: dict, augment_arrived: bool, **given) -> dict:
    """The tab was opened: the chains as the browser holds them, and what the first one makes."""
    if augment_arrived:
        return {}
    chains = {"augment_arrived": True, "image_editor": editor.render(images.KIND, images.KIND.held(given["image_chain"]))}
    chains |= {"text_editor": editor.render(texts.KIND, texts.KIND.held(text_chain))}
    return merged(chains, images.vary(lab, session, **given))


def open_study(lab: Lab, session: dict, measured: dict, run: str) -> dict:
    """One of the visitor's studies, from another tab."""
    return merged(ways.follow(ways.Way("measure")), measure.shown(lab, session, measured, run))
