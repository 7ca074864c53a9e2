"""What can be said of a continuation without asking anybody: variety, repetition, how probable the model finds it. Units are tokens or
words.

distinct-n        different n-grams / all n-grams (Li et al. 2016)
repetition        share of tokens that already stood among the `window` tokens before them (as Welleck et al. 2020 count rep/l)
loops             whether the text ends in a phrase that repeats to its end (Holtzman et al. 2020)
perplexity        exp of the mean negative log-probability of a token under the model itself
"""

import math
from collections.abc import Sequence

WINDOW = 128
LOOP_REPEATS, LOOP_LONGEST = 3, 40


def distinct(units: Sequence, n: int) -> float | None:
    """Different n-grams as a share of all; None where there is none."""
    grams = [tuple(units[start : start + n]) for start in range(len(units) - n + 1)]
    return len(set(grams)) / len(grams) if grams else None


def repetition(units: Sequence, window: int = WINDOW) -> float | None:
    """Share of units that occur among the `window` units before them; None for none."""
    if not units:
        return None
    return sum(token in units[max(0, place - window) : place] for place, token in enumerate(units)) / len(units)


def loops(units: Sequence, repeats: int = LOOP_REPEATS) -> int:
    """Length in units of the phrase that the text ends in, `repeats` times or more; 0 where there is none."""
    for size in range(1, min(LOOP_LONGEST, len(units) // repeats) + 1):
        tail = list(units[-size:])
        if all(list(units[-size * (times + 1) : len(units) - size * times]) == tail for times in range(1, repeats)):
            return size
    return 0


def perplexity(logprobs: Sequence[float]) -> float | None:
    """Of tokens with these log-probabilities (nats); None for none."""
    return math.exp(-sum(logprobs) / len(logprobs)) if logprobs else None
