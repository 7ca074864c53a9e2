"""Part: who may look at whom, in BERT and in GPT."""

import gradio as gr

from genhub.lab import Lab
from genhub.lab.insides import EXAMPLE_PLACES
from genhub.ui import maps, markup
from genhub.ui.generate.inside import shared
from genhub.ui.wiring import Wires

TITLE = "Masks"
FIELDS: list[str] = []
OUTPUTS = ["inside_masks"]
INTRO = "The one difference that decides what a transformer is good for: BERT reads the whole sentence at once, GPT only what stands before, because it is trained to say what comes next."
TOLD = "{row} {value} look at {column}."
WHY = {
    "encoder": "Every token may look at every other, also at those after it: good for understanding a text that is there.",
    "causal": "A token may look at itself and at those before it: what comes next cannot be looked up, so it can be learnt to be said, and a text can be written token by token.",
}


def layout(wires: Wires) -> None:
    gr.HTML(markup.page(markup.paragraph(INTRO, "gi-text")))
    wires.add(inside_masks=gr.HTML(elem_id="inside-masks", elem_classes="gh-reserve-tall", js_on_load=maps.JS))


def wire(wires: Wires) -> None:
    """Nothing to press here."""


def show(lab: Lab, session: dict, inside_asked: dict) -> dict:
    def half(family: str) -> str:
        def ask(layer: int) -> dict:
            return lab.inside_attention(session["visitor"], inside_asked["text"], family, layer, inside_asked["model"])

        told = shared.clipped(ask, layer=EXAMPLE_PLACES[family].layer)
        pairs = len(told["shown"]) ** 2
        seen = sum(map(sum, told["allowed"]))
        text = f"{seen:,} of {pairs:,} pairs. {WHY[family]}"
        drawn = maps.tokens(
            told["allowed"], told["shown"], TOLD, words=("may not", "may"), tone="color-mix(in srgb, var(--c2) 55%, transparent)"
        )
        return drawn + markup.paragraph(text, "gi-note")

    return {"inside_masks": shared.both(half, inside_asked)}
