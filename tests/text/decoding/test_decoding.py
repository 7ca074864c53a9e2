"""Decoding on tiny real models: the same tokens as transformers' generate, alone and in company, and a tree that adds up."""

import math

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from genhub.text.decoding import beams, measures
from genhub.text.decoding.batch import END, LENGTH, POSITIONS, Batch, Row
from genhub.text.decoding.memory import TransformerDecoder
from genhub.text.decoding.spelling import Speller
from genhub.text.decoding.strategies import BEAMS, Chooser
from genhub.training.configs import STRATEGIES, GenerateConfig

POSITIONS_OF_TINY = 48
END_TOKEN = 1


def make(kind: str) -> torch.nn.Module:
    torch.manual_seed(3)
    if kind == "gpt2":
        config = GPT2Config(
            vocab_size=60, n_positions=POSITIONS_OF_TINY, n_embd=32, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=END_TOKEN
        )
        config.initializer_range = 0.4  # far from uniform, so that strategies differ
        return GPT2LMHeadModel(config).eval()
    config = LlamaConfig(
        vocab_size=60,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=POSITIONS_OF_TINY,
        bos_token_id=0,
        eos_token_id=END_TOKEN,
        initializer_range=0.4,
    )
    return LlamaForCausalLM(config).eval()


@pytest.fixture(scope="module", params=["gpt2", "llama"])
def model(request) -> torch.nn.Module:
    return make(request.param)


@pytest.fixture
def decoder(model) -> TransformerDecoder:
    return TransformerDecoder(model, POSITIONS_OF_TINY)


def generated(model, prompt: list[int], **options) -> list[int]:
    ids = torch.tensor([prompt])
    options = {"do_sample": False, "pad_token_id": 0, "eos_token_id": None, **options}
    with torch.inference_mode():
        return model.generate(ids, attention_mask=torch.ones_like(ids), **options)[0, len(prompt) :].tolist()


def alone(decoder, prompt: list[int], config: GenerateConfig, ends: frozenset = frozenset()) -> Row:
    batch, row = Batch(decoder), Row(prompt, config, ends)
    batch.join(row)
    while batch.next(row):
        pass
    return row


PROMPTS = ([5, 9, 13], [2], [7, 7, 30, 31, 32, 33, 34, 8], [40, 41])


def test_greedy_is_generates_own(model, decoder):
    for prompt in PROMPTS:
        config = GenerateConfig(strategy="greedy", max_new_tokens=20)
        assert alone(decoder, prompt, config).new == generated(model, prompt, max_new_tokens=20)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"repetition_penalty": 1.7}, {"repetition_penalty": 1.7}),
        ({"no_repeat_ngram": 2}, {"no_repeat_ngram_size": 2}),
    ],
)
def test_penalties_are_generates_own(model, decoder, ours, theirs):
    config = GenerateConfig(strategy="greedy", max_new_tokens=20, **ours)
    assert alone(decoder, PROMPTS[0], config).new == generated(model, PROMPTS[0], max_new_tokens=20, **theirs)


@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name not in (*BEAMS, "greedy")])
def test_what_a_strategy_keeps_is_what_generate_keeps(model, decoder, strategy):
    """The distribution that is drawn from, against generate's own scores on the same tokens."""
    config = GenerateConfig(strategy=strategy, temperature=0.8, top_k=7, top_p=0.7, min_p=0.2, typical_p=0.6, epsilon=0.02, eta=0.02)
    named = {
        "sample": {},
        "top-k": {"top_k": 7},
        "nucleus": {"top_p": 0.7},
        "min-p": {"min_p": 0.2},
        "typical": {"typical_p": 0.6},
        "epsilon": {"epsilon_cutoff": 0.02},
        "eta": {"eta_cutoff": 0.02},
        "top-h": {"top_h": 0.4},
    }[strategy]
    ids = torch.tensor([PROMPTS[0]])
    torch.manual_seed(0)
    told = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        do_sample=True,
        temperature=0.8,
        max_new_tokens=1,
        return_dict_in_generate=True,
        output_scores=True,
        pad_token_id=0,
        **{"top_k": 0, "top_p": 1.0, **named},
    )
    _, logits = decoder.begin(PROMPTS[0])
    kept = Chooser(config).stages(ids, logits).kept
    torch.testing.assert_close(kept, told.scores[0].log_softmax(-1)[0], rtol=1e-4, atol=1e-4)


def test_a_row_in_company_gets_what_it_gets_alone(decoder):
    """Rows of other lengths join while it is decoded, and leave before it ends; each has its own random state."""
    configs = [
        GenerateConfig(strategy=name, max_new_tokens=12 + 3 * seed, seed=seed)
        for seed, name in enumerate(("greedy", "nucleus", "sample", "top-k"))
    ]
    expected = [alone(decoder, prompt, config).new for prompt, config in zip(PROMPTS, configs, strict=True)]
    batch, rows = Batch(decoder), []
    for prompt, config in zip(PROMPTS, configs, strict=True):
        row = Row(prompt, config)
        batch.join(row)
        rows.append(row)
        batch.step()
        batch.step()
    batch.leave(rows[2])
    for row in (rows[0], rows[1], rows[3]):
        while batch.next(row):
            pass
    assert [row.new for row in (rows[0], rows[1], rows[3])] == [expected[0], expected[1], expected[3]]
    assert rows[2].new == expected[2][: len(rows[2].new)]
    assert batch.rows == []


def test_a_batch_that_fails_ends_for_all_its_rows(decoder, monkeypatch):
    batch, rows = Batch(decoder), [Row(prompt, GenerateConfig(strategy="greedy")) for prompt in PROMPTS[:2]]
    for row in rows:
        batch.join(row)

    def broken(*_):
        raise MemoryError

    monkeypatch.setattr(decoder, "step", broken)
    with pytest.raises(MemoryError):
        batch.next(rows[0])
    assert batch.next(rows[1]).id  # the token that was chosen before
    with pytest.raises(RuntimeError, match="has failed"):
        batch.next(rows[1])


def test_the_crosstalk_test_can_fail(decoder):
    """Without the mask, rows of different lengths disturb each other: the test above would see it."""
    config = GenerateConfig(strategy="greedy", max_new_tokens=16)
    expected = [alone(decoder, prompt, config).new for prompt in PROMPTS]
    batch, rows = Batch(decoder), [Row(prompt, config) for prompt in PROMPTS]
    for row in rows:
        batch.join(row)
    batch.memory.places = dict
    for row in rows:
        while batch.next(row):
            pass
    assert [row.new for row in rows] != expected


def test_the_same_seed_gives_the_same_text_and_another_another(decoder):
    config = GenerateConfig(strategy="sample", max_new_tokens=20, seed=4)
    first, again = (alone(decoder, PROMPTS[0], config).new for _ in range(2))
    assert first == again
    assert first != alone(decoder, PROMPTS[0], GenerateConfig(strategy="sample", max_new_tokens=20, seed=5)).new


def test_a_text_ends_at_the_ending_token_at_its_limit_or_at_the_last_position(decoder):
    greedy = alone(decoder, PROMPTS[0], GenerateConfig(strategy="greedy", max_new_tokens=10))
    assert greedy.ended == LENGTH
    end = greedy.new[4]
    place = greedy.new.index(end)
    stopped = alone(decoder, PROMPTS[0], GenerateConfig(strategy="greedy", max_new_tokens=10), frozenset({end}))
    assert (stopped.ended, stopped.new) == (END, greedy.new[:place])
    ignored = alone(decoder, PROMPTS[0], GenerateConfig(strategy="greedy", max_new_tokens=10, stop_at_end=False), frozenset({end}))
    assert ignored.new == greedy.new
    full = alone(decoder, PROMPTS[0], GenerateConfig(strategy="greedy", max_new_tokens=1_000))
    assert (full.ended, len(full.ids)) == (POSITIONS, POSITIONS_OF_TINY)


def test_a_tokens_figures_are_the_models_own(model, decoder):
    batch, row = Batch(decoder), Row(PROMPTS[0], GenerateConfig(strategy="top-k", temperature=3.0, top_k=5, max_new_tokens=6, seed=1))
    batch.join(row)
    tokens = []
    while token := batch.next(row):
        tokens.append(token)
    with torch.inference_mode():
        logprobs = model(torch.tensor([row.ids])).logits[0].log_softmax(-1)
    for place, token in enumerate(tokens, start=row.prompt - 1):
        assert token.logprob == pytest.approx(float(logprobs[place, token.id]), abs=1e-4)
        assert token.entropy == pytest.approx(float(-(logprobs[place].exp() * logprobs[place]).sum()), abs=1e-4)
        assert token.rank == int((logprobs[place] > logprobs[place, token.id]).sum())


# ---- beams ----------------------------------------------------------------------------------------------------------


def searched(decoder, prompt, config, ends=frozenset()) -> beams.Beams:
    steps = beams.search(decoder, prompt, config, ends)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize("penalty", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("count", [2, 4, 8])
def test_beam_search_finds_what_generate_finds(model, decoder, count, penalty):
    for prompt in PROMPTS:
        config = GenerateConfig(strategy="beam", beams=count, length_penalty=penalty, max_new_tokens=14)
        found = searched(decoder, prompt, config, frozenset({END_TOKEN}))
        theirs = generated(model, prompt, max_new_tokens=14, num_beams=count, length_penalty=penalty, eos_token_id=END_TOKEN)
        best = found.hypotheses[0]
        assert best.tokens + [END_TOKEN] * best.ended == [token for token in theirs if token != 0]


def test_the_tree_adds_up(model, decoder):
    config = GenerateConfig(strategy="beam", beams=3, max_new_tokens=6)
    found = searched(decoder, PROMPTS[0], config)
    for node in found.nodes:
        before = found.nodes[node.parent].score if node.parent != beams.ROOT else 0.0
        assert node.score == pytest.approx(before + node.logprob, abs=1e-4)
    for depth in range(1, 6):
        assert sum(node.depth == depth and node.state == "kept" for node in found.nodes) == 3
    best = found.hypotheses[0]
    assert found.tokens(best.node) == best.tokens
    assert best.score == pytest.approx(found.nodes[best.node].score / len(best.tokens), abs=1e-5)
    assert [hypothesis.score for hypothesis in found.hypotheses] == sorted(
        (hypothesis.score for hypothesis in found.hypotheses), reverse=True
    )


def test_the_greedy_path_is_marked_as_far_as_the_search_looks(model, decoder):
    found = searched(decoder, PROMPTS[0], GenerateConfig(strategy="beam", beams=4, max_new_tokens=8))
    marked = [node.token for node in found.nodes if node.greedy]
    greedy = generated(model, PROMPTS[0], max_new_tokens=8)
    assert marked
    assert marked == greedy[: len(marked)]


def test_beam_sampling_has_a_seed(decoder):
    options = {"strategy": "beam-sample", "beams": 3, "max_new_tokens": 8, "temperature": 2.0}
    first, again = (searched(decoder, PROMPTS[0], GenerateConfig(**options, seed=1)).hypotheses[0].tokens for _ in range(2))
    assert first == again
    others = {tuple(searched(decoder, PROMPTS[0], GenerateConfig(**options, seed=seed)).hypotheses[0].tokens) for seed in range(5)}
    assert len(others) > 1


# ---- spelling and measures ------------------------------------------------------------------------------------------


class Bytes:
    """A tokenizer with a token a byte; 256 is special."""

    def decode(self, ids, **_) -> str:
        return bytes(number for number in ids if number < 256).decode("utf-8", errors="replace")


def test_a_character_is_never_shown_half():
    text = "naïve 🐎 žluťoučký"
    speller, pieces = Speller(Bytes()), []
    for byte in text.encode():
        pieces.append(speller.add(byte))
    assert "".join(pieces) + speller.flush() == text
    assert all("\ufffd" not in piece for piece in pieces)


def test_what_is_cut_off_in_the_middle_of_a_character_is_marked():
    speller = Speller(Bytes())
    pieces = [speller.add(byte) for byte in "a🐎".encode()[:3]]
    assert "".join(pieces) == "a"
    assert "\ufffd" in speller.flush()


def test_measures():
    assert measures.distinct([1, 2, 1, 2], 1) == 0.5
    assert measures.distinct([1, 2, 1, 2], 2) == pytest.approx(2 / 3)
    assert measures.distinct([1], 2) is None
    assert measures.repetition([1, 2, 3, 1]) == 0.25
    assert measures.repetition([]) is None
    assert measures.loops([9, 1, 2, 1, 2, 1, 2]) == 2
    assert measures.loops([5, 5, 5]) == 1
    assert measures.loops([1, 2, 3, 4, 5]) == 0
    assert measures.perplexity([math.log(0.25), math.log(0.25)]) == pytest.approx(4.0)
    assert measures.perplexity([]) is None
