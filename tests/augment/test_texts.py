"""Operations on texts: what each does to the words, that nothing happens where nothing is asked, and that a seed decides everything."""

import re
from collections import Counter

import numpy as np
import pytest

from genhub.augment.chain import Chain, Step, generator
from genhub.augment.texts import slips, words
from genhub.augment.texts.effects import EFFECTS
from genhub.augment.texts.table import GROUPS, PRESETS, TEXTS
from genhub.augment.texts.tools import Tools as RealTools
from genhub.augment.texts.variants import variants

TEXT = "The quick brown fox, which was hungry, jumped over the lazy dog. It really didn't stop! Where did the two of them go tomorrow?"
BY_MODELS = ("insert", "similar", "embedding-noise", "in-context", "back-translation")


class Tools:
    """Answers that can be told from the text."""

    def similar(self, asked):
        return [f"like{word.lower()}" for word, _ in asked]

    def jittered(self, asked, deviation):
        return [word if deviation < 0.1 else f"near{word.lower()}" for word, _ in asked]

    def in_context(self, asked):
        return [["gap"] * len(places) for _, _, places, _ in asked]

    def there_and_back(self, asked):
        return [f"{text[::-1]} {rng.integers(4)}" for text, rng in asked]


def once(name: str, amount: float, text: str = TEXT, seed: int = 0) -> str:
    return EFFECTS[name]([text], [generator(seed, 0, 0)], amount, Tools())[0]


def split(text: str) -> list[str]:
    return words.parted(text)[0]


def test_the_table_and_the_effects_name_the_same_operations():
    assert list(TEXTS) == list(EFFECTS)
    assert {operation.group for operation in TEXTS.values()} == set(GROUPS)


@pytest.mark.parametrize("text", [TEXT, "word", "", "  two  spaces ", "¿Qué? ¡Sí!", "don't-stop", "…", "日本語 テキスト", "a\nb\n"])
def test_a_text_comes_together_as_it_was(text):
    assert words.joined(*words.parted(text)) == text


@pytest.mark.parametrize("name", [name for name, operation in TEXTS.items() if operation.amount])
def test_at_nothing_nothing_changes(name):
    assert once(name, 0.0) == TEXT


@pytest.mark.parametrize("name", [name for name in TEXTS if name != "back-translation"])
@pytest.mark.parametrize("text", ["", "word", "a", "…", "12 34"])
def test_short_texts_are_no_mistake(name, text):
    amount = TEXTS[name].amount
    found = once(name, amount.high if amount else 1.0, text)
    assert isinstance(found, str)
    assert bool(split(found)) == bool(split(text))


def test_characters_are_shuffled_within_words():
    found = split(once("shuffle-characters", 1.0))
    assert [sorted(word) for word in found] == [sorted(word) for word in split(TEXT)]
    assert [word[0] + word[-1] for word in found] == [word[0] + word[-1] for word in split(TEXT)]
    assert found != split(TEXT)


@pytest.mark.parametrize("distance", [1, 3])
def test_words_move_no_farther_than_asked(distance):
    numbers = " ".join(f"w{number}" for number in range(60))
    places = [int(word[1:]) for word in split(once("shuffle-words", distance, numbers))]
    moved = [abs(place - now) for now, place in enumerate(places)]
    assert sorted(places) == list(range(60))
    assert 0 < max(moved) <= distance


def test_sentences_are_shuffled_whole():
    found = {once("shuffle-sentences", 1.0, TEXT, seed) for seed in range(12)}
    whole = sorted(sentence.strip() for sentence in words.sentences(TEXT))
    assert len(whole) == 3
    assert len(found) > 2
    assert all(sorted(sentence.strip() for sentence in words.sentences(text)) == whole for text in found)


def test_swap_keeps_every_word_and_delete_takes_its_share():
    swapped = once("swap", 0.1)
    assert Counter(split(swapped)) == Counter(split(TEXT))
    assert swapped != TEXT
    count = len(split(TEXT))
    left = [len(split(once("delete", 0.25, TEXT, seed))) for seed in range(200)]
    assert np.mean(left) == pytest.approx(0.75 * count, rel=0.03)
    assert once("delete", 1.0, "one two three") in ("one", "two", "three")
    assert len(split(once("delete", 0.5, "word " * 20_000))) == pytest.approx(10_000, rel=0.05)  # at once, however long
    assert "  " not in once("delete", 0.5)


def test_keyboard_slips_go_to_a_neighbouring_key_in_the_same_case():
    assert sorted(slips.NEIGHBOURS["g"]) == sorted("fhtyvb")
    found = once("keyboard", 0.5)
    changed = [(old, new) for old, new in zip(TEXT, found, strict=True) if old != new]
    assert len(changed) == pytest.approx(0.5 * sum(map(str.isalpha, TEXT)), abs=1)
    assert all(new.lower() in slips.NEIGHBOURS[old.lower()] and old.isupper() == new.isupper() for old, new in changed)
    assert once("keyboard", 0.5, "日本語") == "日本語"


def test_spelling_errs_as_people_do():
    assert once("spelling", 1.0, "Tomorrow we definitely RECEIVE it") == "Tommorow we definately RECIEVE it"
    assert all(wrong != right and wrong.isalpha() for right, wrong in slips.MISSPELT.items())
    made = {slips.misspelt("harbour", generator(seed)) for seed in range(60)}
    assert all(abs(len(word) - 7) <= 1 and word[0] == "h" and word[-1] == "r" for word in made)
    assert len(made) > 8
    assert slips.misspelt("2026", generator(0)) == "2026"


def test_words_are_replaced_in_their_case_and_inserted_beside_others():
    assert once("similar", 1.0, "The CAT sat") == "Likethe LIKECAT likesat"
    count = len(split(TEXT))
    replaced = [sum(word.lower().startswith("like") for word in split(once("similar", 0.2, TEXT, seed))) for seed in range(100)]
    assert np.mean(replaced) == pytest.approx(0.2 * count, rel=0.05)
    inserted = once("insert", 0.2)
    assert re.sub(r" like\S+?\b", "", inserted).split()[0] == "The"
    assert len(split(inserted)) in (count + int(0.2 * count), count + int(0.2 * count) + 1)
    assert once("embedding-noise", 1.0, "The cat") == "Nearthe nearcat"
    assert once("in-context", 1.0, "The cat, HE said.") == "Gap gap, GAP gap."
    assert once("back-translation", 1.0, "abc").startswith("cba ")


def test_noise_on_embeddings_of_the_usual_strength_changes_some_words_and_a_quarter_of_it_none():
    """By the encoder that comes with GenHub."""
    asked, amount = split(TEXT.lower()) * 4, TEXTS["embedding-noise"].amount
    tools = RealTools()

    def changed(deviation: float) -> float:
        rng = np.random.default_rng(0)
        return np.mean(
            [before != after for before, after in zip(asked, tools.jittered([(word, rng) for word in asked], deviation), strict=True)]
        )

    assert changed(amount.default / 4) == 0
    assert 0.02 < changed(amount.default) < 0.5 < changed(amount.high)


def test_a_difference_is_told_word_by_word():
    told = words.difference("The cat sat on the mat.", "The dog sat on mat.")
    assert told == [("same", "The"), ("gone", " cat"), ("new", " dog"), ("same", " sat on"), ("gone", " the"), ("same", " mat.")]
    assert "".join(text for kind, text in told if kind != "gone") == "The dog sat on mat."
    assert words.difference("a b", "a b") == [("same", "a b")]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("one two", "two", [("gone", "one "), ("same", "two")]),
        ("one two", "one", [("same", "one"), ("gone", " two")]),
        ("two", "one two", [("new", "one"), ("same", " two")]),
        ("a  b", "a b", [("same", "a b")]),  # spaces alone are no difference
        ("", "a b", [("new", "a b")]),
        ("a b", "", [("gone", "a b ")]),
        ("", "", []),
    ],
)
def test_a_difference_keeps_words_apart_wherever_it_lies(before, after, told):
    assert words.difference(before, after) == told


def test_a_long_text_is_compared_as_far_as_it_is_the_same_from_both_ends():
    inside = words.COMPARED + 1
    told = words.difference("begin " + "a " * inside + "end", "begin " + "b " * inside + "end")
    assert [(kind, len(piece.split())) for kind, piece in told] == [("same", 1), ("gone", inside), ("new", inside), ("same", 1)]
    near = words.difference("a " * 20_000 + "b", "a " * 20_000 + "c" + " " * 20_000)
    assert [(kind, piece.strip()) for kind, piece in near[1:]] == [("gone", "b"), ("new", "c")]


@pytest.mark.parametrize("seed", range(20))
def test_what_stays_and_what_comes_is_the_variant_what_stays_and_what_went_the_text(seed):
    found = once("swap", 0.3, once("delete", 0.3, TEXT, seed), seed)
    told = words.difference(TEXT, found)
    assert "".join(piece for kind, piece in told if kind != "gone").strip() == found
    assert "".join(piece for kind, piece in told if kind != "new").split() == TEXT.split()
    assert {"gone", "same"} <= {kind for kind, _ in told}


@pytest.mark.parametrize(
    ("left_out", "joined"),
    [
        ((0,), "two, three."),
        ((1,), "One, three."),
        ((2,), "One two,."),
        ((0, 1), ", three."),
        ((1, 2), "One,."),
    ],
)
def test_a_word_that_is_left_out_takes_its_space_along_and_leaves_its_mark(left_out, joined):
    found, gaps = words.parted("One two, three.")
    assert words.joined(["" if place in left_out else word for place, word in enumerate(found)], gaps) == joined


def test_a_text_in_which_nothing_is_left_out_keeps_its_blanks():
    assert words.joined(["two", "spaces"], ["  ", "  ", "\n"]) == "  two  spaces\n"
    assert words.joined(["two", ""], ["  ", "  ", "\n"]) == "two"


@pytest.mark.parametrize("name", PRESETS)
def test_a_seed_decides_everything_whatever_is_made_beside_it(name):
    ready, texts = PRESETS[name].checked(TEXTS), [TEXT, "A second text, not as long.", "word"]
    made = variants(ready, texts, 3, Tools())
    assert [variant.of for variant in made] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert variants(ready, texts[1:2], 3, Tools(), first=1) == [type(made[0])(one.text, 0, one.done) for one in made[3:6]]
    assert variants(ready, texts, 3, Tools()) == made
    assert [one.text for one in variants(ready, texts, 3, Tools())] != [
        one.text for one in variants(Chain("text", ready.steps, ready.way, seed=1), texts, 3, Tools())
    ]


def test_what_was_done_is_told():
    ready = Chain("text", (Step("swap", 0.3), Step("delete", 0.2, 0.5)))
    made = variants(ready, [TEXT], 40, Tools())
    assert {one.done for one in made} == {("swap",), ("swap", "delete")}
    one = variants(PRESETS["Easy data augmentation"], [TEXT], 40, Tools())
    assert {names for variant in one for names in variant.done} == {"similar", "insert", "swap", "delete"}
    assert all(len(variant.done) == 1 for variant in one)
