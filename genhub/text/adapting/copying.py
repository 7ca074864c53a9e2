"""Does a model write, or does it repeat? How much of its samples stands word for word in the text it learnt from.

Measured as in the literature on memorisation (Carlini et al. 2021; Lee et al. 2022): runs of tokens that occur in the training text.
Any text shares some: what the held-out text and the model before training share is what the figures are to be read against.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TOKENS, CHARACTERS = 8, 30  # length of the runs that are counted: of tokens, and where a token is a character
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no bit is lost


@dataclass(frozen=True)
class Copied:
    """`share` of the `runs` of so many tokens that stand in the training text, None where there is no run; `longest`: tokens of the longest
    stretch that does."""

    share: float | None
    runs: int
    longest: int


def copied(samples: Sequence[Sequence[int]], training: np.ndarray, run: int) -> Copied:
    """What of `samples` (tokens of each) stands in the training text (N,). Runs are compared by 64-bit hashes: that any of a thousand is
    found by chance in a million others has a probability of 10^-10."""
    texts = [np.asarray(sample, dtype=np.int64) for sample in samples]
    found = _stand(texts, training, run)
    return Copied(float(found.mean()) if len(found) else None, len(found), _longest(texts, training))


def _stand(texts: Sequence[np.ndarray], training: np.ndarray, run: int) -> np.ndarray:
    """One entry a run of the texts: True where it occurs in the training text."""
    wanted = np.concatenate([hashes(text, run) for text in texts]) if texts else np.zeros(0, dtype=np.uint64)
    if not len(wanted):
        return np.zeros(0, dtype=bool)
    known, places = np.unique(wanted, return_inverse=True)
    there = hashes(training, run)
    at = np.minimum(np.searchsorted(known, there), len(known) - 1)
    found = np.zeros(len(known), dtype=bool)
    found[at[known[at] == there]] = True
    return found[places]


def _longest(texts: Sequence[np.ndarray], training: np.ndarray) -> int:
    """By halving: what stands in the training text does so with every part of it."""
    low, high = 0, max(map(len, texts), default=0)
    while low < high:
        middle = (low + high + 1) // 2
        if _stand(texts, training, middle).any():
            low = middle
        else:
            high = middle - 1
    return low


def hashes(ids: np.ndarray, run: int) -> np.ndarray:
    """(N - run + 1,) a 64-bit hash of every run of so many tokens, made of those of its halves."""
    if len(ids) < run:
        return np.zeros(0, dtype=np.uint64)
    if run == 1:
        mixed = (ids.astype(np.uint64) + np.uint64(1)) * _FACTOR
        return mixed ^ (mixed >> np.uint64(29))
    half = run // 2
    left, right = hashes(ids, half), hashes(ids, run - half)
    mixed = (left[: len(ids) - run + 1] * _FACTOR) ^ right[half : half + len(ids) - run + 1]
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return mixed ^ (mixed >> np.uint64(31))
