"""Pieces and their embeddings, positions, the sum at the bottom of BERT, and what shuffling does."""

import numpy as np
import pytest
import torch

from genhub.errors import UserError
from genhub.text.causal import load_causal
from genhub.text.encoder import load_encoder
from genhub.text.inside import attention, embeddings, positions, shuffled, sinusoids, tokens
from tests.serving.tiny_language import tiny_gpt
from tests.text.inside.models import drawn, inputs
from tests.tiny import tiny_encoder

TEXT = "the dog hates the red film."


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return load_encoder(tiny_encoder(tmp_path_factory.mktemp("bert")))


@pytest.fixture(scope="module")
def gpt(tmp_path_factory):
    return load_causal(tiny_gpt(tmp_path_factory.mktemp("gpt")))


def test_bert_reads_pieces_between_two_marks(bert):
    pieces = tokens.read(bert, "the dogs").pieces
    assert [piece.name for piece in pieces][:2] == ["[CLS]", "the"]
    assert pieces[-1].special
    assert pieces[-1].hex == ""
    assert (pieces[1].text, pieces[1].hex) == ("the", "74 68 65")


def test_two_texts_are_two_segments(bert):
    sentence = tokens.read(bert, "the dog", "a cat")
    assert sentence.segments == [0, 0, 0, 0, 1, 1, 1]
    assert [piece.text for piece in sentence.pieces] == ["", "the", "dog", "", "a", "cat", ""]


def test_gpt_reads_bytes_and_blanks(gpt):
    pieces = tokens.read(gpt, "the dög").pieces
    assert bytes.fromhex("".join(piece.hex for piece in pieces)).decode() == "the dög"
    assert "".join(piece.shown for piece in pieces).startswith("the·d")
    assert r"\xc3" in [piece.shown for piece in pieces]  # half of an ö is no character


def test_every_byte_has_a_letter_of_its_own():
    assert sorted(tokens.ALPHABET.values()) == list(range(256))
    assert tokens.ALPHABET["Ġ"] == ord(" ")


@pytest.mark.parametrize(("text", "what"), [("the " * 65, r"has \d+ tokens"), ("\u200b", "no piece")])
def test_what_cannot_be_shown_is_refused(bert, gpt, text, what):
    with pytest.raises(UserError, match=what):
        tokens.read(bert, text)
    if "tokens" in what:
        with pytest.raises(UserError, match=what):
            tokens.read(gpt, text)


def test_neighbours_are_the_rows_with_the_largest_cosines(bert):
    ids = tokens.read(bert, TEXT).ids
    told = tokens.embedded(bert.model, bert.tokenizer, ids, top=4)
    table = bert.model.embeddings.word_embeddings.weight.detach().double().numpy()
    for token, one in zip(ids, told, strict=True):
        cosines = table @ table[token] / np.maximum(np.linalg.norm(table, axis=1) * np.linalg.norm(table[token]), 1e-12)
        cosines[token] = -2
        assert one.norm == pytest.approx(np.linalg.norm(table[token]), rel=1e-5)
        assert [neighbour.id for neighbour in one.neighbours] == np.argsort(-cosines)[:4].tolist()
        assert [neighbour.cosine for neighbour in one.neighbours] == pytest.approx(np.sort(cosines)[::-1][:4].tolist(), abs=1e-5)


def hooks(model) -> int:
    """On the tables that everybody's passes go through."""
    return sum(len(module._forward_hooks) for module in model.embeddings.children())


def test_the_three_embeddings_are_what_the_first_layer_reads(bert):
    read = tokens.read(bert, "the dog", "a cat").inputs()
    told = embeddings.summed(bert.model, read)
    assert set(told.parts) == {"token", "position", "segment"}
    assert torch.allclose(sum(told.parts.values()), told.sum, atol=1e-6)
    assert torch.allclose(told.normed, attention.trace(bert.model, read).states[0], atol=1e-6)
    assert torch.equal(told.parts["segment"][0], bert.model.embeddings.token_type_embeddings.weight[0])
    assert torch.equal(told.parts["segment"][-1], bert.model.embeddings.token_type_embeddings.weight[1])
    assert hooks(bert.model) == 0


def test_a_model_that_adds_up_something_else_is_refused():
    with pytest.raises(UserError, match="position embeddings"):
        embeddings.summed(drawn("modernbert", causal=False), inputs())
    model = drawn("bert", causal=False)
    model.embeddings.LayerNorm.register_forward_pre_hook(lambda _, given: (2 * given[0],))
    with pytest.raises(UserError, match="position embeddings"):
        embeddings.summed(model, inputs())


@pytest.mark.parametrize("kind", ["modernbert", "deberta-v2", "mpnet"])
def test_positions_that_are_no_table_alone_cannot_be_taken_away(kind):
    with pytest.raises(UserError, match="position embeddings"), embeddings.without_positions(drawn(kind, causal=False)):
        pass


def test_without_positions_the_order_of_words_makes_no_difference(bert):
    sentence = tokens.read(bert, TEXT)
    told = shuffled.shuffle(bert, TEXT, sentence, seed=1)
    assert sorted(told.text.split()) == sorted(TEXT.split())
    assert told.text != TEXT
    assert (told.order[0], told.order[-1]) == (0, len(sentence.ids) - 1)
    assert told.without.difference < 1e-5
    assert min(told.without.tokens) == pytest.approx(1, abs=1e-5)
    assert told.with_positions.difference > 0.01
    assert told.with_positions.sentence < told.without.sentence
    assert hooks(bert.model) == 0


def test_shuffled_tokens_are_compared_with_themselves(bert):
    """The state of a token of the shuffled text, read by itself, is the one that the comparison used."""
    sentence = tokens.read(bert, TEXT)
    told = shuffled.shuffle(bert, TEXT, sentence, seed=1)
    with torch.inference_mode():
        original = bert.model(**sentence.inputs()).last_hidden_state[0]
        moved = bert.model(**tokens.read(bert, told.text).inputs()).last_hidden_state[0]
    for place, before in enumerate(told.order):
        cosine = torch.nn.functional.cosine_similarity(original[before], moved[place], dim=0)
        assert told.with_positions.tokens[before] == pytest.approx(float(cosine), abs=1e-5)


@pytest.mark.parametrize("text", ["dog", "dog dog dog"])
def test_there_must_be_something_to_shuffle(bert, text):
    with pytest.raises(UserError, match="no two different words"):
        shuffled.shuffle(bert, text, tokens.read(bert, text), seed=0)


@pytest.mark.parametrize(("kind", "causal", "first"), [("bert", False, 0), ("roberta", False, 2), ("gpt2", True, 0), ("opt", True, 2)])
def test_a_learnt_table_begins_at_the_first_position(kind, causal, first):
    model = drawn(kind, causal)
    table = next(module for name, module in model.named_modules() if name.endswith(positions.NAMES)).weight
    told = positions.learned(model)
    assert told.norms[0] == pytest.approx(float(table[first].detach().norm()))
    assert float(told.cosines.diagonal().min()) == pytest.approx(1, abs=1e-5)
    assert len(told.cosines) <= positions.COMPARED


@pytest.mark.parametrize(("kind", "how"), [("llama", "RoPE"), ("bloom", "ALiBi")])
def test_a_model_without_a_table_says_how_it_knows_positions(kind, how):
    model = drawn(kind, causal=True)
    assert positions.learned(model) is None
    assert how in positions.otherwise(model)


def test_the_papers_encoding_is_its_formula():
    told = sinusoids.paper(40, 64, 10_000.0)
    for i, j in ((0, 0), (3, 1), (39, 31)):
        angle = i / 10_000 ** (2 * j / 64)
        assert told[i, 2 * j] == pytest.approx(np.sin(angle))
        assert told[i, 2 * j + 1] == pytest.approx(np.cos(angle))
    measured = sinusoids.measure(told)
    assert (measured.columns, measured.alike, measured.pairs) == (64, 0, 780)


def test_with_the_position_in_the_exponent_positions_become_alike():
    told = sinusoids.position_in_exponent(64, 64, 10_000.0)
    assert told[5, 0] == told[5, 40] == pytest.approx(np.sin(5 / 10_000 ** (10 / 64)))
    measured = sinusoids.measure(told)
    assert measured.columns == 2
    brute = sum(bool(np.abs(told[a] - told[b]).max() < sinusoids.ALIKE) for a in range(64) for b in range(a + 1, 64))
    assert measured.alike == brute == 686
