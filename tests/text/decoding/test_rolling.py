"""Writing on when the positions are full: the last half is read anew, row by row, alone and in company."""

import pytest
import torch

from genhub.errors import UserError
from genhub.text.causal import Causal, load_causal, wrapped
from genhub.text.chars import char_tokenizer
from genhub.text.decoding import beams
from genhub.text.decoding.batch import LENGTH, Batch, Row
from genhub.training.configs import GenerateConfig

HELD = 12
LETTERS = "abcdefghij\n"


@pytest.fixture(scope="module")
def model() -> Causal:
    return tiny(HELD)


def tiny(held: int) -> Causal:
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    sizes = {"vocab_size": len(LETTERS), "n_positions": held, "n_embd": 16, "n_layer": 2, "n_head": 2, "initializer_range": 0.5}
    gpt = GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=None, eos_token_id=None)).eval()
    return wrapped(gpt, char_tokenizer(LETTERS))


def alone(model, prompt: str, config: GenerateConfig) -> list[int]:
    batch, row = Batch(model.decoder), Row(model.prompt(prompt), config)
    batch.join(row)
    while batch.next(row):
        pass
    assert row.ended == LENGTH
    return row.new


@torch.inference_mode()
def by_hand(model, prompt: str, new: int) -> list[int]:
    """Greedy, each token from a window that begins at a multiple of half the positions."""
    ids = model.encode(prompt)
    for _ in range(new):
        start = next(start for start in range(0, 10**6, HELD // 2) if len(ids) - start <= HELD)
        ids.append(int(model.model(input_ids=torch.tensor([ids[start:]])).logits[0, -1].argmax()))
    return ids[-new:]


@pytest.mark.parametrize("prompt", ["a", "abcdefghijabc", "abcdefghija", "abc" * 30])
def test_it_writes_on_from_the_last_half(model, prompt):
    assert (model.positions, model.longest) == (HELD, 0)
    assert alone(model, prompt, GenerateConfig(strategy="greedy", max_new_tokens=50)) == by_hand(model, prompt, 50)


@pytest.mark.parametrize("held", [HELD, HELD - 1, 1])
def test_read_at_once_written_and_judged_a_text_has_the_same_probabilities(held):
    model = tiny(held)
    ids = model.encode("abcdefghijbad" * 4)
    judged = model.logits(ids)
    memory, told = model.decoder.begin(ids[:5])
    for count in range(5, len(ids)):
        assert torch.allclose(told[0], judged[count - 1], atol=1e-5), count
        assert torch.allclose(model.decoder.begin(ids[:count])[1][0], judged[count - 1], atol=1e-5), count
        told = model.decoder.step(torch.tensor([ids[count]]), memory)
        assert held // 2 < model.read(count) <= held or count < held


def test_rows_that_are_full_at_different_times_keep_to_themselves(model):
    prompts = ["a", "bcdefgh", "jjjjjjjjjjjj", "cab"]
    configs = [GenerateConfig(strategy="sample", seed=seed, max_new_tokens=30 + seed) for seed in range(4)]
    expected = [alone(model, prompt, config) for prompt, config in zip(prompts, configs, strict=True)]
    batch, rows = Batch(model.decoder), []
    for prompt, config in zip(prompts, configs, strict=True):
        rows.append(Row(model.prompt(prompt), config))
        batch.join(rows[-1])
        batch.step()
    while batch.rows:
        batch.step()
    assert [row.new for row in rows] == expected


def test_beams_go_on_too(model):
    config = GenerateConfig(strategy="beam", beams=3, max_new_tokens=30)
    *_, found = beams.search(model.decoder, model.prompt("ab"), config, model.ends)
    assert len(found.hypotheses[0].tokens) == 30


def test_a_long_text_is_read_in_pieces(model):
    ids = model.encode("abcdefghij" * 5)
    told = model.logits(ids)
    assert told.shape == (50, len(LETTERS))
    with torch.inference_mode():
        first, last = (model.model(input_ids=torch.tensor([piece])).logits[0] for piece in (ids[:HELD], ids[-HELD // 2 - 2 :]))
    assert torch.allclose(told[:HELD], first, atol=1e-5)
    assert last.shape[1] == told.shape[1]
    assert torch.allclose(model.logits(ids[:HELD]), first, atol=1e-5)


def test_a_model_whose_texts_begin_somewhere_stops_where_its_positions_end(tmp_path):
    from tests.serving.tiny_language import tiny_gpt

    model = load_causal(tiny_gpt(tmp_path))
    assert model.positions == model.longest > 0
    with pytest.raises(UserError, match="The prompt has"):
        model.prompt("the cat " * 200)
