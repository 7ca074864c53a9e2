"""How much a promise is tried: short forms in the suite, full ones behind `make soak`; and how patient a test is with the clock.

A test says what it measured with the fixture `figure` (tests/conftest.py); `docs/make_reliability.py` turns that into docs/reliability.md.
"""

import os
from collections.abc import Sequence
from typing import TypeVar

FULL = os.environ.get("GENHUB_SOAK", "0") not in ("", "0")
MINUTES = float(os.environ.get("GENHUB_SOAK_MINUTES") or 30)
BUSY = 10  # how much slower than promised a machine may be that runs the whole suite at once
Form = TypeVar("Form")


def times(short: Form, full: Form) -> Form:
    """How much: the short form's, or the full one's."""
    return full if FULL else short


def within(seconds: float) -> float:
    """Seconds after which a test gives up on what is promised within `seconds`: those, where nothing else runs (`make soak`)."""
    return seconds if FULL else BUSY * seconds


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share of them lies, one of them."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
