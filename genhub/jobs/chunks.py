"""Jobs in chunks, where a GPU is lent for so many seconds at a time: in the profile `zerogpu`.

A chunk is to the scheduler what a job process is elsewhere: it starts one, looks at the run's folder, and starts the next one until the log
has an end. What each asked for and took is kept in the run's `chunks.json`; the next one asks for what the steps that are left will
take, as they were measured in the last one.

    first chunk            what the training was forecast to take on a processor, FIRST_SECONDS at most
    after a pause          the way to the first step + steps left × seconds a step + JUDGING_SECONDS, MOST_SECONDS at most
    after it was ended     twice as much as the last one, LONGEST_SECONDS at most
    after a refusal        LEAST_SECONDS

When the visitor's quota is used up, a run that has a checkpoint is stopped and judged on the processor, so that its best so far is kept.
"""

import contextlib
import contextvars
import json
import logging
import math
import os
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from genhub import tasks, zerogpu
from genhub.events import Failed, Note
from genhub.jobs import chunk, warm
from genhub.jobs.folder import RunFolder, write_json
from genhub.jobs.launcher import Launcher
from genhub.jobs.living import Part, Process
from genhub.jobs.process import Bounds, mend
from genhub.settings import Settings

FILE = "chunks.json"
LEAST_SECONDS, FIRST_SECONDS, MOST_SECONDS, LONGEST_SECONDS = 15, 30, 60, 120
JUDGING_SECONDS = 10.0  # for what comes after the last step
SLACK = 1.2  # a step may take longer than those before it
REFUSED, LOST, WAITED = "refused", "lost", "waited"
CALLERS = 1_000
CLOSE_SECONDS = 4.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Chunk:
    """What one asked for, in seconds, and what came of it. `way`: seconds until it trained; `step`: seconds a step, None where there were
    fewer than two; `left`: steps; outcome: paused | ended | refused | lost (ended from outside) | waited (in vain, for a GPU)."""

    asked: int
    took: float
    way: float
    step: float | None
    left: int | None
    outcome: str

    @classmethod
    def of(cls, asked: int, told: Sequence[dict], outcome: str) -> "Chunk":
        """From what `chunk.train` told. What comes after the last step is counted in other units, up to another total."""
        told_of = [(each["at"], each["done"], each["total"]) for each in told if "done" in each]
        steps = [each for each in told_of if each[2] == told_of[0][2]]
        took = told[-1]["at"] if told else 0.0
        if not steps:
            return cls(asked, took, took, None, None, outcome)
        (first, done, _), (last, now, total) = steps[0], steps[-1]
        return cls(asked, took, first, (last - first) / (now - done) if now > done else None, total - now, outcome)


def seconds_for(before: Sequence[Chunk], forecast: float | None, stopping: bool = False) -> int:
    """How many the next chunk asks for, after those before it. stopping: it only has to judge."""
    worked = [each for each in before if each.outcome != WAITED]
    if not worked:
        return _between(FIRST_SECONDS if forecast is None else forecast, FIRST_SECONDS)
    last = worked[-1]
    if last.outcome == REFUSED:
        return LEAST_SECONDS
    if last.outcome == LOST:
        return _between(2 * last.asked, LONGEST_SECONDS)
    if stopping:
        return _between(last.way + JUDGING_SECONDS, MOST_SECONDS)
    if last.step is None or last.left is None:
        return MOST_SECONDS
    return _between(last.way + SLACK * last.left * last.step + JUDGING_SECONDS, MOST_SECONDS)


def _between(seconds: float, most: int) -> int:
    return min(max(math.ceil(seconds), LEAST_SECONDS), most)


def of_run(folder: Path) -> list[Chunk]:
    """Those of a run so far."""
    try:
        return [Chunk(**each) for each in json.loads((folder / FILE).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []


class Chunks(Launcher):
    """A launcher whose jobs train on a GPU that is lent. What needs none, and short calculations, run in forks of the warm server as elsewhere."""

    def __init__(self, settings: Settings, preload: tuple[str, ...] | None = None):
        super().__init__(settings, preload)
        zerogpu.check()
        self._modules = warm.HEAVY if preload is None else preload
        self._callers: OrderedDict[str, contextvars.Context] = OrderedDict()
        self._parts: list[Part] = []

    def start(self) -> None:
        super().start()
        zerogpu.prepare(self._modules)

    def ready(self) -> bool:
        return super().ready() and zerogpu.prepared()

    def close(self) -> None:
        """End the chunks that run; they cannot outlive this process, and the next server goes on from their checkpoints."""
        for part in self._parts:
            part.cancel()
        until = time.monotonic() + CLOSE_SECONDS
        for part in self._parts:
            part.join(max(0.0, until - time.monotonic()))
        super().close()

    def came_from(self, run_id: str) -> None:
        self._callers[run_id] = contextvars.copy_context()
        self._callers.move_to_end(run_id)
        while len(self._callers) > CALLERS:
            self._callers.popitem(last=False)

    def paused(self, folder: Path) -> bool:
        before = of_run(folder)
        return bool(before) and before[-1].outcome == chunk.PAUSED

    def run(self, folder: Path, bounds: Bounds) -> Process:
        """Start the next chunk of the job in `folder`, or the whole job where it uses no GPU."""
        run = RunFolder(folder)
        job, before = run.job(), of_run(folder)
        closing = bool(before) and before[-1].outcome == REFUSED and run.stop_requested()
        if closing or not tasks.get(job.get("task", "")).accelerated:
            return super().run(folder, bounds)
        asked = seconds_for(before, (job.get("forecast") or {}).get("seconds"), run.stop_requested())
        context = self._callers.get(run.id, contextvars.copy_context()).copy()
        part = Part(lambda part: context.run(self._work, part, run, bounds, asked), f"genhub-chunk-{run.id[:8]}")
        self._parts = [*(each for each in self._parts if each.is_alive()), part]
        part.start()
        return Process(os.getpid(), 0.0, part=part)

    def _work(self, part: Part, run: RunFolder, bounds: Bounds, asked: int) -> None:
        before, told, outcome = of_run(run.path), [], LOST
        args = {"run": str(run.path), "bounds": bounds.to_dict(), "worked": sum(each.took for each in before)}
        try:
            with contextlib.closing(zerogpu.run("genhub.jobs.chunk:train", args, asked)) as telling:
                for each in telling:
                    told.append(each)
                    if part.cancelled():
                        break
            outcome = told[-1].get("outcome", LOST) if told else LOST
        except zerogpu.Refused as error:
            outcome = REFUSED
            if asked <= LEAST_SECONDS:
                self._refused(run, error)
        except zerogpu.Busy:
            outcome = WAITED
        except zerogpu.Ended:
            logger.info("a chunk of %s s was ended before its time", asked)
        except Exception:  # a thread's edge: the scheduler sees that nothing came of it
            logger.exception("a chunk of a training met a defect")
        if run.path.exists():
            write_json(run.path / FILE, [asdict(each) for each in (*before, Chunk.of(asked, told, outcome))])
        self.on_change()

    def _refused(self, run: RunFolder, error: zerogpu.Refused) -> None:
        """There is no more GPU for this visitor: the run ends with what it has."""
        mend(run)
        if not run.has("checkpoints") or not any((run.checkpoints).iterdir()):
            run.append(Failed(error.what, error.limit, error.remedy))
            return
        run.append(Note(f"{error.what} So it was stopped here, and judged on the processor; the best so far is kept."))
        run.request_stop("quota")
