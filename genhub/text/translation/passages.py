"""A text cut into what a translator reads at once, sentences, so that nothing is dropped and everything goes back to its place.

    passages = split(text)                       # passages.lead + every piece's text + gap is the text again
    passages.join([translated for piece in passages.pieces])

A sentence ends at . ! ? … before a blank and a capital, a digit or an opening mark; not after an abbreviation or an initial. A
line break ends one too, unless the line was only wrapped: it ends in the middle of a sentence, and the next begins with a small letter.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

BLANK = re.compile(r"\s+")
ENDED = re.compile(r"(?:[.!?…]+|\.\.\.)[\"'”’»)\]]*$")
OPENS = re.compile(r"[\"'“‘«(\[¿¡—–-]*\s*[^\W_a-zà-öø-ÿ]|[¿¡]")
CLAUSE = re.compile(r"[,;:—–)]$")
INITIAL = re.compile(r"(?:^|[\s(\"“«])(?:[^\W\d_]\.)+$")
SHORT = ("mr mrs ms dr prof jr e.g i.e cf vs approx", "sr sra srta dra ud uds vd vds pág págs núm avda aprox p.ej ee.uu")
ABBREVIATIONS = frozenset(word for words in SHORT for word in words.split())


@dataclass(frozen=True)
class Piece:
    """A sentence, and the blanks after it."""

    text: str
    gap: str


@dataclass(frozen=True)
class Passages:
    """Blanks at the beginning, and the pieces."""

    lead: str
    pieces: tuple[Piece, ...]

    def join(self, texts: Sequence[str]) -> str:
        """Other texts in the places of the pieces, with the same blanks between them."""
        return self.lead + "".join(text + piece.gap for text, piece in zip(texts, self.pieces, strict=True))


def split(text: str) -> Passages:
    """The sentences of a text, blanks kept; none of a text without words."""
    lead = BLANK.match(text)
    start = lead.end() if lead else 0
    pieces, begin = [], start
    for blank in BLANK.finditer(text, start):
        if blank.end() == len(text) or _ends(text[begin : blank.start()], blank.group(), text[blank.end() : blank.end() + 12]):
            pieces.append(Piece(text[begin : blank.start()], blank.group()))
            begin = blank.end()
    if begin < len(text):
        pieces.append(Piece(text[begin:], ""))
    return Passages(text[:start], tuple(pieces))


def _ends(before: str, blank: str, after: str) -> bool:
    """Does a sentence end between `before` and `after`?"""
    ended = bool(ENDED.search(before))
    if blank.count("\n") > 1 or ("\n" in blank and (ended or not after[:1].islower())):
        return True
    return ended and bool(OPENS.match(after)) and not _is_short(before)


def _is_short(before: str) -> bool:
    """Does it end with an abbreviation or an initial, whose full stop ends nothing?"""
    if not before.endswith("."):
        return False
    last = before.split()[-1].rstrip(".").lstrip("(\"'“‘«[¿¡").lower()
    return last in ABBREVIATIONS or bool(INITIAL.search(before))


def fitting(piece: Piece, size: Callable[[str], int], limit: int) -> list[Piece]:
    """A piece cut into such that `size` finds no larger than `limit`: after a clause where there is one near the middle, else between
    two words, else within one."""
    if size(piece.text) <= limit or len(piece.text) < 2:
        return [piece]
    first, second = _halves(piece)
    return [*fitting(first, size, limit), *fitting(second, size, limit)]


def _halves(piece: Piece) -> tuple[Piece, Piece]:
    text, middle = piece.text, len(piece.text) / 2
    blanks = list(BLANK.finditer(text))
    clauses = [blank for blank in blanks if CLAUSE.search(text[: blank.start()]) and abs(blank.start() - middle) < middle / 2]
    if not blanks:
        cut = len(text) // 2
        return Piece(text[:cut], ""), Piece(text[cut:], piece.gap)
    best = min(clauses or blanks, key=lambda blank: abs(blank.start() - middle))
    return Piece(text[: best.start()], best.group()), Piece(text[best.end() :], piece.gap)
