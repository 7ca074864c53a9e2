"""Texts cut into sentences: nothing is lost, and a full stop is not always an end."""

import pytest

from genhub.text.translation.passages import Piece, fitting, split


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I run. You sleep! Do we? Yes… Fine.", ["I run.", "You sleep!", "Do we?", "Yes…", "Fine."]),
        ("¿Quién es? ¡Soy yo! ¿Y tú?", ["¿Quién es?", "¡Soy yo!", "¿Y tú?"]),
        ("Mr. Smith met Dr. J. R. Brown at 5 p.m. They left.", ["Mr. Smith met Dr. J. R. Brown at 5 p.m. They left."]),
        ("El Sr. Pérez vive aquí. Tiene 3.5 hijos.", ["El Sr. Pérez vive aquí.", "Tiene 3.5 hijos."]),
        ('He said “Go.” She went. (It rained.) "Oh."', ["He said “Go.”", "She went.", "(It rained.)", '"Oh."']),
        ("e.g. this one. and that", ["e.g. this one. and that"]),
        ("One line\nAnother line\n\nA paragraph", ["One line", "Another line", "A paragraph"]),
        ("a line that was\nwrapped only. The next", ["a line that was\nwrapped only.", "The next"]),
        ("She said no. He left.", ["She said no.", "He left."]),
        ("no end", ["no end"]),
        ("  \n ", []),
        ("", []),
    ],
)
def test_sentences(text, expected):
    assert [piece.text for piece in split(text).pieces] == expected


@pytest.mark.parametrize("text", ["", " \n", "  A b.\n\n\n C d?  ", "x", "One. Two.\r\n\tThree. ", "¡Ay!\n- uno\n- dos\n", "a\u2028b. C"])
def test_nothing_is_lost(text):
    passages = split(text)
    assert passages.join([piece.text for piece in passages.pieces]) == text


def test_blanks_stay_where_they_were():
    assert split("It is.  He did.\n\nNo.").join(["1", "2", "3"]) == "1  2\n\n3"


def size(text: str) -> int:
    return len(text.split()) if " " in text else (len(text) + 9) // 10


@pytest.mark.parametrize("text", ["one two, three four; five six", "word " * 500 + "end", "x" * 999, "a b " + "y" * 100 + " c"])
def test_long_pieces_are_cut_until_they_fit_and_nothing_is_lost(text):
    parts = fitting(Piece(text, "\n"), size, 4)
    assert "".join(part.text + part.gap for part in parts) == text + "\n"
    assert all(size(part.text) <= 4 for part in parts)


def test_a_clause_near_the_middle_is_where_it_is_cut():
    parts = fitting(Piece("I came early that day, and nobody was there", ""), size, 5)
    assert [part.text for part in parts] == ["I came early that day,", "and nobody was there"]
