"""The loop on a problem of its own (a small regression), so that nothing here depends on text."""

import random
from dataclasses import replace

import pytest
import torch
from torch import nn

from genhub.events import Metric, Note, Progress, Resumed
from genhub.training.checkpoint import Checkpoints
from genhub.training.loop import fit
from genhub.training.plan import Diverged, Pace, Phase, Plan, Session, Trainable, batch_order, make_accelerator

PLAN = Plan((Phase(3, {"body": 0.05, "head": 0.1}),), batch_size=4, precision="fp32", seed=5)


class Points:
    """Rows of three features, a noisy linear target."""

    def __init__(self, count: int, seed: int):
        draw = torch.Generator().manual_seed(seed)
        self.x = torch.randn(count, 3, generator=draw)
        self.y = self.x @ torch.tensor([1.0, -2.0, 0.5]) + 0.1 * torch.randn(count, generator=draw)
        self.lengths = [1 + index % 7 for index in range(count)]

    def batch(self, indices):
        return {"x": self.x[list(indices)], "y": self.y[list(indices)]}

    def weight(self, indices):
        return float(len(indices))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(3, 8)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(8, 1)

    def forward(self, batch):
        return self.head(self.dropout(torch.tanh(self.body(batch["x"])))).squeeze(-1)


class Regression(Trainable):
    def __init__(self, rows: int = 26):
        torch.manual_seed(0)
        self.model = Net()
        self.train, self.validation = Points(rows, 1), Points(9, 2)
        self.groups = {"body": ["body.weight", "body.bias"], "head": ["head.weight", "head.bias"]}

    def loss(self, outputs, batch):
        return (outputs - batch["y"]).square().sum()

    def measure(self, outputs, batch):
        return torch.stack([self.loss(outputs, batch), torch.tensor(float(len(outputs)))])

    def summary(self, sums):
        return {"val_loss": sums[0] / sums[1]}


def collect(generator) -> tuple[list, object]:
    """(events, return value) of a generator."""
    events = []
    while True:
        try:
            events.append(next(generator))
        except StopIteration as end:
            return events, end.value


def curve(events) -> list:
    """What must be bitwise equal: the losses and rates, not the speeds."""
    kept = ("loss", "val_loss", "learning_rate")
    return [
        (event.step, {name: event.values[name] for name in kept if name in event.values}) for event in events if isinstance(event, Metric)
    ]


def session(**more) -> Session:
    return Session(make_accelerator(), **more)


@pytest.mark.parametrize(("rows", "size"), [(1000, 8), (10, 32), (33, 8)])
def test_batches_hold_every_row_once_and_alike_lengths(rows, size):
    lengths = [random.Random(row).randint(3, 60) for row in range(rows)]
    batches = batch_order(lengths, size, seed=1, epoch=0)
    assert sorted(row for batch in batches for row in batch) == list(range(rows))
    padded = sum(len(batch) * max(lengths[row] for row in batch) for batch in batches)
    in_order = sum(len(chunk) * max(chunk) for chunk in (lengths[at : at + size] for at in range(0, rows, size)))
    assert padded <= in_order
    if rows == 1000:
        assert padded < 1.05 * sum(lengths)


def test_order_depends_on_seed_and_epoch_only():
    lengths = list(range(100))
    assert batch_order(lengths, 8, 1, 0) == batch_order(lengths, 8, 1, 0)
    assert batch_order(lengths, 8, 1, 0) != batch_order(lengths, 8, 1, 1)
    assert batch_order(lengths, 8, 1, 0) != batch_order(lengths, 8, 2, 0)


def test_in_order_means_neighbours_in_their_order_every_epoch():
    plan = Plan((Phase(2, {"body": 0.1}),), 4, in_order=True)
    assert plan.order([9, 1, 5, 5, 2, 7], 0) == plan.order([9, 1, 5, 5, 2, 7], 1) == [[0, 1, 2, 3], [4, 5]]
    assert PLAN.order([3] * 9, 1) == batch_order([3] * 9, 4, PLAN.seed, 1)


def test_learns_and_says_so():
    task = Regression()
    events, fitted = collect(fit(task, Plan((Phase(30, {"body": 0.05, "head": 0.1}),), 4, precision="fp32"), session(pace=Pace(210))))
    losses = [event.values["val_loss"] for event in events if isinstance(event, Metric) and "val_loss" in event.values]
    assert len(losses) == 30
    assert fitted.best["val_loss"] == min(losses) < 0.3 * losses[0]
    assert fitted.steps == 210
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert (last.done, last.total) == (210, 210)
    metric = next(event for event in events if isinstance(event, Metric))
    assert metric.values["rows_per_second"] > 0
    assert metric.values["tokens_per_second"] > 0


def test_the_rate_rises_then_falls_to_nothing():
    events, _ = collect(fit(Regression(40), Plan((Phase(2, {"body": 0.05, "head": 0.1}),), 4, warmup=0.2, precision="fp32"), session()))
    rates = [event.values["learning_rate"] for event in events if isinstance(event, Metric) and "learning_rate" in event.values]
    assert len(rates) == 20
    assert rates[:4] == sorted(rates[:4])
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert max(rates) == pytest.approx(0.05)
    assert 0 < rates[-1] < 0.005


def test_keeps_the_best_epoch_and_stops_early():
    task = Regression()
    seen = []

    def summary(sums):
        value = [0.5, 0.4, 0.6, 0.7, 0.1][len(seen)]
        seen.append({name: tensor.clone() for name, tensor in task.model.state_dict().items()})
        return {"val_loss": value}

    task.summary = summary
    events, fitted = collect(
        fit(task, Plan((Phase(5, {"body": 0.05, "head": 0.1}),), 4, patience=2, precision="fp32"), session(pace=Pace(35)))
    )
    assert len(seen) == 4
    assert (fitted.best_epoch, fitted.epochs_run, fitted.stopped) == (2, 4, False)
    assert any(isinstance(event, Note) and "Stopped early" in event.text for event in events)
    assert all(torch.equal(tensor, seen[1][name]) for name, tensor in task.model.state_dict().items())


def test_a_phase_freezes_what_has_no_rate():
    task = Regression()
    before = task.model.body.weight.clone()
    plan = Plan((Phase(1, {"body": 0.0, "head": 0.1}), Phase(1, {"body": 0.05, "head": 0.05})), 4, precision="fp32")
    events = fit(task, plan, session())
    for event in events:
        if isinstance(event, Metric) and "val_loss" in event.values:
            assert torch.equal(task.model.body.weight, before) == (event.step == 7)


@pytest.mark.parametrize("after", [0, 3, 10])
def test_stop_is_heard_before_the_next_step(after):
    task, steps = Regression(), []
    task.after_step = steps.append
    _, fitted = collect(fit(task, PLAN, session(stop=lambda: len(steps) >= after)))
    assert fitted.stopped
    assert len(steps) == fitted.steps == after
    assert bool(fitted.best) == (after >= 7)


def test_a_loss_that_is_no_number_names_step_and_rate_and_keeps_the_best():
    task, count = Regression(), []
    best = {}

    def after_step(step):
        count.append(step)
        if step == 6:  # the last of the first epoch
            best.update({name: tensor.clone() for name, tensor in task.model.state_dict().items()})
        if step == 9:
            with torch.no_grad():
                task.model.head.weight.fill_(float("nan"))

    task.after_step = after_step
    with pytest.raises(Diverged) as caught:
        collect(fit(task, PLAN, session()))
    assert "step 11" in caught.value.what
    assert "learning rate of 0.0" in caught.value.what
    assert caught.value.field == "learning_rate"
    assert caught.value.best_epoch == 1
    assert all(torch.equal(tensor, best[name]) for name, tensor in task.model.state_dict().items())


class Steps(Regression):
    """The matrices in a group of their own, for Muon."""

    def __init__(self):
        super().__init__()
        self.groups = {"body": ["body.weight"], "head": ["head.weight", "head.bias", "body.bias"]}


MUON = replace(PLAN, muon=("body",), betas=(0.9, 0.95))


@pytest.mark.parametrize(("make", "plan"), [(Regression, PLAN), (Steps, MUON), (Regression, replace(PLAN, in_order=True))])
def test_resumes_to_the_same_curve_after_five_kills(make, plan, tmp_path):
    whole, _ = collect(fit(make(), plan, session()))
    draw, seen = random.Random(4), []
    for kills, stop_after in enumerate([draw.randint(1, 3) for _ in range(5)] + [999]):
        torch.manual_seed(draw.randint(0, 99))  # the state before a resume must not matter
        generator = fit(make(), plan, session(keeper=Checkpoints(tmp_path, seconds=0), resuming=kills > 0))
        metrics = 0
        for event in generator:
            if isinstance(event, Resumed):
                seen = [entry for entry in seen if not isinstance(entry, Metric) or entry.step <= event.step]
            seen.append(event)
            metrics += isinstance(event, Metric)
            if metrics > stop_after:
                break
        generator.close()
    assert curve(seen) == curve(whole)
    assert sum(isinstance(event, Resumed) for event in seen) == 5


def test_a_resume_without_a_checkpoint_begins_again(tmp_path):
    events, _ = collect(fit(Regression(), PLAN, session(keeper=Checkpoints(tmp_path), resuming=True, parts_done=("fold 1",))))
    assert events[0] == Resumed("final", 0, ["fold 1"])


def test_the_arithmetic_of_the_checkpoint_wins(tmp_path):
    generator = fit(Regression(), PLAN, session(keeper=Checkpoints(tmp_path, seconds=0)))
    for event in generator:
        if isinstance(event, Metric) and event.step == 3:
            break
    generator.close()
    _, fitted = collect(fit(Regression(), Plan(PLAN.phases, 4, seed=5, precision="bf16"), session(keeper=Checkpoints(tmp_path))))
    assert fitted.precision == "fp32"
