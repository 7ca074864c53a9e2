"""Part: what BERT adds up for each piece: token, position, segment."""

import gradio as gr

from genhub.lab import Lab
from genhub.lab.insides import EXAMPLE_SECOND
from genhub.ui import markup
from genhub.ui.generate.inside import shared
from genhub.ui.wiring import Wires

TITLE = "Three embeddings"
FIELDS = ["inside_second"]
OUTPUTS = ["inside_embeddings"]
INTRO = "Before the first layer BERT adds up three embeddings for each piece: which piece it is, where it stands, and to which of two sentences it belongs; layer norm then brings every sum to the same scale."
TONES = {"token": "var(--c0)", "position": "var(--c1)", "segment": "var(--c2)", "sum": "var(--c7)", "after layer norm": "var(--c7)"}


def layout(wires: Wires) -> None:
    gr.HTML(markup.page(markup.paragraph(INTRO, "gi-text")))
    second = gr.Textbox(
        EXAMPLE_SECOND,
        label="Second sentence",
        info="Its pieces belong to segment B. Leave it empty for one sentence alone.",
        max_lines=1,
        elem_id="inside-second",
    )
    view = gr.HTML(elem_id="inside-embeddings", elem_classes="gh-reserve-tall")
    wires.add(inside_second=second, inside_embeddings=view)


def wire(wires: Wires) -> None:
    for event in (wires.parts["inside_second"].submit, wires.parts["inside_second"].blur):
        wires.on(event, show, ["session", "inside_asked", *FIELDS], OUTPUTS, "inside_problem", trigger_mode="once")


def show(lab: Lab, session: dict, inside_asked: dict, inside_second: str) -> dict:
    told = lab.inside_embeddings(session["visitor"], inside_asked["text"], inside_second or "")
    return {"inside_embeddings": render(told)}


def render(told: dict) -> str:
    """A row a piece, the length of each part as a bar."""
    columns = {**told["parts"], "sum": told["sum"], "after layer norm": told["normed"]}
    raw = [name for name in columns if name != "after layer norm"]
    longest = {name: max(max(columns[other]) for other in (raw if name in raw else [name])) for name in columns}
    segments = told["segments"] or [0] * len(told["shown"])
    rows = [
        [
            piece,
            f"{place}",
            "AB"[segments[place]],
            *(
                shared.cell(f"{values[place]:.2f}", values[place] / max(longest[name], 1e-9), TONES[name])
                for name, values in columns.items()
            ),
        ]
        for place, piece in enumerate(told["shown"])
    ]
    means = {name: sum(values) / len(values) for name, values in told["parts"].items()}
    average = ", ".join(f"{name} {value:.2f}" for name, value in means.items())
    text = f"Length of each part, of {told['width']} numbers, on the average: {average}. The parts point in different directions, so that the length of the sum is not the sum of the lengths."
    table = markup.table(["piece", "place", "sentence", *columns], rows, (1,), classes="scroll gi-scores")
    return markup.page(table, markup.paragraph(text, "gi-note"))
