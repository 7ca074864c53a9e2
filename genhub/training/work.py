"""What every training that writes a run begins with: where it goes, what it may take, whether it goes on with one that was killed, and
the order in which things happen."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from genhub.events import Done, Event, Note, Stage
from genhub.jobs.folder import RunFolder
from genhub.options import Config
from genhub.training import outcome
from genhub.training.checkpoint import Checkpoints
from genhub.training.plan import Fitted, Pace, agreed

M = TypeVar("M")


@dataclass(frozen=True)
class Trained:
    """A model with the best weights in it, and how it got there. `trainable`, `total`: how many parameters learnt, and there are."""

    model: object
    fitted: Fitted
    trainable: int
    total: int


@dataclass(frozen=True)
class Contender(Generic[M]):
    """A model that is judged. `within`: the circumstances under which it is that model, such as its adapter being off."""

    model: M
    within: Callable[[], contextlib.AbstractContextManager] = contextlib.nullcontext


class Work:
    """One training on its way; each task derives its own. `main`: this process writes files and tells events.

    A task with one model says how it reads (`reading`, `prepare`), trains (`fit`) and judges (`finish`); one with several has `events`
    of its own.
    """

    reading = ""

    def __init__(self, config: Config, run: RunFolder, accelerator):
        self.config, self.run, self.accelerator = config, run, accelerator
        self.main = accelerator.is_main_process
        self.resuming = run.checkpoints.exists()
        accelerator.wait_for_everyone()
        if self.main:
            run.checkpoints.mkdir(parents=True, exist_ok=True)
        self.keeper = Checkpoints(run.checkpoints, run=run)
        self.memory = outcome.Memory(accelerator.device)
        self.pace = Pace()
        self.stopped = False

    def events(self) -> Iterator[Event]:
        """The whole task, Done as the last."""
        yield Stage("prepare", self.reading)
        for note in self.prepare():
            yield Note(note)
        yield Stage("train", "Training")
        trained = yield from self.fit()
        self.stopped = bool(agreed(self.accelerator, int(trained.fitted.stopped)))
        yield from self.finish(trained)

    def prepare(self) -> Iterable[str]:
        """Reads the data and the model. Returns what the user should know of them."""
        raise NotImplementedError

    def fit(self) -> Iterator[Event]:
        """Returns Trained."""
        raise NotImplementedError

    def finish(self, trained: Trained) -> Iterator[Event]:
        """Judge the model on what it has not seen, write everything, end with Done."""
        raise NotImplementedError

    def told(self) -> Iterator[Event]:
        """What of it this process tells: under `torchrun` the main one everything, the others that they are done."""
        for event in self.events():
            if self.main or isinstance(event, Done):
                yield event

    def costs(self, trained: Trained) -> dict:
        """Of the "training" section of metrics.json what every task tells: how long it took, and how much of what learnt."""
        fitted = trained.fitted
        return {
            "seconds": round(self.pace.seconds(), 2),
            "steps": fitted.steps,
            "epochs_run": fitted.epochs_run,
            "best_epoch": fitted.best_epoch,
            "trainable_parameters": trained.trainable,
            "total_parameters": trained.total,
            "trainable_percent": round(100 * trained.trainable / trained.total, 4),
            "peak_memory_mb": self.memory.peak_mb(),
            "tokens": fitted.tokens,
            "tokens_per_second": round(fitted.tokens / fitted.seconds, 1) if fitted.seconds else None,
            "file_bytes": sum(path.stat().st_size for path in outcome.weight_files(self.run).values()),
            "precision": fitted.precision,
            "device": self.accelerator.device.type,
            "stopped_by": outcome.stopped_by(self.run, self.stopped),
        }
