"""How often one address may ask, and how much may go on at once. Times are monotonic seconds; nothing here knows of HTTP.

Numbers are those of a class of thirty behind one address: a page that opens asks for some eighty files, and ticks every few seconds then,
once a second while it watches a training.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from genhub.ui.guard.routes import EVENT, FILE, PAGE, SIGN_IN, STREAM, TOOLS, UPLOAD

ADDRESSES = 10_000  # remembered; the one not heard of for longest is forgotten


@dataclass(frozen=True)
class Rate:
    """burst: requests at once; a_second: how fast they come back."""

    burst: float
    a_second: float


RATES = {
    PAGE: Rate(5_000, 100),
    FILE: Rate(1_500, 60),
    STREAM: Rate(600, 60),
    EVENT: Rate(600, 60),
    TOOLS: Rate(120, 10),
    UPLOAD: Rate(60, 2),
    SIGN_IN: Rate(10, 0.1),
}
OPEN_STREAMS = 200  # of an address: a page has two
OPEN_UPLOADS = 8
OPEN = {STREAM: OPEN_STREAMS, UPLOAD: OPEN_UPLOADS}
OPEN_IN_ALL = 1_000


@dataclass
class Bucket:
    """What is left of a burst, and since when."""

    left: float
    at: float

    def take(self, rate: Rate, now: float) -> float:
        """Take one; returns 0, or the seconds after which there will be one."""
        self.left, self.at = min(rate.burst, self.left + (now - self.at) * rate.a_second), now
        if self.left < 1:
            return (1 - self.left) / rate.a_second
        self.left -= 1
        return 0.0


@dataclass
class Address:
    """What one address has asked for."""

    buckets: dict[str, Bucket] = field(default_factory=dict)
    open: dict[str, int] = field(default_factory=dict)


class Rates:
    """All addresses. Not safe for threads: it belongs to one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.clock, self.addresses, self.open = clock, OrderedDict(), 0

    def wait(self, address: str, kind: str) -> float:
        """0 for a request that may come in, which is counted then; else the seconds to wait."""
        now, known = self.clock(), self._of(address)
        bucket = known.buckets.setdefault(kind, Bucket(RATES[kind].burst, now))
        return bucket.take(RATES[kind], now)

    def enter(self, address: str, kind: str) -> bool:
        """Whether one more may go on at once; each that entered has to `leave`."""
        known = self._of(address)
        if self.open >= OPEN_IN_ALL or known.open.get(kind, 0) >= OPEN.get(kind, OPEN_IN_ALL):
            return False
        self.open += 1
        known.open[kind] = known.open.get(kind, 0) + 1
        return True

    def leave(self, address: str, kind: str) -> None:
        """It has ended."""
        self.open -= 1
        known = self._of(address)
        known.open[kind] = max(0, known.open.get(kind, 0) - 1)

    def _of(self, address: str) -> Address:
        known = self.addresses.pop(address, None) or Address()
        self.addresses[address] = known
        while len(self.addresses) > ADDRESSES:
            self.addresses.popitem(last=False)
        return known
