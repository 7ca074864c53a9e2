"""The classifier and its reading back: order, batches, refusals."""

import json

import numpy as np
import pytest
import torch

from genhub.errors import UserError
from genhub.text.classifier import BULK, Classifier, length_batches, load_run, pad, probabilities
from genhub.text.encoder import load_encoder
from genhub.training import precision
from tests.serving.tiny_runs import BASE, LABELS, make_run, store_base
from tests.tiny import WORDS, tiny_encoder

TEXTS = ["good", "the dog likes the cat and the bird", "", "awful film " * 30, "a late parcel", "thanks"] * 4


@pytest.fixture
def run(home, tmp_path):
    return make_run(tmp_path / "run", store_base())


def test_answers_come_in_the_order_of_the_question(run):
    loaded = load_run(run)
    together = loaded.predict(TEXTS, batch_size=5)
    alone = np.concatenate([loaded.predict([text]).scores for text in TEXTS])
    assert abs(together.scores - alone).max() < 1e-5
    assert together.labels == [LABELS[index] for index in alone.argmax(-1)]
    assert together.scores.shape == (24, 3)
    assert np.allclose(together.scores.sum(-1), 1, atol=1e-5)


def test_no_texts_no_answers(run):
    answer = load_run(run).predict([])
    assert answer.labels == []
    assert answer.scores.shape == (0, 3)


def test_large_requests_have_the_labels_of_float32(run, monkeypatch):
    monkeypatch.setattr(precision, "resolve", lambda choice, device: "bf16")
    loaded = load_run(run)
    texts = [" ".join(words) for words in zip(WORDS * 9, WORDS[3:] * 10, WORDS[::-1] * 10, strict=False)]
    assert len(texts) > BULK
    exact, quick = loaded.predict(texts, exact=True), loaded.predict(texts)
    assert quick.labels == exact.labels
    assert 0 < abs(quick.scores - exact.scores).max() < 0.03
    few = loaded.predict(texts[:20])
    assert abs(few.scores - exact.scores[:20]).max() < 1e-5


def test_a_given_base_is_shared_and_left_as_it_was(run, home):
    base = load_encoder(store_path(home), pooling="mean", id=BASE)
    loaded = load_run(run, base)
    shared = {id(parameter) for parameter in base.model.parameters()}
    own = [parameter for parameter in loaded.classifier.parameters() if id(parameter) not in shared]
    assert sum(parameter.numel() for parameter in own) < sum(parameter.numel() for parameter in base.model.parameters()) / 3
    assert "peft_config" not in vars(base.model)
    assert np.allclose(loaded.predict(TEXTS).scores, load_run(run).predict(TEXTS).scores)


def store_path(home):
    return next((home / "cache" / "models").rglob("config.json")).parent


def test_another_base_is_refused_in_one_sentence(run, home):
    base = load_encoder(store_path(home), id="somebody/else")
    with pytest.raises(UserError, match="trained on tests/tiny"):
        load_run(run, base)


def test_another_format_and_no_passport_are_refused(run, tmp_path):
    passport = json.loads((run / "passport.json").read_text())
    (run / "passport.json").write_text(json.dumps({**passport, "format": "genhub-gpt-1"}))
    with pytest.raises(UserError, match="genhub-gpt-1"):
        load_run(run)
    with pytest.raises(UserError, match=r"passport\.json"):
        load_run(tmp_path / "nothing")


def test_a_damaged_head_is_refused(run):
    path = run / "head.safetensors"
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(UserError, match=r"head\.safetensors"):
        load_run(run)


def test_padding_and_batches():
    batch = pad([[5, 6, 7], [8]], pad_id=9)
    assert batch["input_ids"].tolist() == [[5, 6, 7], [8, 9, 9]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert list(length_batches([1, 9, 3, 7, 5], 2)) == [[1, 3], [4, 2], [0]]


def test_vectors_and_probabilities(tmp_path):
    torch.manual_seed(0)
    model = Classifier(load_encoder(tiny_encoder(tmp_path)), 2).eval()
    vectors = model.encode(["good dog", "bad cat", "a"], max_length=16)
    assert vectors.shape == (3, 32)
    expected = (vectors @ model.head.weight.T + model.head.bias).softmax(-1)
    scores = probabilities(model, model.base.tokenize(["good dog", "bad cat", "a"], 16))
    assert np.allclose(scores, expected.detach().numpy(), atol=1e-6)
