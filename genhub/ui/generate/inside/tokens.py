"""Part: the sentence as the two models read it, and what each piece looks like in the table of embeddings."""

import gradio as gr

from genhub.errors import UserError
from genhub.lab import Lab
from genhub.lab.insides import Stored
from genhub.training.configs.inside import FAMILIES
from genhub.ui import markup
from genhub.ui.generate.inside import shared
from genhub.ui.markup import esc
from genhub.ui.wiring import Wires, pieces

TITLE = "Tokens"
FIELDS: list[str] = []
OUTPUTS = ["inside_pieces", "inside_piece"]
TELLING = 5  # letters of the piece that is looked at until one is pressed
INTRO = "A model reads no letters and no words but pieces from a fixed vocabulary, each a number. Press a piece to see what the model knows of it before it reads on."


def layout(wires: Wires) -> None:
    gr.HTML(markup.page(markup.paragraph(INTRO, "gi-text")))
    drawn = first(wires.lab)
    view = pieces(drawn["inside_pieces"], elem_id="inside-pieces", elem_classes="gh-reserve")
    one = gr.HTML(drawn["inside_piece"], elem_id="inside-piece", elem_classes="gh-reserve")
    wires.add(inside_pieces=view, inside_piece=one)


def wire(wires: Wires) -> None:
    wires.on_pick(wires.parts["inside_pieces"].select, pick, ["session", "inside_asked"], OUTPUTS, "inside_problem")


def first(lab: Lab) -> dict:
    """What stands here before anything was asked: the stored example, for which no model is loaded."""
    try:
        return show(Stored(lab.settings), {"visitor": ""}, shared.FIRST)
    except UserError as error:
        return {"inside_pieces": markup.page(markup.note(str(error))), "inside_piece": ""}


def show(lab: Lab, session: dict, inside_asked: dict) -> dict:
    """Both readings; of BERT's the first long piece is looked at."""
    told = _told(lab, session, inside_asked, "encoder")
    place = next((at for at, piece in enumerate(told["pieces"]) if len(piece["text"]) >= TELLING), 1)
    return pick(lab, f"encoder:{place}", session, inside_asked)


def pick(lab: Lab, pick: str, session: dict, inside_asked: dict) -> dict:
    """A piece was pressed."""
    family, _, place = pick.partition(":")
    if family not in FAMILIES or not place.isdecimal():
        return {}
    view = shared.both(
        lambda one: _half(_told(lab, session, inside_asked, one), one, inside_asked, int(place) if one == family else None), inside_asked
    )
    told = _told(lab, session, inside_asked, family)
    if int(place) >= len(told["pieces"]):
        return {}
    return {"inside_pieces": view, "inside_piece": look(told, int(place), shared.named(family, inside_asked))}


def _told(lab: Lab, session: dict, asked: dict, family: str) -> dict:
    return lab.inside_tokens(session["visitor"], asked["text"], family, asked["model"])


def _half(told: dict, family: str, asked: dict, pressed: int | None) -> str:
    buttons = "".join(_button(piece, f"{family}:{place}", place == pressed) for place, piece in enumerate(told["pieces"]))
    own = sum(not piece["special"] for piece in told["pieces"])
    marks = len(told["pieces"]) - own
    added = f", and {markup.plural(marks, 'mark')} of its own" if marks else ""
    letters = len(asked["text"])
    text = f"{markup.plural(own, 'piece')} for {letters} characters, {letters / max(1, own):.1f} each{added}; {told['vocabulary']:,} pieces in its vocabulary."
    return f'<div class="gi-pieces">{buttons}</div>{markup.paragraph(text, "gi-note")}'


def _button(piece: dict, value: str, pressed: bool) -> str:
    css = "special" if piece["special"] else ""
    return (
        f'<button type="button" class="{css}" data-pick="{value}" aria-pressed="{str(pressed).lower()}">'
        f"<b>{esc(piece['shown'])}</b><span>{piece['id']:,}</span></button>"
    )


def look(told: dict, place: int, reader: str) -> str:
    """One piece: its number, its bytes, its embedding's length and what lies near it."""
    piece = told["pieces"][place]
    known = [("id", f"{piece['id']:,}"), ("in the vocabulary", piece["name"]), ("bytes", piece["hex"] or "none, a mark")]
    known.append(("length of its embedding", f"{piece['norm']:.3f}"))
    near = [(other["shown"], other["cosine"], shared.signed(other["cosine"])) for other in piece["neighbours"]]
    text = (
        f"The rows of the table of {told['vocabulary']:,} embeddings ({told['width']} numbers each) with the largest cosine to this one. "
        f"Nobody told the model which pieces are alike: it follows from the company they keep."
    )
    heading = f"<h3>{esc(shared.quoted(piece['shown']))} in {esc(reader)}</h3>"
    left = f"<section>{heading}{markup.facts(known)}</section>"
    right = f"<section><h3>Nearest in the table</h3>{shared.shares(near)}{markup.paragraph(text, 'gi-note')}</section>"
    return markup.page(f'<div class="gh-two">{left}{right}</div>')
