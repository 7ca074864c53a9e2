"""What is left out of the books, and how much of it is counted."""

import gzip

import pytest

from genhub.zoo.recipes import books

HEADER = "split\tauthor\ttitle\tpg_id\tchars\twords"
GOOD = "The cat sat in the sun.\nShe was glad."
MIXED = "It was a fine day.\nHe said “Good-bye.”\nThe old pirate was killed at once.\nThen they went home.\n\tAnd so to bed. "


def library(tmp_path, listed, found, chosen=None):
    """The three files of one split."""
    text, index, simple = tmp_path / "set.train.txt.gz", tmp_path / "set.index.tsv", tmp_path / "simple.index.tsv"
    with gzip.open(text, "wt", encoding="utf-8", newline="") as file:
        file.write("\n\n".join(found) + "\n")
    lines = ["\t".join(map(str, (split, "A", title, number, len(book), 5))) for split, title, number, book in listed]
    index.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    simple.write_text(
        "\n".join([HEADER, *(line for line in lines if chosen is None or line.split("\t")[2] in chosen)]) + "\n", encoding="utf-8"
    )
    return text, index, simple


def test_books_are_chosen_left_out_and_cut(tmp_path):
    listed = [
        ("train", "Good", 1, GOOD),
        ("valid", "Elsewhere", 2, GOOD),
        ("train", "Bad", 25384, GOOD),
        ("train", "Hard", 4, GOOD),
        ("train", "Mixed", 5, MIXED),
    ]
    kept = books.books(*library(tmp_path, listed, [GOOD, GOOD, GOOD, MIXED], chosen={"Good", "Elsewhere", "Bad", "Mixed"}))
    assert kept.texts == [GOOD, 'It was a fine day.\nHe said "Good-bye."', "Then they went home.\nAnd so to bed."]
    assert kept.books == 2
    assert kept.books_left_out == {books.SLURS: 1}
    assert (kept.paragraphs, kept.paragraphs_left_out) == (7, 1)
    assert kept.facts()["characters"] == sum(map(len, kept.texts))


@pytest.mark.parametrize("found", [[GOOD], [GOOD, MIXED], [GOOD * 9, GOOD * 9, GOOD]])
def test_an_index_of_something_else_is_refused(tmp_path, found):
    listed = [("train", "Good", 1, GOOD * 9), ("train", "Mixed", 5, MIXED * 9)]
    with pytest.raises(ValueError, match=r"books|characters"):
        books.books(*library(tmp_path, listed, found))


def test_stories_go_as_a_whole(tmp_path):
    path = tmp_path / "tiny.txt.gz"
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        file.write(f"{GOOD}\n<|endoftext|>\n{MIXED}\n<|endoftext|>\n\n<|endoftext|>\nLily’s cat.")
    kept = books.stories(path)
    assert kept.texts == [GOOD, "Lily's cat."]
    assert kept.books == 2
    assert sum(kept.books_left_out.values()) == 1
    assert (kept.paragraphs, kept.paragraphs_left_out) == (8, 5)


@pytest.mark.parametrize("word", ["Savages", "gypsy", "MURDERED", "coloured man", "half-breed", "drunkard", "blood-stained"])
def test_words_of_the_list_are_found(word):
    assert books.WORDS.search(f"There was a {word}.")


@pytest.mark.parametrize(
    "text", ["a coloured ribbon", "the moor in spring", "skill", "blackbirds", "a red mantle", "the kilt", "Arabella", "Japheth"]
)
def test_words_that_only_look_alike_stay(text):
    assert not books.WORDS.search(text)


def test_the_books_left_out_are_numbers_with_a_reason():
    assert all(number.isdigit() and reason for number, reason in books.LEFT_OUT.items())
