"""What the training loop is told: the task's side (`Trainable`), how long and how fast (`Plan`), and its surroundings
(`Session`); and what it answers (`Fitted`). The loop itself is `genhub.training.loop`."""

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import nn

from genhub.errors import UserError
from genhub.events import Progress
from genhub.options import Config
from genhub.training.checkpoint import Checkpoints

SAID = ("warmup", "weight_decay", "clip", "patience", "seed", "precision")  # fields of a Plan that configurations have as options
POOL = 50  # batches whose rows are sorted by length together


class Examples(Protocol):
    """Rows of one split. `lengths` are their costs in tokens (or 1 each)."""

    lengths: Sequence[int]

    def batch(self, indices: Sequence[int]) -> Mapping[str, torch.Tensor]:
        """The rows as tensors, padded together, on the CPU."""

    def weight(self, indices: Sequence[int]) -> float:
        """What the sum of these rows' losses is divided by: rows, tokens, or the sum of their class weights."""


class Trainable:
    """What the loop needs to know of a task; each task derives its own.

    model:             called as `model(batch)`
    train, validation: the examples
    groups:            names of the trainable parameters by group ("encoder", "head"); a Phase has a rate for each group
    """

    model: nn.Module
    train: Examples
    validation: Examples
    groups: Mapping[str, Sequence[str]]

    def loss(self, outputs: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The SUM of the rows' losses."""
        raise NotImplementedError

    def measure(self, outputs: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Sums over the rows of a validation batch, as one vector."""
        raise NotImplementedError

    def summary(self, sums: Sequence[float]) -> dict[str, float]:
        """Figures from those sums over the whole split; "val_loss" is among them."""
        raise NotImplementedError

    def better(self, figures: Mapping[str, float], best: Mapping[str, float]) -> bool:
        """Whether an epoch's figures beat the best so far."""
        return figures["val_loss"] < best["val_loss"]

    def begin_epoch(self, epoch: int) -> None:
        """Called before batches of an epoch are taken, after a resume too; most tasks do nothing. `epoch` counts from 0."""

    def turns(self, step: int) -> Sequence[str]:
        """Who learns in this step, one after the other: each turn has a forward pass, a loss and an optimiser's step of its own. Most tasks
        have one."""
        return ("",)

    def begin_turn(self, turn: str) -> None:
        """Called before the forward pass of a turn; most tasks do nothing."""

    def after_turn(self, turn: str, norm: torch.Tensor) -> None:
        """Called after the optimiser's step of a turn; `norm`: of its gradient, before it was clipped. Most tasks do nothing."""

    def after_step(self, step: int) -> None:
        """Called after the last turn of a step, its gradients still there; most tasks do nothing. `step` counts from 0."""

    def told(self) -> dict[str, float]:
        """Figures of the steps since it was last asked, beside the loss; most tasks have none."""
        return {}

    def extra_state(self) -> dict[str, torch.Tensor]:
        """Tensors that belong into a checkpoint beside weights and optimiser; most tasks have none."""
        return {}

    def set_extra_state(self, tensors: dict[str, torch.Tensor]) -> None:
        """Put them back."""


@dataclass(frozen=True)
class Phase:
    """Some epochs with a learning rate for each group of parameters; a rate of 0 freezes the group."""

    epochs: int
    rates: dict[str, float]


@dataclass(frozen=True)
class Plan:
    """How to train one part.

    patience: epochs without gain after which it stops early (0: never). They count in the second half of the last phase only:
              before, the learning rate is high, and most of the gain comes when it falls.
    betas:    how fast AdamW forgets its first and second moments.
    muon:     groups of matrices that Muon steps instead of AdamW; see `genhub.training.optimizers`.
    in_order: batches of neighbouring rows, in their order, every epoch: for models that carry a state from batch to batch.
    """

    phases: tuple[Phase, ...]
    batch_size: int
    part: str = "final"
    warmup: float = 0.1
    weight_decay: float = 0.01
    clip: float = 1.0
    patience: int = 0
    seed: int = 0
    precision: str = "auto"
    betas: tuple[float, float] = (0.9, 0.999)
    muon: tuple[str, ...] = ()
    in_order: bool = False

    @classmethod
    def of(cls, config: Config, phases: tuple[Phase, ...], batch_size: int, **more) -> "Plan":
        """With what a task's configuration says of it (see SAID); `more` counts instead, and besides."""
        said = {name: getattr(config, name) for name in SAID if hasattr(config, name)}
        return cls(phases, batch_size, **{**said, **more})

    @property
    def epochs(self) -> int:
        return sum(phase.epochs for phase in self.phases)

    def steps(self, rows: int) -> int:
        """Optimiser steps for `rows` training rows, without early stopping."""
        return self.epochs * math.ceil(rows / self.batch_size)

    def order(self, lengths: Sequence[int], epoch: int) -> list[list[int]]:
        """The batches of an epoch, as row numbers."""
        if self.in_order:
            rows = range(len(lengths))
            return [list(rows[at : at + self.batch_size]) for at in rows[:: self.batch_size]]
        return batch_order(lengths, self.batch_size, self.seed, epoch)


@dataclass
class Pace:
    """How far the whole task is, all parts together, and how long it still takes: the mean cost of a step so far, since `begin`.

    `tail_seconds`: what comes after the last step. `before`: seconds worked before a restart.
    """

    total: int = 0
    done: int = 0
    tail_seconds: float = 0.0
    before: float = 0.0
    _start: float = field(default_factory=time.monotonic)
    _begun: float | None = None
    _skipped: int = 0

    def begin(self) -> None:
        """The steps begin now: what went before (reading rows, opening a model) is not part of a step's cost."""
        self._begun = self._begun or time.monotonic()

    def skip(self, steps: int) -> None:
        """Steps that are done without having been worked for now: before a restart, or left out."""
        self._skipped += steps
        self.done += steps

    def seconds(self) -> float:
        """Seconds worked, those before a restart included."""
        return self.before + time.monotonic() - self._start

    def progress(self, note: str = "") -> Progress:
        measured = self.done - self._skipped
        if measured <= 0:
            return Progress(self.done, self.total, None, note)
        left = (time.monotonic() - (self._begun or self._start)) / measured * (self.total - self.done) + self.tail_seconds
        return Progress(self.done, self.total, round(left, 1), note)


@dataclass(frozen=True)
class Session:
    """What surrounds a run.

    accelerator: from `make_accelerator`
    stop:        looked at before every step
    keeper:      where checkpoints go; None: nowhere
    pace:        of the whole task
    parts_done:  parts that are over, told to the page after a resume
    resuming:    an earlier process worked on this part; what it reported after the checkpoint, or without one, is void
    """

    accelerator: object
    stop: Callable[[], bool] = bool
    keeper: Checkpoints | None = None
    pace: Pace = field(default_factory=Pace)
    parts_done: tuple[str, ...] = ()
    resuming: bool = False


@dataclass(frozen=True)
class Fitted:
    """What came out; the task's model holds the best weights. Rates are of training steps alone, tokens without padding."""

    steps: int
    epochs_run: int
    best_epoch: int
    best: dict[str, float]
    stopped: bool
    seconds: float
    rows: int
    tokens: int
    precision: str
    history: list[dict] = field(default_factory=list)  # the figures of every epoch


@dataclass(frozen=True)
class Timed:
    """What some real steps cost: seconds a token for a whole step and for a forward pass alone."""

    steps: int
    step_seconds: float
    forward_seconds: float
    precision: str


class Diverged(UserError):
    """The loss is not a number any more. `best_epoch`: the epoch whose weights the model holds again, 0 if there is none."""

    def __init__(self, step: int, rate: float, best_epoch: int):
        kept = f"The model of epoch {best_epoch} is kept. " if best_epoch else ""
        super().__init__(
            f"The loss is not a finite number after step {step} at a learning rate of {rate:.3g}.",
            "Training goes on only with finite losses.",
            f"{kept}Choose a smaller learning rate, or a smaller clip.",
            "learning_rate",
        )
        self.best_epoch = best_epoch


def make_accelerator():
    """Accelerate's view of this process: its device, and the other processes under `torchrun`.

    Several phases may train different parameters, so unused ones must not make the processes wait for each other.
    """
    from accelerate import Accelerator, DistributedDataParallelKwargs

    return Accelerator(cpu=together_on_cpu(), kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)])


def together_on_cpu() -> bool:
    """Whether this is one of several processes on a computer without an accelerator. Accelerate has to be told: it would take each for alone."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1 and not torch.accelerator.is_available()


def agreed(accelerator, number: int) -> int:
    """The largest value that any process has; every process must ask at the same point."""
    if accelerator.num_processes == 1:
        return number
    return int(accelerator.gather(torch.tensor([number], device=accelerator.device)).max())


def batch_order(lengths: Sequence[int], batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """Every row once, in batches of similar length, the batches in random order.

    Rows are shuffled, then sorted by length within pools of POOL batches: almost no padding, and yet other neighbours each
    epoch. A function of its arguments alone, so a resumed run needs to know only how far it was.
    """
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    rows = torch.randperm(len(lengths), generator=generator).tolist()
    batches = []
    for start in range(0, len(rows), POOL * batch_size):
        pool = sorted(rows[start : start + POOL * batch_size], key=lambda row: lengths[row])
        batches += [pool[at : at + batch_size] for at in range(0, len(pool), batch_size)]
    return [batches[index] for index in torch.randperm(len(batches), generator=generator).tolist()]
