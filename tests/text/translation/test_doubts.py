"""Signs of a bad translation are found, and a good one has none."""

import pytest

from genhub.text.translation.doubts import doubts

SOURCE = ["I", "like", "soccer", "and", "also", "going", "to", "the", "beach", "."]
RIGHT = ["Me", "gusta", "el", "fútbol", "y", "también", "ir", "a", "la", "playa", "."]


def kinds(source, target, looked=(), unknown=()) -> list[str]:
    return [doubt.kind for doubt in doubts(source, target, looked, unknown)]


def test_a_good_translation_raises_none():
    assert kinds(SOURCE, RIGHT, [0.8] * 10) == []


@pytest.mark.parametrize(
    ("target", "kind", "words"),
    [
        ("Me gusta el fútbol y el fútbol y el fútbol y la playa .", "repeats", range(2, 11)),
        ("Me gusta gusta gusta mucho el fútbol y la playa .", "repeats", range(1, 4)),
        ("Me gusta soccer and also going y la playa .", "copies", range(2, 6)),
        ("Me gusta .", "short", ()),
        ("Me " + " ".join(f"a{number}" for number in range(20)), "long", ()),
    ],
)
def test_each_sign_is_found_and_says_where(target, kind, words):
    (found,) = doubts(SOURCE, target.split(), [0.8] * 10)
    assert (found.kind, found.words) == (kind, tuple(words))
    assert found.text.endswith(".")


def test_source_words_that_nothing_looked_at_are_named_but_not_marks():
    looked = [0.8] * 10
    looked[2] = looked[9] = 0.01
    (found,) = doubts(SOURCE, RIGHT, looked)
    assert (found.kind, found.words) == ("unseen", (2,))
    assert "“soccer”" in found.text


def test_what_the_model_could_not_read_is_said_first_and_once():
    found = doubts(["I", "like", "寿司", "very", "much"], ["Me", "gusta", "mucho", "muy", "bien"], [0.9, 0.9, 0.0, 0.9, 0.9], [2])
    assert [(doubt.kind, doubt.words) for doubt in found] == [("unknown", (2,))]


def test_short_things_raise_none():
    assert kinds(["No", "."], ["No", "."], [0.0, 0.0]) == []
    assert kinds([], []) == []
    assert kinds(["Tom", "knows", "Mary", "."], ["Tom", "conoce", "a", "Mary", "."]) == []
    assert kinds(["Very", "very", "good"], ["Muy", "muy", "bueno"]) == []
