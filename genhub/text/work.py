"""What every training that writes a run begins with: where it goes, what it may take, and whether it goes on with one that was killed."""

from collections.abc import Iterator
from dataclasses import dataclass

from genhub.events import Done, Event
from genhub.jobs.folder import RunFolder
from genhub.options import Config
from genhub.text import methods, outcome
from genhub.training.checkpoint import Checkpoints
from genhub.training.plan import Fitted, Pace


@dataclass(frozen=True)
class Trained:
    """A pretrained model with the best weights in it, and how it got there. `trainable`, `total`: how many parameters learnt, and there are."""

    model: methods.Pretrained
    fitted: Fitted
    trainable: int
    total: int


class Work:
    """One training on its way; each task derives its own. `main`: this process writes files and tells events."""

    def __init__(self, config: Config, run: RunFolder, accelerator):
        self.config, self.run, self.accelerator = config, run, accelerator
        self.main = accelerator.is_main_process
        self.resuming = run.checkpoints.exists()
        accelerator.wait_for_everyone()
        if self.main:
            run.checkpoints.mkdir(parents=True, exist_ok=True)
        self.keeper = Checkpoints(run.checkpoints)
        self.memory = outcome.Memory(accelerator.device)
        self.pace = Pace()
        self.stopped = False

    def events(self) -> Iterator[Event]:
        """The whole task, Done as the last."""
        raise NotImplementedError

    def told(self) -> Iterator[Event]:
        """What of it this process tells: under `torchrun` the main one everything, the others that they are done."""
        for event in self.events():
            if self.main or isinstance(event, Done):
                yield event

    def costs(self, fitted: Fitted, trainable: int, total: int) -> dict:
        """Of the "training" section of metrics.json what every task tells: how long it took, and how much of what learnt."""
        return {
            "seconds": round(self.pace.seconds(), 2),
            "steps": fitted.steps,
            "epochs_run": fitted.epochs_run,
            "best_epoch": fitted.best_epoch,
            "trainable_parameters": trainable,
            "total_parameters": total,
            "trainable_percent": round(100 * trainable / total, 4),
            "peak_memory_mb": self.memory.peak_mb(),
            "tokens": fitted.tokens,
            "tokens_per_second": round(fitted.tokens / fitted.seconds, 1) if fitted.seconds else None,
            "file_bytes": sum(path.stat().st_size for path in outcome.weight_files(self.run).values()),
            "precision": fitted.precision,
            "device": self.accelerator.device.type,
            "stopped_by": outcome.stopped_by(self.run, self.stopped),
        }
