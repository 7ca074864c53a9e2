"""The tab *Images*: image models learn while one watches, draw, and give images back.

1 Train a VAE · 2 Train an autoencoder · 3 Latent space
"""

import gradio as gr

from genhub.ui import markup
from genhub.ui.images import latent
from genhub.ui.learning import section
from genhub.ui.learning.kinds import PAINTERS
from genhub.ui.wiring import Wires

INTRO = "Train a model of images on your own or on bundled ones, watch what it draws while it learns, see how much of an image its code keeps, and walk through its codes."


def layout(wires: Wires) -> None:
    gr.HTML(markup.page("<h2>Images</h2>", markup.paragraph(INTRO, "muted")))
    for kind in PAINTERS:
        section.layout(wires, kind)
    latent.layout(wires)


def wire(wires: Wires) -> None:
    for kind in PAINTERS:
        section.wire(wires, kind)
    latent.wire(wires)
