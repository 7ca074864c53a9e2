"""What of a sample stands in the training text, against a search written with strings."""

import numpy as np
import pytest

from genhub.text.adapting.copying import Copied, copied, hashes


def slowly(samples: list[list[int]], training: list[int], run: int) -> Copied:
    """With tuples and sets."""

    def grams(ids: list[int], length: int) -> list[tuple[int, ...]]:
        return [tuple(ids[at : at + length]) for at in range(len(ids) - length + 1)]

    known = set(grams(training, run))
    runs = [gram for sample in samples for gram in grams(sample, run)]
    longest = 0
    for length in range(1, max(map(len, samples), default=0) + 1):
        if set(grams(training, length)) & {gram for sample in samples for gram in grams(sample, length)}:
            longest = length
    return Copied(sum(gram in known for gram in runs) / len(runs) if runs else None, len(runs), longest)


@pytest.mark.parametrize("seed", range(6))
def test_agrees_with_a_slow_search(seed):
    draw = np.random.default_rng(seed)
    training = draw.integers(0, 4, 300).tolist()
    samples = [draw.integers(0, 4, size).tolist() for size in (3, 20, 40)]
    samples.append(training[50:70] + draw.integers(0, 4, 5).tolist())
    assert copied(samples, np.array(training), 5) == slowly(samples, training, 5)


def test_a_text_that_is_its_own_copy():
    ids = np.arange(100)
    assert copied([ids[10:60]], ids, 8) == Copied(1.0, 43, 50)
    assert copied([ids + 1_000], ids, 8) == Copied(0.0, 93, 0)


def test_samples_too_short_for_a_run():
    assert copied([[1, 2]], np.array([1, 2, 3]), 8) == Copied(None, 0, 2)
    assert copied([], np.array([1, 2, 3]), 8) == Copied(None, 0, 0)
    assert copied([[]], np.array([1, 2, 3]), 8) == Copied(None, 0, 0)


def test_hashes_tell_runs_apart_and_know_equal_ones():
    draw = np.random.default_rng(0)
    ids = draw.integers(0, 50_000, 20_000)
    for run in (1, 2, 7, 30):
        found = hashes(ids, run)
        assert len(found) == len(ids) - run + 1
        assert len(np.unique(found)) == len({ids[at : at + run].tobytes() for at in range(len(found))})
    again = np.concatenate([draw.integers(0, 50_000, 5), ids[100:130]])
    assert hashes(again, 30)[5] == hashes(ids, 30)[100]
    assert hashes(ids[::-1], 2)[0] != hashes(ids, 2)[-1]  # order counts
