"""One chunk of a job, where the GPU is: from the last checkpoint until the time that was asked for is over.

Called through `genhub.zerogpu`, so arguments and what is told are plain values; everything else goes through the run's folder. Before the
time is over the trainer writes a checkpoint and leaves; a chunk that is ended from outside costs what came after the last one.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from genhub import zerogpu
from genhub.events import Event, Progress
from genhub.jobs import process
from genhub.jobs.folder import Paused

LEAVE_SECONDS = 4.0  # for the last step, its checkpoint, and the way back
PAUSED, ENDED = "paused", "ended"

_settled = 0


def train(args: dict, seconds: float) -> Iterator[dict]:
    """{run, bounds, worked} → of each event {at: seconds since the beginning}, of progress {done, total} too; at last {at, outcome: "paused" or
    "ended"}. `worked`: seconds of training before this chunk, which count against the limit."""
    begun = time.monotonic()
    bounds = process.Bounds(**args["bounds"])
    _settle(bounds)
    pause_at = begun + seconds - LEAVE_SECONDS
    run = process.TimedRun.of(Path(args["run"]), bounds.seconds, worked=args["worked"], pause_at=pause_at)
    outcome = ENDED
    with contextlib.closing(process.chunk(run)) as events:
        try:
            for event in events:
                yield {"at": time.monotonic() - begun, **_told(event)}
        except Paused:
            outcome = PAUSED
    yield {"at": time.monotonic() - begun, "outcome": outcome}


def _told(event: Event) -> dict:
    return {"done": event.done, "total": event.total} if isinstance(event, Progress) else {}


def _settle(bounds: process.Bounds) -> None:
    """A fork with a GPU gets a job's limits, once: it is used again, and cannot be nicer and nicer."""
    global _settled
    if zerogpu.forked() and _settled != os.getpid():
        _settled = os.getpid()
        process.settle(bounds)
