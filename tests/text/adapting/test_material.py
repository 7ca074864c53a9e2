"""The text as tokens: what each adds to it, where documents end, which characters are left out."""

from collections import Counter

import numpy as np
import pytest
from transformers import GPT2Config, GPT2LMHeadModel

from genhub.errors import UserError
from genhub.text.adapting import material
from genhub.text.causal import load_causal, wrapped
from genhub.text.chars import char_tokenizer
from genhub.training.configs import AdaptConfig
from tests.serving.tiny_language import tiny_gpt
from tests.text.tiny_texts import tiny_text


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    return load_causal(tiny_gpt(tmp_path_factory.mktemp("gpt")), id="tests/words")


def spelling(characters: str):
    tokenizer = char_tokenizer(characters)
    sizes = {"n_positions": 32, "n_embd": 8, "n_layer": 1, "n_head": 1}
    model = GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer), **sizes, bos_token_id=None, eos_token_id=None))
    return wrapped(model, tokenizer, id="tests/letters")


@pytest.mark.parametrize("text", ["the cat likes the dog", "naïve café 😀 — “quoted”\n\n東京", " leading and trailing ", "a\tb\r\nc"])
def test_tokens_add_up_to_the_characters_and_bytes_of_the_text(words, text):
    found = material.tokenised(words, [text])
    assert found.ids[-1] == 0  # the ending token
    assert found.characters[-1] == found.bytes[-1] == 0
    assert found.characters.sum() == len(text)
    assert found.bytes.sum() == len(text.encode())
    assert words.tokenizer.decode(found.ids[:-1]) == text


def test_a_character_of_several_tokens_counts_once(words):
    found = material.tokenised(words, ["😀"])
    assert len(found) > 2
    assert found.characters.tolist() == [1] + [0] * (len(found) - 1)
    assert found.bytes.sum() == 4


def test_documents_end_with_the_models_ending_token(words):
    found = material.tokenised(words, ["the cat", "the dog"])
    assert np.flatnonzero(found.ids == 0).tolist() == [len(material.tokenised(words, ["the cat"])) - 1, len(found) - 1]


def test_a_character_model_that_has_no_ending_gets_a_line_break():
    base = spelling("abc\n")
    found = material.tokenised(base, ["abc", "ba\n"])
    assert base.tokenizer.decode(found.ids) == "abc\nba\n"
    assert material.tokenised(spelling("abc"), ["abc", "ba"]).characters.sum() == 5


def test_the_quick_way_for_characters_gives_the_tokenisers_own_tokens():
    base, text = spelling("abcé 東\n"), "a東b é\ncab\n"
    found = material.tokenised(base, [text])
    assert found.ids.tolist() == base.tokenizer(text)["input_ids"]
    assert found.bytes.sum() == len(text.encode())


def test_few_unknown_characters_are_left_out_and_named():
    base = spelling("abc \n")
    kept, strange = material.readable(base, ["abc " * 100 + "é!é", "abc\n"])
    assert kept == ["abc " * 100, "abc\n"]
    assert strange == Counter({"é": 2, "!": 1})
    assert material.named(strange) == "“é” (2), “!” (1)"
    assert material.named(Counter({"\x07": 1})) == "U+0007 (1)"


def test_many_unknown_characters_are_refused():
    with pytest.raises(UserError) as caught:
        material.readable(spelling("abc "), ["abc äöü " * 10])
    assert caught.value.what == "30 of 80 characters are unknown to tests/letters: “ä” (10), “ö” (10), “ü” (10)."
    assert "up to 2% of others are left out" in caught.value.limit
    assert caught.value.field == "model"


def test_a_model_of_pieces_reads_every_character(words):
    assert material.readable(words, ["ä東😀"]) == (["ä東😀"], Counter())


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("\n\n  KEEPER:\nCome up.", "KEEPER:"),
        (
            "one line that is a little longer than sixty characters, and so on",
            "one line that is a little longer than sixty characters, and",
        ),
        ("x" * 90, "x" * 60),
    ],
)
def test_samples_go_on_from_how_the_unseen_text_begins(text, begins):
    assert material.beginning(text) == begins


def test_the_parts_are_told_in_characters_and_cover_the_text(words):
    config = AdaptConfig(window=16)
    found = material.prepare(config, words, [tiny_text()])
    told = material.split_info(found)
    assert told["train"] + told["validation"] + told["test"] == len(tiny_text())
    assert (told["by"], told["documents"]) == ("stretch", 1)
    many = material.split_info(material.prepare(config, words, [tiny_text(2, seed) for seed in range(60)]))
    assert (many["by"], many["documents"]) == ("document", 60)


def test_parts_that_are_too_small_are_refused(words):
    with pytest.raises(UserError, match="The test part has") as caught:
        material.prepare(AdaptConfig(window=16, test_share=0.02, validation_share=0.05), words, ["x " * 100 + "\n" + "the film " * 90])
    assert caught.value.field == "test_share"
