"""Decoding with a recurrent model: a state instead of keys and values, alone and in company, and through what serves it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from genhub import catalog, hub
from genhub.errors import UserError
from genhub.serving import generating
from genhub.serving.store import Models
from genhub.text import char_rnn
from genhub.text.causal import load_causal, open_causal
from genhub.text.decoding import beams
from genhub.text.decoding.batch import LENGTH, Batch, Row
from genhub.training.configs import GenerateConfig
from tests.serving.tiny_rnn import tiny_rnn

PROMPTS = ("the cat", "\n", "a dog and a", "z")
GREEDY = GenerateConfig(strategy="greedy", max_new_tokens=30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_rnn(tmp_path_factory.mktemp("rnn"))


@pytest.fixture(scope="module")
def model(folder):
    return load_causal(folder)


def alone(model, prompt: str, config: GenerateConfig) -> list[int]:
    batch, row = Batch(model.decoder), Row(model.prompt(prompt), config, model.ends)
    batch.join(row)
    while batch.next(row):
        pass
    assert row.ended == LENGTH
    return row.new


@torch.inference_mode()
def by_hand(model, prompt: str, new: int) -> list[int]:
    """The most probable continuation, every token from the whole text before it."""
    ids = model.encode(prompt)
    for _ in range(new):
        ids.append(int(model.model(input_ids=torch.tensor([ids])).logits[0, -1].argmax()))
    return ids[-new:]


def test_a_state_carried_on_is_the_text_read_anew(model):
    for prompt in PROMPTS:
        assert alone(model, prompt, GREEDY) == by_hand(model, prompt, 30)


def test_rows_of_different_lengths_keep_to_themselves(model):
    configs = [GenerateConfig(strategy=name, seed=seed, max_new_tokens=20) for seed, name in enumerate(("greedy", "sample", "top-k"))]
    expected = [alone(model, prompt, config) for prompt, config in zip(PROMPTS, configs, strict=False)]
    batch, rows = Batch(model.decoder), []
    for prompt, config in zip(PROMPTS, configs, strict=False):
        rows.append(Row(model.prompt(prompt), config))
        batch.join(rows[-1])
        for row in rows:  # later ones join while earlier ones are on their way
            batch.next(row)
    gone = Row(model.prompt("z"), GREEDY)
    batch.join(gone)
    batch.next(gone)
    batch.leave(gone)
    for row in rows:
        while batch.next(row):
            pass
    assert [row.new for row in rows] == expected


def test_nothing_limits_how_long_it_goes_on(model):
    assert model.positions == 0
    assert len(alone(model, "a", GenerateConfig(strategy="greedy", max_new_tokens=600))) == 600
    assert len(model.prompt("abc " * 1_000)) == 4_000


def test_beams_are_scored_by_the_model(model):
    config = GenerateConfig(strategy="beam", beams=3, max_new_tokens=6, length_penalty=0.0)
    *_, found = beams.search(model.decoder, model.prompt("the"), config, model.ends)
    best = found.hypotheses[0]
    assert best.score == pytest.approx(score(model, "the", best.tokens), abs=1e-4)
    assert best.score >= score(model, "the", alone(model, "the", replace(GREEDY, max_new_tokens=6))) - 1e-4


@torch.inference_mode()
def score(model, prompt: str, new: list[int]) -> float:
    logprobs = model.model(input_ids=torch.tensor([model.encode(prompt) + new])).logits[0].log_softmax(-1)
    return float(logprobs[-len(new) - 1 : -1].gather(1, torch.tensor(new)[:, None]).sum())


def test_the_last_variant_is_read_unless_another_is_named(folder):
    whole, other = load_causal(folder), load_causal(folder, variant="stateless")
    assert torch.equal(whole.model.rnn.dense.weight, char_rnn.load(folder, "stateful").dense.weight)
    assert torch.equal(other.model.rnn.dense.weight, char_rnn.load(folder, "stateless").dense.weight)
    assert not torch.equal(whole.model.rnn.dense.weight, other.model.rnn.dense.weight)
    assert (whole.kind, whole.spells) == (char_rnn.KIND, True)


def test_a_variant_that_is_not_there_and_a_damaged_folder_are_refused(folder, tmp_path):
    with pytest.raises(UserError, match="no variant “quick”") as caught:
        load_causal(folder, variant="quick")
    assert "stateless, stateful" in caught.value.limit
    tiny_rnn(tmp_path)
    (tmp_path / char_rnn.WEIGHTS).write_bytes(b"nothing")
    with pytest.raises(UserError, match="cannot be loaded"):
        load_causal(tmp_path)


def test_a_character_it_does_not_know_is_named(model):
    with pytest.raises(UserError, match="no token for “É”"):
        model.prompt("École")


@pytest.fixture
def served(folder, monkeypatch):
    """What the worker has, over an embedded model of that name."""
    monkeypatch.setattr(hub, "ZOO", folder.parent)
    entry = catalog.Model(f"embedded/{folder.name}", "causal-lm", 1, 0.1, "Apache-2.0", "", "", ("en",), "Tiny.", max_length=0)
    monkeypatch.setitem(catalog.MODELS, entry.id, entry)
    context = SimpleNamespace(models=Models(), rows=lambda key: [], batch=lambda key, decoder: Batch(decoder))
    return entry.id, context


def last(events) -> dict:
    while True:
        try:
            next(events)
        except StopIteration as end:
            return end.value


def test_it_is_opened_by_its_id_and_served_like_any_other(served, model):
    name, context = served
    assert open_causal(f"{name}:stateless").id == f"{name}:stateless"
    config = {"strategy": "greedy", "max_new_tokens": 12}
    told = last(generating.write(context, {"model": name, "prompt": "the cat", "config": config}))
    assert [token["id"] for token in told["tokens"]] == by_hand(model, "the cat", 12)
    scored = last(generating.score(context, {"model": name, "text": "the cat" + told["text"]}))
    assert scored["tokens"][-1]["logprob"] == pytest.approx(told["tokens"][-1]["logprob"], abs=1e-4)
    ids = model.encode("the cat" + told["text"])
    looked = generating.inspect(context, {"model": name, "ids": ids, "place": 9, "config": config, "top": 5})
    assert looked["candidates"][0]["id"] == ids[9]
    found = last(generating.beams(context, {"model": name, "prompt": "the cat", "config": {**config, "strategy": "beam"}}))
    assert found["hypotheses"][0]["text"]
