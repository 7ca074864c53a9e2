"""Positional encoding by formula, as a picture needs it: the paper's, and one with the position in the exponent.

    p(i, 2j) = sin(i / C^(2j/d)), p(i, 2j+1) = cos(i / C^(2j/d))          (Vaswani et al. 2017, section 3.5; C = 10,000)

Each pair of columns turns at a speed of its own, fast on the left, slow on the right, so that every position has another pattern.
Where the exponent holds the position i instead of the pair j, all pairs turn alike, and less and less.
"""

from dataclasses import dataclass

import numpy as np

ALIKE = 0.01  # two positions closer than this in every number are taken for one


@dataclass(frozen=True)
class Measured:
    """columns: how many differ from one another; alike, pairs: pairs of positions that cannot be told apart, of all pairs; neighbours:
    mean cosine of a position with the next one, far: of the first position with the last."""

    columns: int
    alike: int
    pairs: int
    neighbours: float
    far: float


def paper(positions: int, dimensions: int, base: float) -> np.ndarray:
    """(positions, dimensions), as Vaswani et al. 2017 have it; `dimensions` is even."""
    pairs = np.arange(dimensions // 2)
    return _waves(np.arange(positions)[:, None] / base ** (2 * pairs / dimensions))


def position_in_exponent(positions: int, dimensions: int, base: float) -> np.ndarray:
    """(positions, dimensions) with C^(2i/d), i the position: a mistake that is easily made in code."""
    places = np.arange(positions, dtype=float)
    return _waves(np.repeat((places / base ** (2 * places / dimensions))[:, None], dimensions // 2, axis=1))


def measure(encoding: np.ndarray) -> Measured:
    """What can be told from an encoding (positions, dimensions)."""
    count = len(encoding)
    apart = np.abs(encoding[:, None] - encoding[None]).max(-1)
    alike = int((apart[np.triu_indices(count, 1)] < ALIKE).sum())
    unit = encoding / np.maximum(np.linalg.norm(encoding, axis=1, keepdims=True), 1e-12)
    columns = len(np.unique(np.round(encoding, 9), axis=1).T)
    neighbours = float((unit[1:] * unit[:-1]).sum(-1).mean())
    return Measured(columns, alike, count * (count - 1) // 2, neighbours, float(unit[0] @ unit[-1]))


def _waves(angles: np.ndarray) -> np.ndarray:
    """(N, d/2) angles → (N, d): sine and cosine side by side."""
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(len(angles), -1)
