"""The training loop: one for every task, on Accelerate, one process or many.

A task says what its model, examples and loss are (`Trainable`); a `Plan` says how long and how fast; `fit` does the rest
and reports events: batches of rows of similar length, warm-up and linear decay, gradient clipping, early stopping with the
best weights kept, checkpoints from which a killed run goes on to the bitwise same loss curve (CPU, one thread).

    fitted = yield from fit(task, plan, Session(make_accelerator(), run.stop_requested, keeper))

Under `torchrun` every process holds all examples and walks the same order; each takes its share of every batch, and losses
are divided by the whole batch's weight, so that the gradient is that of a single process. What a task draws for its rows comes from
`genhub.training.draws`, so that it is that of a single process, too; dropout and the statistics of a batch norm are each process's own.
"""

import math
import time
from collections.abc import Iterator

import torch
from torch import nn

from genhub.errors import UserError
from genhub.events import Event, Metric, Note, Resumed
from genhub.training import checkpoint, draws, precision
from genhub.training.optimizers import Optimizers
from genhub.training.plan import Diverged, Fitted, Plan, Session, Timed, Trainable, agreed

REPORTS = 200  # points of the training-loss curve a part has at most
PROGRESS_SECONDS = 1.0
COUNTERS = ("step", "best_epoch", "bad_epochs", "seconds", "rows", "tokens")


def fit(task: Trainable, plan: Plan, session: Session) -> Iterator[Event]:
    """Train `task.model` by `plan`; a generator whose return value is `Fitted`.

    Raises Diverged when the loss is not finite, UserError when the device's memory runs out.
    """
    return (yield from _Fit(task, plan, session).run())


def time_steps(task: Trainable, plan: Plan, session: Session, seconds: float) -> Timed:
    """Take real optimiser steps for about `seconds`, and one validation step, and say what they cost. The weights change.

    The first step has the longest rows: it shows the memory needed, and does not count, because whatever a library prepares
    at first use falls into it.
    """
    trial = _Fit(task, plan, session)
    trial.set_phase()
    trial.model.train()
    lengths = task.train.lengths
    trial.train_step(sorted(range(len(lengths)), key=lambda row: -lengths[row])[: plan.batch_size])
    before = (trial.seconds, trial.tokens, trial.step)
    batches = plan.order(lengths, 0)
    for indices in batches:
        trial.train_step(indices)
        if trial.seconds - before[0] > seconds:
            break
    start = time.perf_counter()
    indices = batches[0]
    trial.model.eval()
    with torch.inference_mode():
        trial.measured(trial.share(indices))
    forward = (time.perf_counter() - start) / sum(lengths[index] for index in indices)
    return Timed(trial.step - before[2], (trial.seconds - before[0]) / (trial.tokens - before[1]), forward, trial.precision)


def stored_buffers(model: nn.Module) -> dict[str, torch.Tensor]:
    """Those that a stored model has beside its parameters, such as the statistics of a batch norm, by name."""
    stored = model.state_dict()
    return {name: tensor for name, tensor in model.named_buffers() if name in stored}


class _Fit:
    """One part being trained."""

    def __init__(self, task: Trainable, plan: Plan, session: Session):
        self.task, self.plan, self.session = task, plan, session
        self.accelerator = session.accelerator
        self.device = self.accelerator.device
        self.world, self.rank = self.accelerator.num_processes, self.accelerator.process_index
        self.per_epoch = math.ceil(len(task.train.lengths) / plan.batch_size)
        self.total = plan.epochs * self.per_epoch
        self.every = max(1, self.total // REPORTS)
        self.step = self.best_epoch = self.bad_epochs = self.rows = self.tokens = 0
        self.seconds = 0.0
        self.best: dict[str, float] = {}
        self.best_weights: dict[str, torch.Tensor] = {}
        self.history: list[dict] = []
        self.losses: list[torch.Tensor] = []  # of the steps since the last report
        self.reported = (0.0, 0, 0)  # seconds, rows, tokens at the last report
        self.last_progress = time.monotonic()
        self.prepare()

    def prepare(self) -> None:
        self.precision = precision.resolve(self.plan.precision, self.device)
        self.precision = precision.PRECISIONS[agreed(self.accelerator, precision.PRECISIONS.index(self.precision))]
        self.task.model.to(self.device)
        wanted = {name: group for group, names in self.task.groups.items() for name in names}
        self.named = {name: tensor for name, tensor in self.task.model.named_parameters() if name in wanted}
        self.kept = self.named | stored_buffers(self.task.model)
        self.optimizer = Optimizers(self.named, wanted, self.plan, self.device)
        self.accelerator.free_memory()  # it would keep the model of every part that came before
        self.model = self.accelerator.prepare_model(self.task.model)

    def run(self) -> Iterator[Event]:
        yield from self.resume()
        if self.step < self.total:
            yield from self.progress(self.step // self.per_epoch)  # before the first step: whoever wants to look at the model can
        stopped = False
        while self.step < self.total and not self.exhausted():
            stopped = yield from self.epoch(self.step // self.per_epoch)
            if stopped:
                break
        if self.step < self.total:
            yield Note(self.why_it_ended(stopped))
            self.session.pace.skip(self.total - self.step)
        self.restore(self.best_weights)
        return Fitted(
            self.step,
            math.ceil(self.step / self.per_epoch),
            self.best_epoch,
            self.best,
            stopped,
            self.seconds,
            self.rows,
            self.tokens,
            self.precision,
            self.history,
        )

    def why_it_ended(self, stopped: bool) -> str:
        if not stopped:
            return f"Stopped early: nothing better on the validation rows for {self.plan.patience} epochs. Epoch {self.best_epoch} is kept."
        kept = f"the model of epoch {self.best_epoch}" if self.best else "the model as it is, for no epoch was finished"
        return f"Stopped after step {self.step} of {self.total}, keeping {kept}."

    def epoch(self, epoch: int) -> Iterator[Event]:
        """The rest of an epoch and its validation. Returns True when Stop was pressed."""
        self.task.begin_epoch(epoch)
        order = self.plan.order(self.task.train.lengths, epoch)
        self.set_phase()
        self.model.train()
        for index in range(self.step - epoch * self.per_epoch, self.per_epoch):
            if self.stop_agreed():
                self.checkpoint(now=True)  # so that a stopped run can go on from this very step
                return True
            self.train_step(order[index])
            last = index + 1 == self.per_epoch
            if self.step % self.every == 0 or last:
                yield self.report()
            if last or time.monotonic() - self.last_progress > PROGRESS_SECONDS:
                yield from self.progress(epoch)
            if not last:
                self.checkpoint()
        figures = self.evaluate()
        if figures is None:
            return True
        yield Metric(self.step, figures, self.plan.part)
        self.judge(figures, epoch + 1)
        self.checkpoint()
        return False

    def train_step(self, indices: list[int]) -> None:
        start = time.perf_counter()
        self.set_rates()
        with draws.shared(len(indices), self.rank, self.world):
            loss = self.take_turns(indices)
        self.step += 1
        self.losses.append(loss)
        if self.world == 1 and self.device.type == "cpu" and not math.isfinite(loss.item()):
            self.fail(self.step)  # elsewhere reading each loss would stall the device: `report` looks at them together
        self.seconds += time.perf_counter() - start
        self.rows += len(indices)
        self.tokens += sum(self.task.train.lengths[index] for index in indices)
        self.session.pace.done += 1

    def take_turns(self, indices: list[int]) -> torch.Tensor:
        """One step of the optimiser for each turn; the sum of their losses."""
        batch, turns = self.share(indices), self.task.turns(self.step)
        loss = torch.zeros((), device=self.device)
        for turn in turns:
            self.task.begin_turn(turn)
            own = self.forward(batch, indices)
            self.accelerator.backward(own)
            norm = nn.utils.clip_grad_norm_([tensor for tensor in self.named.values() if tensor.grad is not None], self.plan.clip)
            self.optimizer.step()
            self.task.after_turn(turn, norm)
            if turn == turns[-1]:
                self.task.after_step(self.step)
            self.optimizer.zero_grad()
            loss = loss + own.detach()
        return loss

    def share(self, indices: list[int]) -> dict[str, torch.Tensor]:
        """This process's rows of a batch; where it is too short for all processes, its first one for the others, to be counted as none."""
        return self.on_device(self.task.train.batch(indices[self.rank :: self.world] or indices[:1]))

    def forward(self, batch: dict[str, torch.Tensor], indices: list[int]) -> torch.Tensor:
        """The sum of this share's losses over the weight of the whole batch (times the processes, because gradients are averaged over
        them)."""
        try:
            with precision.autocast(self.precision, self.device):
                outputs = self.model(batch)
            total = self.task.loss(outputs, batch)
        except torch.OutOfMemoryError as error:
            longest = max(self.task.train.lengths[index] for index in indices)
            raise UserError(
                f"The memory of {self.device} is not enough for {len(indices)} rows of {longest} tokens at once.",
                "A whole batch has to fit.",
                "Choose a smaller batch size or a smaller maximum length.",
                "batch_size",
            ) from error
        return total * ((self.world if self.rank < len(indices) else 0.0) / self.task.train.weight(indices))

    def measured(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """What the task measures of rows that it does not learn from."""
        with precision.autocast(self.precision, self.device):
            outputs = self.task.model(batch)
        return self.task.measure(outputs, batch)

    def set_phase(self) -> None:
        """Only what has a learning rate in this phase needs a gradient."""
        phase, _ = self.phase()
        for group in self.optimizer.param_groups:
            for tensor in group["params"]:
                tensor.requires_grad_(phase.rates[group["name"]] > 0)

    def set_rates(self) -> None:
        """Warm-up and linear decay to zero, within each phase."""
        phase, at = self.phase()
        length = phase.epochs * self.per_epoch
        warm = round(self.plan.warmup * length)
        factor = (at + 1) / (warm + 1) if at < warm else (length - at) / (length - warm)
        for group in self.optimizer.param_groups:
            group["lr"] = factor * phase.rates[group["name"]]
        self.rate = factor * next(rate for rate in phase.rates.values() if rate)

    def phase(self) -> tuple:
        """The phase of the coming step, and how many of its steps are done."""
        at = self.step
        for phase in self.plan.phases:
            if at < phase.epochs * self.per_epoch:
                break
            at -= phase.epochs * self.per_epoch
        return phase, at

    @torch.inference_mode()
    def evaluate(self) -> dict[str, float] | None:
        """Figures on the validation rows, summed over all processes; None when Stop was pressed meanwhile."""
        self.model.eval()
        rows, size = self.task.validation, max(32, self.plan.batch_size)
        order = sorted(range(len(rows.lengths)), key=lambda row: rows.lengths[row])
        batches = [order[at : at + size] for at in range(0, len(order), size)]
        sums = None
        with torch.random.fork_rng([self.device.index or 0] if self.device.type == "cuda" else []):
            for number in range(self.rank, max(self.world, len(batches)), self.world):
                if self.world == 1 and self.session.stop():
                    return None
                torch.manual_seed(number)  # what is drawn here is the same every epoch, whoever measures the batch
                measured = self.measured(self.on_device(rows.batch(batches[number % len(batches)]))) * (number < len(batches))
                sums = measured if sums is None else sums + measured
        if self.world > 1:
            sums = self.accelerator.reduce(sums, reduction="sum")
        return self.task.summary(sums.tolist())

    def judge(self, figures: dict[str, float], epoch: int) -> None:
        """Keep the weights of the best epoch so far."""
        if not math.isfinite(figures["val_loss"]):
            self.fail(self.step)
        self.history.append({"epoch": epoch, "step": self.step, **figures})
        if not self.best or self.task.better(figures, self.best):
            self.best, self.best_epoch, self.bad_epochs = figures, epoch, 0
            self.best_weights = {name: tensor.detach().clone() for name, tensor in self.kept.items()}
        elif epoch > self.plan.epochs - self.plan.phases[-1].epochs / 2:
            self.bad_epochs += 1

    def exhausted(self) -> bool:
        return 0 < self.plan.patience <= self.bad_epochs

    def report(self) -> Metric:
        """The mean loss since the last report, the learning rate, and real rows and tokens per second."""
        losses = torch.stack(self.losses).float()
        if self.world > 1:
            losses = self.accelerator.reduce(losses, reduction="mean")
        values = losses.tolist()
        for index, value in enumerate(values):
            if not math.isfinite(value):
                self.fail(self.step - len(values) + index + 1)
        seconds, rows, tokens = (now - then for now, then in zip((self.seconds, self.rows, self.tokens), self.reported, strict=True))
        self.losses, self.reported = [], (self.seconds, self.rows, self.tokens)
        figures = {"loss": sum(values) / len(values), **self.task.told(), "learning_rate": self.rate}
        if seconds > 0:
            figures |= {"rows_per_second": round(rows / seconds, 1), "tokens_per_second": round(tokens / seconds, 1)}
        return Metric(self.step, figures, self.plan.part)

    def progress(self, epoch: int) -> Iterator[Event]:
        self.last_progress = time.monotonic()
        yield self.session.pace.progress(f"{self.plan.part}, epoch {epoch + 1} of {self.plan.epochs}")

    def fail(self, step: int) -> None:
        self.restore(self.best_weights)
        raise Diverged(step, self.rate, self.best_epoch)

    def stop_agreed(self) -> bool:
        """Stop of any process is Stop of all: they have to leave the loop before the same step."""
        return bool(agreed(self.accelerator, int(self.session.stop())))

    def on_device(self, batch) -> dict[str, torch.Tensor]:
        return {name: tensor.to(self.device, non_blocking=True) for name, tensor in batch.items()}

    @torch.no_grad()
    def restore(self, weights: dict[str, torch.Tensor]) -> None:
        for name, tensor in weights.items():
            self.kept[name].copy_(tensor)

    # --- checkpoints ------------------------------------------------------------------------------------------------

    def checkpoint(self, now: bool = False) -> None:
        keeper = self.session.keeper
        if keeper is not None and self.accelerator.is_main_process and (keeper.due() or (now and self.step)):
            keeper.save(*self.state())

    def state(self) -> tuple[dict[str, torch.Tensor], dict]:
        """Everything that the coming steps depend on, as tensors and JSON."""
        tensors, generators = checkpoint.random_state()
        tensors |= {f"weight/{name}": tensor for name, tensor in self.kept.items()}
        tensors |= {f"best/{name}": tensor for name, tensor in self.best_weights.items()}
        tensors |= {f"extra/{name}": tensor for name, tensor in self.task.extra_state().items()}
        for name, tensor in self.named.items():
            tensors |= {f"optimizer/{key}/{name}": value for key, value in self.optimizer.state(tensor).items()}
        scalars = {name: getattr(self, name) for name in COUNTERS}
        scalars |= {"part": self.plan.part, "best": self.best, "history": self.history, "random": generators}
        scalars |= {
            "worked": self.session.pace.seconds(),
            "precision": self.precision,
            "reported": self.reported,
            "losses": [loss.item() for loss in self.losses],
        }
        return tensors, scalars

    def resume(self) -> Iterator[Event]:
        """Go on from the newest whole checkpoint of this part, if there is one."""
        saved = self.session.keeper.latest() if self.session.keeper is not None else None
        if saved is None or saved.scalars.get("part") != self.plan.part:
            if self.session.resuming:
                yield Resumed(self.plan.part, 0, list(self.session.parts_done))
            return
        groups: dict[str, dict[str, torch.Tensor]] = {"weight": {}, "best": {}, "extra": {}}
        for key, tensor in saved.tensors.items():
            kind, _, name = key.partition("/")
            if kind == "optimizer":
                field, _, name = name.partition("/")
                parameter = self.named[name]
                # the step counter stays on the CPU, as AdamW keeps it; the others lie in memory as the weights do, or a fused step would mix them up
                laid_out = tensor if tensor.ndim == 0 else torch.empty_like(parameter, dtype=tensor.dtype).copy_(tensor)
                self.optimizer.state(parameter)[field] = laid_out
            elif kind in groups:
                groups[kind][name] = tensor.to(self.device)
        self.restore(groups["weight"])
        self.best_weights = groups["best"]
        self.task.set_extra_state(groups["extra"])
        for name in (*COUNTERS, "best", "history", "precision"):
            setattr(self, name, saved.scalars[name])
        self.reported = tuple(saved.scalars["reported"])
        self.losses = [torch.tensor(loss, device=self.device) for loss in saved.scalars["losses"]]
        checkpoint.set_random_state(saved.tensors, saved.scalars["random"])
        self.session.pace.skip(self.step)
        self.session.pace.before = max(self.session.pace.before, saved.scalars["worked"])
        yield Resumed(self.plan.part, self.step, list(self.session.parts_done))
