"""Losses on unseen text: each token once, paired, with an interval that holds what it promises."""

import math

import numpy as np
import pytest
import torch

from genhub.text.adapting.judge import Measured, Pieces, begun, counted, losses, measuring
from genhub.text.adapting.material import Tokens
from genhub.text.kneser_ney import KneserNey


def text(ids) -> Tokens:
    ids = np.asarray(ids)
    return Tokens(ids, np.full(len(ids), 2), np.full(len(ids), 3))


def repeats(strength: float, vocabulary: int = 7):
    """A model that believes every token comes again."""
    return lambda ids: strength * torch.nn.functional.one_hot(ids, vocabulary).float()


@pytest.mark.parametrize("tokens", [5, 8, 33, 100])
def test_every_token_but_the_first_is_measured_once(tokens):
    draw = np.random.default_rng(0)
    some = text(draw.integers(0, 7, tokens))
    *_, last = measuring({"model": repeats(2.0)}, some, window=8, most=10**6, seed=1)
    assert np.isnan(last.nats["model"][0])
    assert np.isfinite(last.nats["model"][1:]).all()
    same = some.ids[1:] == some.ids[:-1]
    expected = np.log(math.exp(2.0) + 6) - 2.0 * same
    assert last.nats["model"][1:] == pytest.approx(expected, rel=1e-5)


def test_measuring_ends_early_with_a_fair_sample():
    some = text(np.arange(1000) % 7)
    reached = [int(measured.known.sum()) for measured in measuring({"model": repeats(1.0)}, some, 8, most=100, seed=0)]
    assert 100 <= reached[-1] < 110
    first, second = (next(measuring({"model": repeats(1.0)}, some, 8, 100, seed)).known for seed in (0, 1))
    assert not np.array_equal(first, second)


def test_shares_of_several_processes_are_the_whole():
    some = text(np.arange(100) % 7)
    known = [list(measuring({"model": repeats(1.0)}, some, 8, 10**6, 0, (rank, 3)))[-1].known for rank in range(3)]
    assert np.sum(known, axis=0).tolist() == [0] + [1] * 99


def test_a_starting_token_lets_the_first_one_be_predicted():
    some = begun(text([3, 4]), 0)
    assert (some.ids.tolist(), some.characters.tolist()) == ([0, 3, 4], [0, 2, 2])
    assert begun(text([3, 4]), None).ids.tolist() == [3, 4]


def test_figures_in_all_units():
    pieces = Pieces({"model": np.array([2.0, 4.0])}, np.array([3, 3]), np.array([10, 10]), np.array([20, 10]))
    found = pieces.figures("model")
    assert found["loss"] == pytest.approx(1.0)
    assert found["perplexity"] == pytest.approx(math.e)
    assert found["bits_per_character"] == pytest.approx(6 / math.log(2) / 20)
    assert found["bits_per_byte"] == pytest.approx(6 / math.log(2) / 30)


def test_the_gain_is_positive_where_ours_is_better_and_its_interval_is_paired():
    draw = np.random.default_rng(0)
    hard = draw.gamma(2.0, 5.0, 200)  # how hard a piece is, for both
    ours, theirs = hard + draw.normal(0, 0.1, 200), hard + 1.0 + draw.normal(0, 0.1, 200)
    pieces = Pieces({"ours": ours, "theirs": theirs}, *(np.full(200, 10) for _ in range(3)))
    gain = pieces.gain("ours", "theirs")
    assert gain.mean == pytest.approx(0.1 / math.log(2), rel=0.05)
    assert gain.high - gain.low < 0.1 * (pieces.interval("ours")[1] - pieces.interval("ours")[0])
    worse = pieces.gain("theirs", "ours")
    assert (worse.mean, worse.low, worse.high) == pytest.approx((-gain.mean, -gain.high, -gain.low))
    assert gain == pieces.gain("ours", "theirs")  # the same seed


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    held = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        pieces = Pieces({"a": draw.gamma(2.0, 1.0, 60)}, *(np.ones(60, dtype=int) for _ in range(3)))
        low, high = pieces.interval("a", seed)
        held += low <= 2.0 / math.log(2) <= high
    assert 0.88 <= held / 200 <= 0.99


def test_pieces_are_of_what_every_model_was_measured_on():
    some = text(np.arange(400) % 7)
    nats = {"a": np.where(np.arange(400) < 300, 1.0, np.nan), "b": np.append(np.nan, np.ones(399))}
    pieces = Measured(some, nats).pieces()
    assert pieces.tokens.sum() == 299
    assert pieces.characters.sum() == 2 * 299
    assert len(pieces.tokens) >= 30
    with pytest.raises(ValueError, match="nothing"):
        Measured(some, {"a": np.full(400, np.nan)}).pieces()


def test_losses_are_those_of_the_labels():
    logits = torch.tensor([[0.0, math.log(3)], [0.0, 0.0]])
    assert losses(logits, torch.tensor([1, 0])) == pytest.approx([-math.log(0.75), math.log(2)])


def test_counting_with_ids_numbered_anew_changes_nothing():
    """A vocabulary of 200 thousand tokens of which a text has five: the same probabilities as with ids as they are."""
    draw = np.random.default_rng(0)
    learnt, unseen = draw.choice([3, 70, 512, 900, 1000], 3_000), draw.choice([3, 70, 512, 900, 1000, 1001], 100)
    found = counted(learnt, unseen, vocabulary=4_096, order=5, most=10**6)
    assert found.order == 5
    assert found.nats[1:] == pytest.approx(KneserNey(learnt, 4_096, 5).bits(unseen) * math.log(2))
    large = counted(learnt + 150_000, unseen + 150_000, vocabulary=200_000, order=5, most=10**6)
    assert large.order == 5
    assert np.isfinite(large.nats[1:]).all()
    known = unseen[1:] != 1001  # a token that was never seen is less probable the more of them there are
    assert large.nats[1:][known] == pytest.approx(found.nats[1:][known], abs=0.01)
    assert (large.nats[1:][~known] > found.nats[1:][~known] + 3).all()


def test_a_text_of_very_many_different_tokens_is_counted_in_shorter_runs():
    learnt = np.random.default_rng(0).permutation(20_000)
    found = counted(learnt, learnt[:50], vocabulary=50_257, order=5, most=10**6)
    assert found.order == 4
    assert np.isfinite(found.nats[1:]).all()


def test_counting_may_be_limited_and_says_so():
    learnt = np.arange(1_000) % 7
    found = counted(learnt, learnt[:50], 7, 5, most=200)
    assert (found.tokens, found.of) == (200, 1_000)


def test_unigrams_are_frequencies():
    learnt = np.repeat([0, 1], [3_000, 1_000])
    found = counted(learnt, np.array([0, 0, 1]), vocabulary=2, order=1, most=10**6)
    assert found.nats[1:] == pytest.approx([-math.log(0.75), -math.log(0.25)], rel=1e-2)
