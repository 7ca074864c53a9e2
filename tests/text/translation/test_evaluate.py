"""Systems side by side: the scores are sacrebleu's, the intervals hold them, differences are of the same sentences."""

import pytest
from sacrebleu.metrics import BLEU, CHRF

from genhub.text.translation.evaluate import evaluate

SOURCES = [f"sentence {number} of the little set" for number in range(30)]
RIGHT = [[f"oración {number} del pequeño conjunto", f"frase {number} del conjunto pequeño"] for number in range(30)]
GOOD = [right[number % 2] if number % 5 else f"oración {number} de conjunto" for number, right in enumerate(RIGHT)]
BAD = [right[0] if number % 2 else f"la {number} no es nada de eso" for number, right in enumerate(RIGHT)]


def told(**systems):
    return evaluate(SOURCES, RIGHT, systems)


def test_the_scores_are_those_of_the_library():
    (one,) = told(good=GOOD)["systems"]
    streams = [list(stream) for stream in zip(*RIGHT, strict=True)]
    assert one["bleu"]["score"] == pytest.approx(BLEU().corpus_score(GOOD, streams).score)
    assert one["chrf"]["score"] == pytest.approx(CHRF().corpus_score(GOOD, streams).score)
    for kind in ("bleu", "chrf"):
        assert one[kind]["low"] < one[kind]["score"] < one[kind]["high"]


def test_a_difference_is_of_the_same_sentences():
    first, second, again = told(good=GOOD, bad=BAD, good_again=GOOD)["systems"]
    assert first["difference"] is None
    assert second["difference"]["bleu"]["high"] < 0
    assert second["difference"]["bleu"]["score"] == pytest.approx(second["bleu"]["score"] - first["bleu"]["score"])
    assert again["difference"] == {kind: {"score": 0, "low": 0, "high": 0} for kind in ("bleu", "chrf")}


def test_it_is_the_same_every_time():
    assert told(good=GOOD, bad=BAD) == told(good=GOOD, bad=BAD)


def test_the_worst_sentences_come_first():
    worst = told(good=GOOD)["systems"][0]["worst"]
    assert [one["chrf"] for one in worst] == sorted(one["chrf"] for one in worst)
    assert {one["source"] for one in worst[:6]} == {SOURCES[number] for number in range(0, 30, 5)}
    assert worst[0]["references"] == RIGHT[SOURCES.index(worst[0]["source"])]


def test_sources_may_have_as_many_references_as_there_are():
    references = [right[: 1 + number % 2] for number, right in enumerate(RIGHT)]
    found = evaluate(SOURCES, references, {"good": GOOD})
    assert (found["sentences"], found["references"]) == (30, 45)
