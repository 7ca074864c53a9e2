"""The recipes end to end on a text of a few kilobytes, with models of a few thousand parameters."""

import itertools
import json
import math
import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from genhub.text import char_rnn as rnn
from genhub.text.kneser_ney import KneserNey
from genhub.training.checkpoint import Checkpoints
from genhub.zoo.recipes import char_rnn, publish, shakespeare, stage, stories
from genhub.zoo.recipes.books import Kept

WORDS = ("the", "a", "old", "young", "cat", "dog", "girl", "boy", "saw", "liked", "met", "and", "then", "went", "home")


def tale(words: int, seed: int) -> str:
    draw = random.Random(seed)
    line = [draw.choice(WORDS) for _ in range(words)]
    return " ".join(line).replace(" then ", ".\nThen ") + "."


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    monkeypatch.setenv("GENHUB_HOME", str(tmp_path / "home"))
    shape = {"n_embd": 16, "n_layer": 1, "n_head": 2, "activation_function": "gelu"}
    for recipe in (shakespeare, stories):
        monkeypatch.setattr(recipe, "SHAPE", shape)
        monkeypatch.setattr(recipe, "CONTEXT", 64)
        monkeypatch.setattr(recipe, "EPOCHS", 2)
    monkeypatch.setattr(stories, "STRIDE", 64)
    monkeypatch.setattr(stories, "TINY_HELD_OUT", 2)
    monkeypatch.setattr(char_rnn, "EPOCHS", 2)
    monkeypatch.setattr(char_rnn, "ROWS", 4)
    monkeypatch.setattr(char_rnn, "LENGTH", 20)
    monkeypatch.setattr(char_rnn, "COMPARED", 32)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def options(tmp_path) -> stage.Options:
    return stage.Options(hours=1.0, into=tmp_path / "zoo")


def figures(folder) -> dict:
    return json.loads((folder / publish.FIGURES).read_text(encoding="utf-8"))


def tales() -> stories.Texts:
    kept, held = Kept(), Kept()
    for seed in range(12):
        kept.add(tale(150, seed))
    held.add(tale(200, 99))
    held.books = 1
    filtered = {"books": kept.facts(), "held_books": held.facts(), "stories": kept.facts()}
    return stories.Texts(kept.texts[:8], kept.texts[8:-2], held.texts, kept.texts[-2:], filtered)


def test_shakespeare(options):
    text = tale(700, 0)
    folder = shakespeare.make(text, options)
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    assert {tensor.dtype for tensor in model.parameters()} == {torch.float32}
    assert (folder / "model.safetensors").stat().st_size < 2.5 * model.num_parameters() + 5000  # fp16
    corpus = shakespeare.split(text)
    assert len(corpus.held_out) == len(text) - int(0.9 * len(text))
    assert tokenizer.decode([*corpus.train, *corpus.held_out]) == text
    told = figures(folder)
    assert told == {**told, **shakespeare.measure(folder, corpus.held_out)}
    assert 0 < told["windows_nats"] < math.log(len(tokenizer)) + 0.2
    best = min(epoch["val_loss"] for epoch in told["training"]["history"])
    assert told["windows_nats"] == pytest.approx(best, abs=0.02)  # bf16 there, fp16 weights here
    card = (folder / publish.CARD).read_text(encoding="utf-8")
    assert f"**{told['windows_nats']:.4f}**" in card
    assert f"{told['sliding_nats']:.4f}" in card
    assert f"{model.num_parameters():,} parameters" in card
    assert all(sample in card for sample in told["samples"])


def test_stories(options):
    texts = tales()
    folder = stories.make(texts, options, vocabulary=280)
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    assert len(tokenizer) == model.config.vocab_size == 280
    assert model.config.eos_token_id == tokenizer.eos_token_id == 0
    assert tokenizer.decode(tokenizer("Ünknown → 語")["input_ids"]) == "Ünknown → 語"
    told = figures(folder)
    assert told["books"] == stories.measure(folder, texts.held_books)
    ids = stories.encode(tokenizer, texts.train())
    assert told["train_tokens"] == len(ids)
    assert (ids == 0).sum() == len(texts.train()) + 1
    bits = KneserNey(ids, 280).bits(stories.encode(tokenizer, texts.held_books)).sum()
    assert told["base_lines"]["books"]["five_grams"] == pytest.approx(bits / len(texts.held_books[0].encode()))
    assert told["base_lines"]["books"]["xz_after_training_text"] < told["base_lines"]["books"]["xz"]
    card = (folder / publish.CARD).read_text(encoding="utf-8")
    for figure in (told["books"]["bits_per_byte"], told["base_lines"]["stories"]["five_grams"], told["base_lines"]["books"]["xz"]):
        assert f"{figure:.3f}" in card
    assert len(told["samples"]) == 3
    assert all(sample.startswith(stories.PROMPT) for sample in told["samples"])


def test_char_rnn(options):
    folder = char_rnn.make(tale(700, 0), options)
    told = figures(folder)
    held_out = shakespeare.split(tale(700, 0)).held_out
    assert {name: told[name] for name in (rnn.STATELESS, rnn.STATEFUL)} == char_rnn.measure(folder, held_out)
    assert told["training"]["stateful"]["steps"] > 0
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert char_rnn.sample(rnn.load(folder, rnn.STATELESS), tokenizer, 1) == told["samples"]["stateless"][1]
    card = (folder / publish.CARD).read_text(encoding="utf-8")
    assert all(f"{told[part]['reading_nats']:.4f}" in card for part in (rnn.STATELESS, rnn.STATEFUL))


@pytest.mark.parametrize(
    "make", [lambda options: shakespeare.make(tale(700, 0), options), lambda options: stories.make(tales(), options, 280)]
)
def test_a_stage_that_ends_early_goes_on_to_the_same_model(make, options, tmp_path, monkeypatch):
    whole = make(options)
    monkeypatch.setenv("GENHUB_HOME", str(tmp_path / "other"))
    monkeypatch.setattr(stage, "CHECKPOINT_SECONDS", 0.0)
    clock = itertools.count()  # a second passes whenever somebody looks, so a stage of five seconds has a few steps
    monkeypatch.setattr(stage, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    short, pieces = stage.Options(hours=5 / 3600, into=tmp_path / "pieces"), 0
    while (folder := make(short)) is None:
        pieces += 1
        torch.manual_seed(pieces)
    assert pieces > 1
    assert (folder / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()


def test_what_is_half_trained_can_be_looked_at(options, tmp_path, monkeypatch):
    export = stage.Options(export=True, into=tmp_path / "zoo")
    assert shakespeare.make(tale(700, 0), export) is None
    monkeypatch.setattr(stage, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(Checkpoints, "save_part", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        shakespeare.make(tale(700, 0), options)  # killed at the very end
    folder = shakespeare.make(tale(700, 0), export)
    assert figures(folder)["training"]["best_epoch"] >= 1


def test_a_finished_training_is_only_read(options, monkeypatch):
    shakespeare.make(tale(700, 0), options)
    monkeypatch.setattr(stage, "fit", None)
    assert shakespeare.make(tale(700, 0), options) is not None


def test_a_model_that_is_too_large_leaves_the_old_one(tmp_path):
    folder = publish.replace_folder(tmp_path / "model", lambda new: (new / "a").write_text("old"))
    with pytest.raises(ValueError, match="17 bytes; 16 are allowed"):
        publish.replace_folder(folder, lambda new: (new / "a").write_text("x" * 17), limit=16)
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("a", "old")]
    assert list(tmp_path.iterdir()) == [folder]


def test_real_data_is_asked_for_by_name(monkeypatch, tmp_path):
    monkeypatch.setattr(stage, "ZOO", tmp_path / "a" / "b" / "c")
    monkeypatch.setenv("GENHUB_DATA", str(tmp_path))
    with pytest.raises(SystemExit, match="Set GENHUB_DATA"):
        stage.data("language/nothing.gz")
    (tmp_path / "language").mkdir()
    np.save(tmp_path / "language" / "x.npy", np.zeros(1))
    assert stage.data("language/x.npy") == [tmp_path / "language" / "x.npy"]
