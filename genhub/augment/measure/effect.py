"""What several repetitions of a comparison say: the mean difference, and how far it may be off.

Each repetition splits the data anew, so that the repetitions share rows and their results vary less than independent ones would. The interval takes
that into account as Nadeau & Bengio (2003) do: s² · (1/n + test/train) in place of s²/n.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import mean, stdev

CONFIDENCE = 0.95
LEAST = 2


@dataclass(frozen=True)
class Effect:
    """difference: with less without, the mean; low, high: its confidence interval; each: by repetition."""

    difference: float
    low: float
    high: float
    each: tuple[float, ...]

    @property
    def clear(self) -> bool:
        """Does the interval leave out nothing-at-all?"""
        return self.low > 0 or self.high < 0

    def to_dict(self) -> dict:
        return {**asdict(self), "each": list(self.each), "clear": self.clear}


def paired(without: Sequence[float], with_it: Sequence[float], test_over_train: float) -> Effect:
    """Of results of the same repetitions, in their order. test_over_train: of the split; where only a part of what it leaves is learnt from,
    repetitions have less in common, and the interval is a cautious one. Raises ValueError for fewer than LEAST."""
    from scipy.stats import t

    if len(without) != len(with_it) or len(without) < LEAST:
        raise ValueError(f"{len(without)} and {len(with_it)} results are no pairs of at least {LEAST}")
    each = tuple(b - a for a, b in zip(without, with_it, strict=True))
    n, middle = len(each), mean(each)
    half = float(t.ppf((1 + CONFIDENCE) / 2, n - 1)) * math.sqrt(stdev(each) ** 2 * (1 / n + test_over_train))
    return Effect(middle, middle - half, middle + half, each)


def sentence(effect: Mapping, what: str, measure: str, of: str) -> str:
    """What an effect says, in plain words. what: that which was added; of: the thing it was added to."""
    size = f"{effect['difference']:+.3f} [{effect['low']:+.3f}, {effect['high']:+.3f}]"
    said = "no evidence that it helps" if not effect["clear"] else "it helps" if effect["difference"] > 0 else "it hurts"
    return f"{what}, {of[:1].lower()}{of[1:]}: {said} here ({measure} {size})."
