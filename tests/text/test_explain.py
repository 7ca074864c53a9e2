import pytest
import torch

from genhub.errors import UserError
from genhub.text import explain
from genhub.text.classifier import load_run
from genhub.text.encoder import load_encoder
from genhub.text.explain import Piece
from tests.serving.tiny_runs import LABELS, make_run, store_base

TEXT = "The parcel is late, and don't say “fine”: awful!"


@pytest.fixture
def loaded(home, tmp_path):
    torch.set_num_threads(1)
    return load_run(make_run(tmp_path / "run", store_base()))


@pytest.mark.parametrize("method", ["frozen", "lora", "bottleneck", "full"])
def test_the_scores_add_up_to_the_change_of_the_logit(home, tmp_path, method):
    base = store_base()
    loaded = load_run(make_run(tmp_path / "run", base, method), load_encoder(base, pooling="mean", id="tests/tiny"))
    for label in LABELS:
        found = explain.attribute(loaded, TEXT, label)
        change = found.logit - found.baseline_logit
        assert sum(token.score for token in found.tokens) == pytest.approx(change + found.delta, abs=1e-4)
        assert sum(word.score for word in found.words) == pytest.approx(change + found.delta, abs=1e-4)
        assert abs(found.delta) <= max(0.02 * abs(change), 0.005) or found.steps == explain.STEPS[-1]
        assert found.relative_delta == pytest.approx(abs(found.delta) / abs(change), rel=1e-3)
        assert found.steps in explain.STEPS


@pytest.mark.parametrize("kind", ["distilbert", "roberta", "albert", "electra", "mpnet"])
def test_other_architectures_are_explained_too(home, tmp_path, monkeypatch, kind):
    monkeypatch.setattr(explain, "STEPS", (1024,))  # drawn weights are wilder than learnt ones
    monkeypatch.setattr(explain, "TOKENS_IN_ALL", 10**9)
    found = explain.attribute(load_run(make_run(tmp_path / "run", store_base(kind=kind))), TEXT)
    assert len(found.words) == 14
    assert found.relative_delta < 0.02


def test_it_explains_what_the_classifier_answers(loaded):
    answer = loaded.predict([TEXT])
    found = explain.attribute(loaded, TEXT)
    assert found.label == answer.labels[0]
    assert found.probability == pytest.approx(float(answer.scores.max()), abs=1e-5)
    assert not any(parameter.requires_grad for parameter in loaded.classifier.parameters())
    assert loaded.predict([TEXT]).scores == pytest.approx(answer.scores, abs=1e-6)  # nothing of Captum's stayed in the model


def test_pieces_and_words_point_into_the_text(loaded):
    found = explain.attribute(loaded, TEXT)
    for piece in [*found.tokens, *found.words]:
        assert TEXT[piece.start : piece.end] == piece.text
    assert [word.text for word in found.words] == [
        "The",
        "parcel",
        "is",
        "late",
        ",",
        "and",
        "don't",
        "say",
        "“",
        "fine",
        "”",
        ":",
        "awful",
        "!",
    ]
    assert found.read == len(TEXT)


def test_a_text_longer_than_the_model_reads_says_how_far_it_was_read(loaded):
    text = "good book " * 100
    found = explain.attribute(loaded, text)
    assert 0 < found.read < len(text)
    assert len(found.tokens) == 62  # 64 with [CLS] and [SEP]


@pytest.mark.parametrize(("text", "message"), [("", "no word"), ("   ", "no word")])
def test_a_text_without_a_word_cannot_be_explained(loaded, text, message):
    with pytest.raises(UserError, match=message):
        explain.attribute(loaded, text)


def test_a_label_the_run_does_not_have_is_refused(loaded):
    with pytest.raises(UserError, match="no label “anger”") as caught:
        explain.attribute(loaded, TEXT, "anger")
    assert "blame, delivery, praise" in caught.value.limit


def test_leaving_one_word_out_is_the_fall_of_the_logit(loaded):
    found = explain.attribute(loaded, "good parcel late")
    left = explain.leave_one_out(loaded, "good parcel late", found.label, found.words)
    assert [piece.text for piece in left] == ["good", "parcel", "late"]
    for piece, rest in zip(left, ["parcel late", "good late", "good parcel"], strict=True):
        again = explain.attribute(loaded, rest, found.label)
        assert piece.score == pytest.approx(found.logit - again.logit, abs=1e-4)


def test_of_many_words_the_most_important_are_left_out(loaded, monkeypatch):
    monkeypatch.setattr(explain, "WORDS_LEFT_OUT", 2)
    words = [Piece("good", 0, 4, 0.1), Piece("bad", 5, 8, -3.0), Piece("dog", 9, 12, 2.0)]
    assert [piece.text for piece in explain.leave_one_out(loaded, "good bad dog", "praise", words)] == ["bad", "dog"]


@pytest.mark.parametrize(
    ("ranges", "left"),
    [
        ([], "one two three"),
        ([(4, 7)], "one three"),
        ([(0, 3)], "two three"),
        ([(8, 13)], "one two "),
        ([(8, 13), (0, 3)], "two "),
        ([(0, 7), (4, 13)], ""),
        ([(2, 5)], "onwo three"),
    ],
)
def test_without_deletes_ranges_and_tidies_blanks(ranges, left):
    assert explain.without("one two three", ranges) == left


@pytest.mark.parametrize("bad", [(-1, 2), (2, 2), (3, 1), (0, 99), (0.0, 2), (True, 2), "ab", None, (1, 2, 3)])
def test_ranges_outside_the_text_are_refused(bad):
    with pytest.raises(UserError, match="not a part of this text"):
        explain.without("one two three", [bad])
