"""Pairs of sentences: which columns are the sides, what is left out, what is said, what is refused."""

import json

import pytest

from genhub.data import pairs
from genhub.errors import UserError

EN = ["Where is the train station?", "She has never been to Spain.", "My brother has a white dog.", "We are going to the beach tomorrow."]
ES = [
    "¿Dónde está la estación de tren?",
    "Ella nunca ha estado en España.",
    "Mi hermano tiene un perro blanco.",
    "Mañana vamos a la playa.",
]
LINES = [f"{here}\t{there}" for here, there in zip(EN, ES, strict=True)]


@pytest.fixture
def read(home, tmp_path):
    def run(text: str, **more) -> dict:
        folder = tmp_path / "pairs"
        folder.mkdir(exist_ok=True)
        told = pairs.read_pairs({"text": text, "folder": str(folder), "languages": ["en", "es"], **more})
        rows = [json.loads(line) for line in (folder / pairs.ROWS).read_text(encoding="utf-8").splitlines()]
        assert len(rows) == told["pairs"]
        assert json.loads((folder / pairs.FACTS).read_text(encoding="utf-8")) == told
        return {**told, "rows": rows}

    return run


def codes(told: dict) -> set[str]:
    return {finding["code"] for finding in told["findings"]}


def test_a_first_line_that_is_a_pair_counts(read):
    told = read("\n".join(LINES))
    assert told["pairs"] == 4
    assert told["rows"][0] == {"source": EN[0], "target": ES[0]}
    assert codes(told) == {"no-header"}


@pytest.mark.parametrize("header", ["es\ten", "Spanish\tEnglish", "target\tsource", "translation\ttext"])
def test_columns_are_found_by_what_they_are_called(read, header):
    lines = [header, *(f"{there}\t{here}" for here, there in zip(EN, ES, strict=True))]
    assert read("\n".join(lines))["rows"][1] == {"source": EN[1], "target": ES[1]}


def test_named_columns_win_and_a_third_one_is_left(read):
    text = "\n".join(["a,b,c", *(f'"{EN[at]}","{ES[at]}",x{at}' for at in range(4))])
    told = read(text, source_column="b", target_column="a")
    assert (told["source_column"], told["target_column"], told["others"]) == ("b", "a", ["c"])
    assert "swapped" in codes(told)


def test_what_is_left_out_is_counted(read):
    told = read("\n".join(["source\ttarget", *LINES, LINES[0], "alone\t", "Tom\tTom"]))
    assert (told["pairs"], told["copies"], told["empty"], told["same"]) == (5, 1, 1, 1)
    assert {"copies", "empty", "same"} <= codes(told)


def test_the_wrong_way_round_and_the_wrong_language_are_said(read):
    turned = "\n".join(["source\ttarget", *(f"{there}\t{here}" for here, there in zip(EN, ES, strict=True))])
    assert "swapped" in codes(read(turned))
    german = [
        "Wo ist der Bahnhof?",
        "Sie war noch nie in Spanien.",
        "Mein Bruder hat einen weißen Hund.",
        "Morgen gehen wir an den Strand.",
    ]
    told = read("\n".join(["source\ttarget", *(f"{here}\t{there}" for here, there in zip(german, ES, strict=True))]))
    assert "The source looks like German, not English." in [finding["text"] for finding in told["findings"]]


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("a\nb\nc", {}, "one column"),
        ("source\ttarget\nx\t\n\ty", {}, "No row has a text in both"),
        ("source\ttarget\nx one\tx one\ny\ty", {}, "the same in every row"),
        ("source\ttarget\nx\ty", {"source_column": "target", "target_column": "target"}, "both the column"),
        ("source\ttarget\nx\ty", {"target_column": "nowhere"}, "no column “nowhere”"),
        ("source\ttarget\nx\t" + "y" * 5_001, {}, "5,001 characters"),
    ],
)
def test_what_is_no_set_of_pairs_is_refused(read, text, more, said):
    with pytest.raises(UserError, match=said):
        read(text, **more)
