"""Part: the encoder reads the words in another order, with position embeddings and without; the visitor commits first."""

import gradio as gr

from genhub.lab import Lab
from genhub.ui import markup
from genhub.ui.generate.inside import shared
from genhub.ui.wiring import Wires

TITLE = "Shuffled words"
FIELDS = ["inside_guess", "inside_seed", "inside_score"]
OUTPUTS = ["inside_shuffled", "inside_shuffle", "inside_seed", "inside_score"]
INTRO = "The words of the sentence are put into another order, and BERT reads both. Then once more with all its position embeddings set to zero."
QUESTION = "Commit first: which reading gives both orders the same vectors?"
GUESSES = ("With positions", "Without positions", "Both", "Neither")
RIGHT = GUESSES[1]
FIRST = "Choose what you expect, then shuffle."


def layout(wires: Wires) -> None:
    gr.HTML(markup.page(markup.paragraph(INTRO, "gi-text")))
    with gr.Row(elem_classes="gi-controls"):
        guess = gr.Radio(list(GUESSES), label=QUESTION, elem_id="inside-guess", scale=3, min_width=300)
        go = gr.Button("Shuffle and compare", interactive=False, elem_id="inside-shuffle", scale=1, min_width=200)
    view = gr.HTML(markup.page(markup.note(FIRST)), elem_id="inside-shuffled", elem_classes="gh-reserve-tall")
    wires.add(inside_guess=guess, inside_shuffle=go, inside_shuffled=view, inside_seed=gr.State(0), inside_score=gr.State([0, 0]))


def wire(wires: Wires) -> None:
    part = wires.parts
    wires.on(part["inside_guess"].input, lambda lab: {"inside_shuffle": gr.update(interactive=True)}, [], ["inside_shuffle"])
    wires.on(part["inside_shuffle"].click, shuffle, ["session", "inside_asked", *FIELDS], OUTPUTS, "inside_problem")


def show(lab: Lab, session: dict, inside_asked: dict, inside_guess: str | None, **_) -> dict:
    """Another sentence is there, or the part was opened: nothing is told before it was asked."""
    return {"inside_shuffled": markup.page(markup.note("Press Shuffle and compare." if inside_guess else FIRST))}


def shuffle(lab: Lab, session: dict, inside_asked: dict, inside_guess: str | None, inside_seed: int, inside_score: list[int]) -> dict:
    """The first press scores the guess; each of the next ones draws another order."""
    if inside_guess not in GUESSES:
        return {}
    told = lab.inside_shuffled(session["visitor"], inside_asked["text"], inside_seed)
    score, words = shared.scored(inside_score, inside_guess == RIGHT) if inside_seed == 0 else (inside_score, "")
    return {
        "inside_shuffled": render(told, inside_asked["text"], f"You said: {inside_guess.lower()}. {words}".strip()),
        "inside_shuffle": gr.update(value="Shuffle in another way"),
        "inside_seed": inside_seed + 1,
        "inside_score": score,
    }


def render(told: dict, text: str, guessed: str) -> str:
    """Both orders, both readings, token by token."""
    readings = (("with positions", told["with_positions"]), ("without positions", told["without"]))
    facts = [(f"sentence vectors, {name}", f"{reading['sentence']:.6f}") for name, reading in readings]
    rows = [
        [piece, *(shared.cell(shared.signed(reading["tokens"][place], 4), reading["tokens"][place]) for _, reading in readings)]
        for place, piece in enumerate(told["shown"])
    ]
    answer = (
        f"Without positions both orders give the same vectors: no number of any token's state differs by more than {shared.small(told['without']['difference'])}, "
        f"the rounding of sums in another order. With positions they differ by up to {told['with_positions']['difference']:.2f}: all that BERT knows of word order it has from there."
    )
    return markup.page(
        f'<dl class="gi-orders"><dt>as written</dt><dd>{markup.esc(text)}</dd><dt>shuffled</dt><dd>{markup.esc(told["text"])}</dd></dl>',
        markup.paragraph(answer),
        markup.paragraph(guessed, "gi-label"),
        "<h3>Cosine between the two readings</h3>",
        markup.facts(facts),
        markup.table(["token", *(name for name, _ in readings)], rows, classes="scroll gi-scores"),
        markup.paragraph("Each token's last state in the sentence as written, and its own in the shuffled one.", "gi-note"),
    )
