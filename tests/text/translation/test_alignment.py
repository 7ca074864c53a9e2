"""Alignments: the file of drawn ones is sound, links come from the largest weight, the error rate is by the book."""

from pathlib import Path

import pytest
import torch

from genhub.data import samples
from genhub.text.translation.alignment import error_rate, grouped, links, read

FILE = samples.FOLDER / "alignments.en-es.txt"


def test_the_drawn_alignments_are_sound():
    pairs = read(FILE)
    assert len(pairs) == 40
    assert len({pair.source for pair in pairs}) == 40
    for pair in pairs:
        assert {there for _, there in pair.links} >= {place for place, word in enumerate(pair.target) if word.isalpha() and len(word) > 4}
        assert pair.turned().turned() == pair
    turned = sum(any(a < c and b > d for a, b in pair.links for c, d in pair.links) for pair in pairs)
    assert turned > 20  # most have words in another order


def test_a_link_to_a_word_that_is_not_there_is_refused(tmp_path):
    path = tmp_path / "bad.txt"
    path.write_text("a b ||| c ||| 0-0 1-1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 1"):
        read(Path(path))


def test_links_go_to_the_largest_weight():
    assert links(torch.tensor([[0.1, 0.9], [0.6, 0.4], [0.2, 0.8]])) == {(1, 0), (0, 1), (1, 2)}


def test_the_error_rate():
    drawn = frozenset({(0, 0), (1, 1)})
    assert error_rate([(drawn, drawn)]) == 0
    assert error_rate([(frozenset({(5, 5)}), drawn)]) == 1
    assert error_rate([(frozenset({(0, 0), (3, 1)}), drawn), (drawn, drawn)]) == pytest.approx(1 - 2 * 3 / 8)


def test_words_of_a_tokeniser_are_put_together():
    assert grouped(["don", "'", "t", "go", "."], ["don't", "go", "."]) == [[0, 1, 2], [3], [4]]
    with pytest.raises(ValueError, match="is not made of"):
        grouped(["a"], ["b"])
