"""A stage of a long training: some hours of it, from the last checkpoint on."""

import argparse
import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from genhub import settings
from genhub.events import Event, Metric, Note, Resumed
from genhub.training.checkpoint import Checkpoints
from genhub.training.loop import fit, stored_buffers
from genhub.training.plan import Fitted, Pace, Plan, Session, Trainable, make_accelerator
from genhub.zoo.recipes import publish

ZOO = Path(__file__).parents[1]
CHECKPOINT_SECONDS = 120.0
SPOKEN_SECONDS = 60.0
log = logging.getLogger("genhub.zoo")


@dataclass(frozen=True)
class Options:
    """hours: how long this stage may take. export: take the best so far, finished or not. into: the folder of finished models.
    only: which of a recipe's models to make."""

    hours: float = 2.0
    seed: int = 0
    export: bool = False
    into: Path = ZOO
    only: tuple[str, ...] = ()


def options(description: str, only: tuple[str, ...] = ()) -> Options:
    """From the command line; what happens is logged to stderr from now on. `only`: the models of a recipe that makes several."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=2.0, help="the longest this stage may take; run it again to go on")
    parser.add_argument("--seed", type=int, default=0, help="of the first weights and of all that is drawn")
    parser.add_argument("--export", action="store_true", help="train no further: write the best model so far")
    parser.add_argument("--into", type=Path, default=ZOO, help="where the finished model's folder is put")
    if only:
        parser.add_argument("--only", nargs="+", choices=only, default=only, help="which of its models; all, one after the other")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    given = vars(parser.parse_args())
    return Options(**{**given, "only": tuple(given.get("only", ()))})


def data(*names: str) -> list[Path]:
    """Files below the folder of real data. Exits when they are not there."""
    homes = [Path(home) for home in (os.environ.get("GENHUB_DATA"), ZOO.parents[2] / "shared" / "data") if home]
    for home in homes:
        if all((home / name).exists() for name in names):
            return [home / name for name in names]
    sys.exit(f"{', '.join(names)}: not found in {' or '.join(map(str, homes))}. Set GENHUB_DATA.")


def home(name: str) -> Path:
    """Where the checkpoints of a recipe lie, and what it keeps beside them."""
    folder = settings.get().home / "zoo" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def train(name: str, task: Trainable, plan: Plan, options: Options) -> dict | None:
    """Train until done or until the stage's hours have passed. `task.model` then holds the best weights.

    Returns what a card tells of the training, or None when the stage is over before the training is: run it again. A finished
    training is kept, and only read the next time.
    """
    keeper = Checkpoints(home(name), seconds=CHECKPOINT_SECONDS)
    total = plan.steps(len(task.train.lengths))
    kept = keeper.part(plan.part)
    if kept is not None:
        task.model.load_state_dict(kept.tensors, strict=False)  # tied weights are stored once
        return kept.scalars
    if options.export:
        return unfinished(plan.part, task, keeper, total)
    deadline = time.monotonic() + options.hours * 3600
    pace = Pace(total=total)
    pace.begin()
    events = fit(task, plan, Session(make_accelerator(), lambda: time.monotonic() > deadline, keeper, pace))
    fitted: Fitted = follow(f"{name}, {plan.part}" if plan.part != "final" else name, events, pace)
    if fitted.stopped:
        log.info("%s: %s of %s steps done; run it again to go on", name, fitted.steps, total)
        return None
    told = {"steps": fitted.steps, "total": total, "seconds": fitted.seconds, "tokens": fitted.tokens, "precision": fitted.precision}
    told |= {"best_epoch": fitted.best_epoch, "history": fitted.history, "machine": publish.machine()}
    keeper.save_part(plan.part, dict(task.model.named_parameters()) | stored_buffers(task.model), told)
    return told


def unfinished(part: str, task: Trainable, keeper: Checkpoints, total: int) -> dict | None:
    """The best weights of the newest checkpoint, for a look in between; None when there are none."""
    saved = keeper.latest()
    if saved is None or saved.scalars["part"] != part or not saved.scalars["best_epoch"]:
        log.info("Nothing to export yet of %s in %s.", part, keeper.folder.name)
        return None
    best = {key.removeprefix("best/"): tensor for key, tensor in saved.tensors.items() if key.startswith("best/")}
    task.model.load_state_dict(best, strict=False)
    known = ("seconds", "tokens", "precision", "best_epoch", "history")
    return {"steps": saved.scalars["step"], "total": total, **{key: saved.scalars[key] for key in known}}


def follow(name: str, events: Iterator[Event], pace: Pace) -> Fitted:
    """Drain the loop's events, telling a line a minute and every validation; returns what the loop returned."""
    spoken = 0.0
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            return end.value
        if isinstance(event, Metric) and ("val_loss" in event.values or time.monotonic() - spoken > SPOKEN_SECONDS):
            spoken = time.monotonic()
            figures = ", ".join(f"{key.replace('_', ' ')} {value:.4g}" for key, value in event.values.items())
            left = pace.progress().seconds_left
            log.info("%s: step %s of %s, %s%s", name, event.step, pace.total, figures, f", {left / 60:.0f} min left" if left else "")
        elif isinstance(event, Note):
            log.info("%s: %s", name, event.text)
        elif isinstance(event, Resumed):
            log.info("%s: going on from step %s", name, event.step)
