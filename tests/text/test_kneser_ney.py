"""The 5-gram model against a slow one written from the paper's formulas, with dictionaries."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from genhub.text.kneser_ney import KneserNey, discount


class Slow:
    """Interpolated modified Kneser–Ney, one n-gram at a time."""

    def __init__(self, ids, vocabulary, order):
        self.vocabulary, self.order = vocabulary, order
        grams = Counter(tuple(ids[at : at + order]) for at in range(len(ids) - order + 1))
        self.counts = {order: grams}
        for length in range(order - 1, 0, -1):
            self.counts[length] = Counter(gram[1:] for gram in self.counts[length + 1])
        self.discounts = {length: discount(np.array(list(counts.values()))) for length, counts in self.counts.items()}
        self.followers = defaultdict(list)
        for counts in self.counts.values():
            for gram, count in counts.items():
                self.followers[gram[:-1]].append(count)

    def probability(self, gram) -> float:
        if not gram:
            return 1 / self.vocabulary
        lower = self.probability(gram[1:])
        followers = self.followers.get(gram[:-1], [])
        if not followers:
            return lower
        taken = self.discounts[len(gram)]
        count, total = self.counts[len(gram)][gram], sum(followers)
        return (count - taken[min(count, 3)]) / total + sum(taken[min(c, 3)] for c in followers) / total * lower


def text(length: int, seed: int = 0) -> np.ndarray:
    """Seven tokens of which some follow others more often."""
    draw = np.random.default_rng(seed)
    ids = [0]
    for _ in range(length - 1):
        ids.append(int((ids[-1] * 3 + draw.choice([0, 0, 0, 1, 2, 5])) % 7))
    return np.array(ids)


@pytest.mark.parametrize(("order", "length"), [(2, 300), (3, 60), (5, 2000)])
def test_agrees_with_the_formulas(order, length):
    ids, other = text(length), text(80, seed=1)
    fast, slow = KneserNey(ids, 8, order), Slow(ids.tolist(), 8, order)
    expected = [slow.probability(tuple(other[at : at + order].tolist())) for at in range(len(other) - order + 1)]
    assert fast.probabilities(other) == pytest.approx(expected, rel=1e-9)


def test_probabilities_of_all_tokens_add_up_to_one():
    model, ids = KneserNey(text(500), 7), text(40, seed=2)
    for at in range(5, 40):
        candidates = [np.append(ids[at - 4 : at], token) for token in range(7)]
        assert sum(model.probabilities(row)[0] for row in candidates) == pytest.approx(1.0)


def test_bits_are_of_every_token_but_the_first_and_fewer_than_by_chance():
    model, ids = KneserNey(text(5000), 7), text(400, seed=3)
    bits = model.bits(ids)
    assert bits.shape == (399,)
    assert 1.5 < bits.mean() < 2.1  # the source has 1.79 bits; by chance 2.81
    assert np.allclose(bits[4:], -np.log2(model.probabilities(ids))[1:])


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="63 bits"):
        KneserNey(text(100), 2**13)
