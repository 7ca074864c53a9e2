"""How often one address may ask, and how much may go on at once. Times are monotonic seconds; nothing here knows of HTTP.

Numbers are those of a class of thirty behind one address: a page that opens asks for some eighty files, and ticks every few seconds then,
once a second while it watches a training.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from genhub.ui.guard.routes import DOCUMENT, EVENT, FILE, PAGE, SIGN_IN, STREAM, TOOLS, UPLOAD

ADDRESSES = 10_000  # remembered; the one not heard of for longest is forgotten


@dataclass(frozen=True)
class Rate:
    """burst: requests at once; a_second: how fast they come back."""

    burst: float
    a_second: float


RATES = {
    PAGE: Rate(5_000, 100),
    DOCUMENT: Rate(300, 5),  # each is made for itself: thirty pages that open, and are loaded again some times
    FILE: Rate(1_500, 60),
    STREAM: Rate(600, 60),
    EVENT: Rate(600, 60),
    TOOLS: Rate(120, 10),
    UPLOAD: Rate(60, 2),
    SIGN_IN: Rate(10, 0.1),
}
UPLOADED = Rate(2_000_000_000, 500_000)  # bytes of files: each of thirty may send six of ten megabytes at once, and as many in an hour
OPEN_USUALLY = 200  # of an address and of each kind; a page has two streams, a browser six connections
OPEN_UPLOADS = 40
OPEN = {PAGE: 400, UPLOAD: OPEN_UPLOADS}
OPEN_OF_ADDRESS = 500  # of all kinds
OPEN_IN_ALL = 1_000
OPEN_BYTES = 80_000_000  # of the bodies that one address announces, which go into memory
SMALL_BYTES = 64_000  # of a body that counts for nobody else: that only so many are open is bound enough
OPEN_BYTES_IN_ALL = 200_000_000  # of all longer ones, which count as they come: who announces one and does not send it takes nobody's room
WAITING = 2_500  # requests of an address that wait for a place: thirty pages that open at once ask for 2,430 files
WAITING_IN_ALL = 2 * WAITING


@dataclass
class Bucket:
    """What is left of a burst, and since when."""

    left: float
    at: float

    def take(self, rate: Rate, now: float, amount: float = 1.0) -> float:
        """Take so much; returns 0, or the seconds after which there will be so much."""
        self.left, self.at = min(rate.burst, self.left + (now - self.at) * rate.a_second), now
        if self.left < amount:
            return (amount - self.left) / rate.a_second
        self.left -= amount
        return 0.0


@dataclass
class Address:
    """What one address has asked for."""

    buckets: dict[str, Bucket] = field(default_factory=dict)
    open: dict[str, int] = field(default_factory=dict)
    bytes: int = 0  # announced
    waiting: int = 0


class Rates:
    """All addresses. Not safe for threads: it belongs to one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.clock, self.addresses, self.open, self.waiting = clock, OrderedDict(), 0, 0
        self.bytes = 0  # of long bodies, as far as they have come

    def wait(self, address: str, kind: str) -> float:
        """0 for a request that may come in, which is counted then; else the seconds to wait."""
        now, known = self.clock(), self._of(address)
        bucket = known.buckets.setdefault(kind, Bucket(RATES[kind].burst, now))
        return bucket.take(RATES[kind], now)

    def wait_for(self, address: str, length: int) -> float:
        """As `wait`, for so many bytes of files."""
        now, known = self.clock(), self._of(address)
        return known.buckets.setdefault("bytes", Bucket(UPLOADED.burst, now)).take(UPLOADED, now, length)

    def has_room(self, address: str, kind: str, length: int = 0) -> bool:
        """Whether one more may go on at once, with a body that is announced to have so many bytes."""
        known, length = self._of(address), length if kind != UPLOAD else 0  # files go to the disk
        mine = known.open.get(kind, 0) >= OPEN.get(kind, OPEN_USUALLY) or sum(known.open.values()) >= OPEN_OF_ADDRESS
        long = known.bytes + length > OPEN_BYTES or (length > SMALL_BYTES and self.bytes + length > OPEN_BYTES_IN_ALL)
        return not (mine or long or self.open >= OPEN_IN_ALL)

    def enter(self, address: str, kind: str, length: int = 0) -> bool:
        """Whether it goes on; each that entered has to `leave`."""
        if not self.has_room(address, kind, length):
            return False
        self._count(self._of(address), kind, 1, length if kind != UPLOAD else 0)
        return True

    def leave(self, address: str, kind: str, length: int = 0) -> None:
        """It has ended."""
        self._count(self._of(address), kind, -1, -length if kind != UPLOAD else 0)

    def came(self, more: int) -> bool:
        """Whether there is room for `more` bytes of a long body, which are here; they have to be `gone` then."""
        if self.bytes + more > OPEN_BYTES_IN_ALL:
            return False
        self.bytes += more
        return True

    def gone(self, came: int) -> None:
        """The body has been taken, or has broken off, after so many bytes."""
        self.bytes -= came

    def stay(self, address: str) -> bool:
        """Whether one more request may wait for a place; each that waits has to `go_on`."""
        known = self._of(address)
        if known.waiting >= WAITING or self.waiting >= WAITING_IN_ALL:
            return False
        known.waiting, self.waiting = known.waiting + 1, self.waiting + 1
        return True

    def go_on(self, address: str) -> None:
        """It waits no longer."""
        known = self._of(address)
        known.waiting, self.waiting = max(0, known.waiting - 1), self.waiting - 1

    def _count(self, known: Address, kind: str, more: int, length: int) -> None:
        self.open += more
        known.open[kind], known.bytes = max(0, known.open.get(kind, 0) + more), max(0, known.bytes + length)

    def _of(self, address: str) -> Address:
        known = self.addresses.pop(address, None) or Address()
        self.addresses[address] = known
        while len(self.addresses) > ADDRESSES:
            self.addresses.popitem(last=False)
        return known
