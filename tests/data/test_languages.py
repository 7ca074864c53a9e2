"""Languages: recognised where there is enough to go by, and not taken for another where there is not."""

import pytest

from genhub.data import languages

ENGLISH = "I like soccer and also going to the beach."
SPANISH = "Me gusta el fútbol y también ir a la playa."


@pytest.mark.parametrize(
    ("text", "expected", "other"),
    [
        (ENGLISH, "en", ""),
        (SPANISH, "es", ""),
        (SPANISH, "en", "es"),
        (ENGLISH, "es", "en"),
        ("Tom", "es", ""),
        ("", "en", ""),
        ("x", "", ""),
    ],
)
def test_a_stranger(text, expected, other):
    assert languages.stranger(text, expected) == other


@pytest.mark.parametrize(
    ("text", "expected", "near", "other"),
    [
        ("Quiero dormir.", "en", "", ""),
        ("Quiero dormir.", "en", "es", "es"),
        ("It is raining.", "es", "en", "en"),
        ("It is raining.", "en", "es", ""),
        ("Tom", "en", "es", ""),
        ("Quiero dormir.", "en", "tlh", ""),
        ("Die Straßen waren voller Menschen, und niemand wusste, weshalb.", "en", "es", "de"),
    ],
)
def test_a_language_that_is_near_is_found_sooner(text, expected, near, other):
    assert languages.stranger(text, expected, near) == other


def test_the_likeliest_of_some():
    assert languages.likeliest(SPANISH, frozenset({"en", "es", "de"})) == "es"
    assert languages.likeliest(SPANISH, frozenset({"en", "de"})) in ("en", "de")
    assert languages.likeliest(SPANISH, frozenset({"tlh"})) == ""


def test_what_languages_are_called():
    assert languages.called("es") == "Spanish"
    assert languages.called("tlh") == "the language “tlh”"
