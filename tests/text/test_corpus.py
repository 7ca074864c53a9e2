import json

import numpy as np
import pytest

from genhub.errors import UserError
from genhub.text import corpus

PLAY = "".join(f"SPEAKER {number}:\nThis is line {number} of the play.\n\n" for number in range(200))
CELLS = [f"Cell number {number} says something of its own, and not much more than that." for number in range(120)]


def test_a_book_is_cut_in_its_order_at_line_breaks():
    parts = corpus.divide([PLAY], 0.1, 0.2, seed=3)
    assert "".join(parts.train + parts.validation + parts.test) == PLAY
    sizes = parts.characters()
    assert sizes["test"] == pytest.approx(0.2 * len(PLAY), abs=corpus.SEARCHED)
    assert sizes["validation"] == pytest.approx(0.1 * len(PLAY), abs=2 * corpus.SEARCHED)
    assert parts.train[0].endswith("\n")
    assert parts.validation[0].endswith("\n")


def test_of_many_documents_whole_ones_are_held_out_by_the_seed():
    parts = corpus.divide(CELLS, 0.1, 0.1, seed=0)
    assert sorted(parts.train + parts.validation + parts.test) == sorted(CELLS)
    assert len(parts.test) == pytest.approx(12, abs=1)
    assert len(parts.validation) == pytest.approx(12, abs=2)
    assert parts == corpus.divide(CELLS, 0.1, 0.1, seed=0)
    assert parts.test != corpus.divide(CELLS, 0.1, 0.1, seed=1).test


def test_a_short_text_is_refused_with_its_length_and_the_limit():
    with pytest.raises(UserError) as caught:
        corpus.divide(["Too short."], 0.1, 0.1, seed=0)
    assert "10 characters" in caught.value.what
    assert "1,000" in caught.value.limit
    assert caught.value.remedy


def test_documents_too_long_for_the_share_that_is_held_out_are_refused():
    with pytest.raises(UserError, match="leave a part empty"):
        corpus.divide(["x" * 1_000] * corpus.MANY, 0.1, 0.01, seed=0)


def test_rows_without_text_are_no_documents(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in ("One.", "  ", "Two.")), encoding="utf-8")
    assert corpus.read(path) == ["One.", "Two."]
    with pytest.raises(UserError, match="no text"):
        corpus.read(tmp_path / "missing.jsonl")


def test_documents_follow_each_other_with_the_ending_token_between():
    found = corpus.ids(["ab", "c"], lambda text: [ord(character) for character in text], end=0)
    assert found.tolist() == [97, 98, 0, 99, 0]
    assert corpus.ids(["ab"], lambda text: [1, 2]).dtype == np.int64
