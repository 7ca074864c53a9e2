"""Part: the logit lens, what each layer of the GPT would say next."""

import gradio as gr

from genhub.lab import Lab
from genhub.ui import markup
from genhub.ui.generate.inside import shared
from genhub.ui.markup import esc
from genhub.ui.wiring import Wires, pieces

TITLE = "Logit lens"
FIELDS: list[str] = []
OUTPUTS = ["inside_lens", "inside_cell"]
INTRO = "The last layer's states become probabilities by one norm and one matrix. Applied to the states after every layer, they show how an answer forms on the way up (nostalgebraist 2020). Only a model that says what comes next has such a matrix: GPT here, not BERT."
FIRST_PLACE = 2  # the token whose answer is looked at until a cell is pressed
STRONGEST = 60  # per cent of its colour that a probability of 1 has: the text stays readable on it


def layout(wires: Wires) -> None:
    gr.HTML(markup.page(markup.paragraph(INTRO, "gi-text")))
    view = pieces(elem_id="inside-lens", elem_classes="gh-reserve-tall")
    cell = gr.HTML(elem_id="inside-cell", elem_classes="gh-reserve")
    wires.add(inside_lens=view, inside_cell=cell)


def wire(wires: Wires) -> None:
    wires.on_pick(wires.parts["inside_lens"].select, pick, ["session", "inside_asked"], OUTPUTS, "inside_problem")


def show(lab: Lab, session: dict, inside_asked: dict) -> dict:
    told = lab.inside_lens(session["visitor"], inside_asked["text"], inside_asked["model"])
    return _shown(told, len(told["rows"]) - 1, min(FIRST_PLACE, len(told["shown"]) - 1), inside_asked)


def pick(lab: Lab, pick: str, session: dict, inside_asked: dict) -> dict:
    """A cell was pressed."""
    verb, *numbers = pick.split(":")
    if verb != "cell" or len(numbers) != 2 or not all(number.isdecimal() for number in numbers):
        return {}
    told = lab.inside_lens(session["visitor"], inside_asked["text"], inside_asked["model"])
    row, place = map(int, numbers)
    return _shown(told, row, place, inside_asked) if row < len(told["rows"]) and place < len(told["shown"]) else {}


def _shown(told: dict, row: int, place: int, asked: dict) -> dict:
    return {"inside_lens": render(told, (row, place), asked), "inside_cell": look(told, row, place)}


def render(told: dict, pressed: tuple[int, int], asked: dict) -> str:
    """Layers down, tokens across; a cell holds the most probable next token."""
    head = "".join(f"<th scope='col'>{esc(name)}</th>" for name in told["shown"])
    body = ""
    for number, row in enumerate(told["rows"]):
        name = "embeddings" if number == 0 else f"layer {number}"
        cells = "".join(_cell(told, row, number, place, pressed) for place in range(len(told["shown"])))
        body += f"<tr><th scope='row'>{name}</th>{cells}</tr>"
    last = len(told["rows"]) - 1
    heading = f"<h3>{esc(shared.named('causal', asked))}: most probable next token after each layer</h3>"
    table = f"<div class='scroll gi-sticky'><table class='gi-lens'><thead><tr><th scope='col'>having read</th>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    text = f"A stronger colour is more probable. Framed: the token that does come next in the sentence. The row of layer {last} is the model's answer. Press a cell for the five most probable tokens."
    return markup.page(heading, table, markup.paragraph(text, "gi-note"), markup.paragraph(sentence(told)))


def _cell(told: dict, row: dict, number: int, place: int, pressed: tuple[int, int]) -> str:
    best = row["tokens"][place][0]
    comes = best["id"] in told["ids"][place + 1 : place + 2]
    state = str((number, place) == pressed).lower()
    tip = f"{best['shown']}, {best['probability']:.3f}"
    return (
        f"<td><button type='button' data-pick='cell:{number}:{place}' aria-pressed='{state}' title='{esc(tip)}' "
        f"class='{'comes' if comes else ''}' style='--s:{round(STRONGEST * best['probability'])}%'>{esc(best['shown'])}</button></td>"
    )


def _next(told: dict, place: int) -> str:
    return told["shown"][place + 1]


def sentence(told: dict) -> str:
    """How early the answer is there, in words."""
    count, rows = len(told["shown"]), told["rows"]
    itself = sum(cell[0]["id"] == read for cell, read in zip(rows[0]["tokens"], told["ids"], strict=True))
    kept = ", ".join(f"{row['same']} after layer {number}" for number, row in enumerate(rows[1:-1], start=1))
    text = (
        f"In the embeddings the first choice is the token that was just read at {itself} of {markup.plural(count, 'place')}. "
        f"The model's final first choice is the first one already at {rows[0]['same']} in the embeddings{', ' + kept if kept else ''}."
    )
    if not rows[-1]["own"]:
        return text
    first, last = (sum(row["own"]) / len(row["own"]) for row in (rows[0], rows[-1]))
    return f"{text} The token that does come next gets {_told(first)} on the average in the embeddings and {_told(last)} in the end."


def _told(probability: float) -> str:
    return f"{probability:.3f}" if probability >= 0.0005 else "< 0.001"


def look(told: dict, row: int, place: int) -> str:
    """The five most probable tokens of a cell."""
    where = "in the embeddings" if row == 0 else f"after layer {row} of {len(told['rows']) - 1}"
    read = "".join(told["shown"][: place + 1]).replace("·", " ")
    heading = f"<h3>Next after “{esc(read[-60:])}”, {where}</h3>"
    bars = shared.shares(
        (token["shown"], token["probability"], _told(token["probability"])) for token in told["rows"][row]["tokens"][place]
    )
    comes = (
        f"In the sentence comes “{_next(told, place)}”, which gets {_told(told['rows'][row]['own'][place])} here."
        if place + 1 < len(told["shown"])
        else "Here the sentence ends."
    )
    return markup.page(heading, bars, markup.paragraph(comes, "gi-note"))
