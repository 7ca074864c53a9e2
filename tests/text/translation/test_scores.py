"""BLEU and chrF with several references, as sacrebleu has them."""

import pytest
from sacrebleu.metrics import BLEU

from genhub.text.translation.scores import as_streams, by_length, score

RIGHT = [["Me gusta el fútbol y la playa.", "El fútbol me gusta."], ["Hace frío en la casa de Tom."]]


def test_any_of_the_references_counts():
    assert score(["El fútbol me gusta.", "Hace frío en la casa de Tom."], RIGHT).bleu == pytest.approx(100)
    assert score(["El fútbol me gusta.", "Hace frío en la casa de Tom."], [RIGHT[0][:1], RIGHT[1]]).bleu < 90


def test_the_figures_are_sacrebleus_own():
    said = ["Me gusta la playa y el fútbol.", "Hace calor en la casa de Ana."]
    found = score(said, RIGHT)
    assert found.bleu == BLEU().corpus_score(said, [["Me gusta el fútbol y la playa.", RIGHT[1][0]], ["El fútbol me gusta.", None]]).score
    assert 0 < found.bleu < found.chrf < 100
    assert "tok:13a" in found.signatures[0]
    assert "nc:6" in found.signatures[1]


def test_streams_have_gaps_where_there_is_no_reference():
    assert as_streams([["a", "b"], ["c"], ["d", "e", "f"]]) == [["a", "c", "d"], ["b", None, "e"], [None, None, "f"]]


@pytest.mark.parametrize(("said", "right"), [([], []), (["a"], []), (["a", "b"], [["a"]]), (["a"], [[]])])
def test_nothing_to_score_is_said(said, right):
    with pytest.raises(ValueError, match="translations for"):
        score(said, right)


def test_by_length_classes_are_of_the_source_and_empty_ones_are_left_out():
    sources = ["one two three", " ".join("abcdefg"), " ".join("abcdefghijklmnopqrstuvw")]
    said = ["Hace frío en la casa de Tom."] * 3
    found = by_length(sources, said, [said[:1]] * 3)
    assert [(one["from"], one["to"], one["sentences"]) for one in found] == [(1, 5, 1), (6, 10, 1), (16, None, 1)]
    assert all(one["bleu"] == pytest.approx(100) for one in found)
