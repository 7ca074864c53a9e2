"""Part: positional encoding by formula, right and wrong, and the positions that the models have learnt."""

import gradio as gr
import numpy as np

from genhub.lab import Lab
from genhub.training.configs.inside import SinusoidConfig
from genhub.ui import charts, forms, maps, markup
from genhub.ui.generate.inside import shared
from genhub.ui.markup import Raw
from genhub.ui.wiring import Wires

TITLE = "Positions"
OPTIONS = [option.name for option in SinusoidConfig.options()]
FIELDS = [f"inside_{name}" for name in OPTIONS]
OUTPUTS = ["inside_sinusoids", "inside_learned"]
INTRO = "Attention treats its tokens as a set: without more, “dog bites man” is “man bites dog”. So each token's vector is given its position: by a formula, or by a table that is learnt."
PAPER = Raw("p(i, 2j) = sin(i / C<sup>2j/d</sup>), p(i, 2j+1) = cos(i / C<sup>2j/d</sup>)")
SLIDE = Raw("p(i, 2j) = sin(i / C<sup>2i/d</sup>), p(i, 2j+1) = cos(i / C<sup>2i/d</sup>)")
TOLD = "Position {row}, dimension {column}: {value}."
PIXELS = 448  # of a picture, at most


def layout(wires: Wires) -> None:
    gr.HTML(markup.page(markup.paragraph(INTRO, "gi-text"), "<h3>By formula, run both ways</h3>"))
    made = {}
    with gr.Row(elem_classes="gi-controls"):
        for name in OPTIONS:
            made[f"inside_{name}"] = forms.field(SinusoidConfig.option(name), elem_id=f"inside-{name}", min_width=200)
    drawn = gr.HTML(elem_id="inside-sinusoids", elem_classes="gh-reserve-tall", js_on_load=maps.JS)
    gr.HTML(markup.page("<h3>By a table that was learnt</h3>"))
    learnt = gr.HTML(elem_id="inside-learned", elem_classes="gh-reserve-tall", js_on_load=maps.JS)
    wires.add(inside_sinusoids=drawn, inside_learned=learnt, **made)


def wire(wires: Wires) -> None:
    for name in FIELDS:
        wires.on(wires.parts[name].input, draw, ["session", *FIELDS], ["inside_sinusoids"], "inside_problem", trigger_mode="always_last")


def show(lab: Lab, session: dict, inside_asked: dict, **fields) -> dict:
    return {
        **draw(lab, session, **fields),
        "inside_learned": shared.both(lambda family: learned(lab, session, inside_asked, family), inside_asked),
    }


def draw(lab: Lab, session: dict, **fields) -> dict:
    """Both pictures and what follows from them."""
    values = {name: forms.value(SinusoidConfig.option(name), fields[f"inside_{name}"]) for name in OPTIONS}
    told = lab.sinusoids(session["visitor"], values)
    right, wrong = told["paper"], told["slide"]
    return {
        "inside_sinusoids": markup.page(
            '<div class="gh-two">',
            _picture("As in the paper (Vaswani et al. 2017)", PAPER, right[0], _of_paper(right[1])),
            _picture("With the position in the exponent", SLIDE, wrong[0], _of_slide(wrong[1])),
            "</div>",
        )
    }


def _picture(name: str, formula: Raw, encoding: np.ndarray, told: str) -> str:
    cell = min(14.0, PIXELS / max(encoding.shape))
    drawn = maps.numbers(encoding.tolist(), ("position i", "dimension"), TOLD, cell)
    return f'<section><h4>{name}</h4><p class="gi-formula">{formula}</p>{drawn}{markup.paragraph(told)}</section>'


def _of_paper(measured) -> str:
    return (
        f"Each pair of columns turns at a speed of its own, so that all {measured.columns} differ, and no two of the positions are alike: "
        f"{measured.alike:,} of {measured.pairs:,} pairs lie closer than 0.01 in every dimension. "
        f"Cosine of neighbours {shared.signed(measured.neighbours)} on the average, of the first and the last {shared.signed(measured.far)}."
    )


def _of_slide(measured) -> str:
    return (
        f"A slip that is easily made in code: the exponent holds the position i where the pair of columns j belongs. All pairs then turn alike, so that only "
        f"{markup.plural(measured.columns, 'column')} differ, and far positions freeze at (0, 1): {measured.alike:,} of {measured.pairs:,} pairs of positions lie closer than 0.01 in every "
        f"dimension, and the model could not tell them apart. Cosine of neighbours {shared.signed(measured.neighbours)}, of the first and the last {shared.signed(measured.far)}."
    )


def learned(lab: Lab, session: dict, asked: dict, family: str) -> str:
    """The table of one model: how alike its positions are, and how long."""
    told = lab.inside_positions(session["visitor"], family, asked["model"])
    if "otherwise" in told:
        return markup.note(f"This model has no table of positions. {told['otherwise']}")
    cosines, norms = told["cosines"], told["norms"]
    drawn = maps.numbers(cosines, ("position", "position"), "Positions {row} and {column}: cosine {value}.", 5.5)
    near = sum(cosines[place][place + 1] for place in range(len(cosines) - 1)) / max(1, len(cosines) - 1)
    text = (
        f"Cosine between the embeddings of the first {len(cosines)} of {len(norms):,} positions. Neighbours are alike without having been told so "
        f"({shared.signed(near)} on the average); first and last of these: {shared.signed(cosines[0][-1])}."
    )
    curve = charts.lines(
        {"length": list(enumerate(norms))}, "position", "length", f"Length of each position's embedding; the first has {norms[0]:.2f}."
    )
    return drawn + markup.paragraph(text) + curve
