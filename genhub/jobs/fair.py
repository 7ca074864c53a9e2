"""Who is next, and when. Pure functions over what is running and what waits.

A visitor's second job waits behind other visitors' first: jobs are taken in rounds, each visitor one job a round; within a
round, first come first served. A job gets its round when it arrives and keeps it: the first after those the same visitor
still has under way, but never one that is already over (start-time fair queueing, Goyal, Vin and Cheng 1996).
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from genhub.jobs.store import Record


@dataclass(frozen=True)
class Place:
    """position: 1 = next to start. `wait` in seconds, as far as one can tell."""

    position: int
    wait: float


def round_for(owner: str, unfinished: Iterable[Record], current: int) -> int:
    """The round of a job that arrives now. `unfinished`: jobs waiting or running; `current`: the round of the job started last."""
    return max([current, *(record.round + 1 for record in unfinished if record.owner == owner)])


def order(waiting: Iterable[Record]) -> list[Record]:
    """The waiting jobs, the next one first."""
    return sorted(waiting, key=lambda record: (record.round, record.number))


def startable(ordered: Iterable[Record], running: Iterable[Record], slots: int, per_owner: int) -> list[Record]:
    """Those of the waiting jobs that may start now."""
    busy = Counter(record.owner for record in running)
    chosen = []
    for record in ordered:
        if busy.total() >= slots:
            break
        if busy[record.owner] < per_owner:
            busy[record.owner] += 1
            chosen.append(record)
    return chosen


def places(
    ordered: Iterable[Record], left: Iterable[tuple[str, float]], expected: dict[str, float], slots: int, per_owner: int
) -> dict[str, Place]:
    """Position and expected wait of each waiting job, by id.

    left: (owner, seconds left) of each running job; expected: seconds that each waiting job will take. The queue is played
    through: each job starts when a slot is free and its owner has fewer than `per_owner` running.
    """
    free = sorted(seconds for _, seconds in left)[-slots:] if slots else []
    free = [0.0] * (slots - len(free)) + free
    heapq.heapify(free)
    ends: dict[str, list[float]] = defaultdict(list)
    for owner, seconds in left:
        heapq.heappush(ends[owner], seconds)
    found = {}
    for position, record in enumerate(ordered, start=1):
        start = heapq.heappop(free)
        mine = ends[record.owner]
        while len(mine) >= per_owner:
            start = max(start, heapq.heappop(mine))
        heapq.heappush(free, start + expected[record.id])
        heapq.heappush(mine, start + expected[record.id])
        found[record.id] = Place(position, start)
    return found
