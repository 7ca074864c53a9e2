"""The recipe of embedded/bert-mlm end to end, with a tiny encoder and a few sentences."""

import json

import pytest
import torch

from genhub.text import masked as model
from genhub.text.encoder import load_encoder
from genhub.zoo.recipes import masked, publish, stage
from tests.tiny import tiny_encoder


@pytest.fixture
def small(tmp_path, monkeypatch):
    folder = tiny_encoder(tmp_path / "base")
    monkeypatch.setenv("GENHUB_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(masked, "open_base", lambda name: load_encoder(folder))
    monkeypatch.setattr(masked, "EPOCHS", 2)
    monkeypatch.setattr(masked, "LENGTH", 16)
    monkeypatch.setattr(masked, "TARGETS", ["query", "value"])
    words = [word for word in load_encoder(folder).tokenizer.get_vocab() if word.isalpha()]
    texts = [" ".join(words[(start + step) % len(words)] for step in range(14)) for start in range(60)]
    monkeypatch.setattr(masked, "read", lambda: {"books": (texts, texts[:12]), "encyclopaedia": (texts[:40], [])})
    return stage.Options(hours=1.0, into=tmp_path / "zoo")


def test_it_is_trained_measured_and_stored(small):
    folder = masked.make(small)
    told = json.loads((folder / publish.FIGURES).read_text(encoding="utf-8"))
    assert set(told["held_out"]) == {"books", "encyclopaedia"}
    for name, one in told["held_out"].items():
        assert 0 <= one["top1"] <= one["top5"] <= 1
        assert 0 <= told["frequent"][name]["top5"] <= 1
    stored = model.load(folder, masked.open_base(masked.BASE).model)
    tokenizer = masked.open_base(masked.BASE).tokenizer
    _, held = masked.prepared(tokenizer, 0)
    assert masked.measure(stored, held["books"], tokenizer)["loss"] == pytest.approx(told["held_out"]["books"]["loss"], rel=1e-4)
    card = (folder / publish.CARD).read_text(encoding="utf-8")
    assert "pipeline_tag: fill-mask" in card
    assert f"{told['parameters']:,} parameters" in card


def test_rows_are_as_long_as_they_may_be_and_held_back_ones_are_apart(small):
    tokenizer = masked.open_base(masked.BASE).tokenizer
    learn, held = masked.prepared(tokenizer, 0)
    assert max(map(len, learn)) <= masked.LENGTH
    assert all(row[0] == tokenizer.cls_token_id and row[-1] == tokenizer.sep_token_id for row in learn)
    assert len(held["encyclopaedia"]) > 0
    assert torch.tensor(masked.rows(tokenizer, ["a b c d e f g"] * 50, 5, 0)).shape[0] == 5
