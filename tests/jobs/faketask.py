"""A task without a model: it counts steps, keeps a checkpoint after each, and misbehaves when told to.

Importing this module registers it as "fake"; the warm server of these tests preloads it.
"""

import itertools
import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from genhub import tasks
from genhub.errors import UserError
from genhub.events import Done, Metric, Progress, Resumed, Stage
from genhub.jobs.folder import write_json
from genhub.options import Config, option

MODES = ("well", "refuse", "defect", "exit", "memory", "die", "deaf", "silent", "forgetful", "crash-loop", "environment", "two-ends")


@dataclass(frozen=True)
class FakeConfig(Config):
    steps: int = option(5, "Steps to take.", low=1, high=1_000_000)
    pause: float = option(0.0, "Seconds a step takes.", low=0.0, high=10.0)
    mode: str = option("well", "How it behaves.", choices=MODES)
    method: str = option("lora", "Not used.")
    model: str = option("embedded/none", "Not used.")


def train(config: FakeConfig, run):
    if config.mode == "refuse":
        raise UserError("The loss is not finite at step 3.", "It must stay finite.", "Lower the learning rate.", "learning_rate")
    yield Stage("train", "Training")
    state = run.checkpoints / "state.json"
    step = 0
    if state.exists() and config.mode not in ("forgetful", "crash-loop"):
        step = json.loads(state.read_text())["step"]
        yield Resumed("final", step)
    while step < config.steps:
        if run.stop_requested() and config.mode != "deaf":
            yield Done({"accuracy": 0.5, "steps": step}, stopped=True)
            return
        step += 1
        time.sleep(config.pause)  # the work
        _misbehave(config.mode, step, run)
        yield Metric(step, {"loss": 1 / step})
        yield Progress(step, config.steps, (config.steps - step) * config.pause)
        if config.mode not in ("forgetful", "crash-loop"):
            run.checkpoints.mkdir(exist_ok=True)
            write_json(state, {"step": step})
            run.pause()
    if config.mode == "silent":
        return
    yield Done({"accuracy": 0.9, "steps": step, "rows": len(run.rows.read_text().splitlines())})
    if config.mode == "two-ends":
        yield Done({"accuracy": 0.1})


def _misbehave(mode: str, step: int, run) -> None:
    if mode == "defect":
        raise ZeroDivisionError("a secret detail")
    if mode == "exit":
        sys.exit(3)
    if mode == "memory":
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.")
    if mode == "crash-loop" and step == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    if mode in ("die", "forgetful") and step == 3 and not (run.path / "died").exists():
        (run.path / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == "environment":
        facts = {
            "environment": dict(os.environ),
            "session": os.getsid(0) == os.getpid(),
            "nice": os.nice(0),
            "files": sorted(str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.exists()),
        }
        write_json(run.path / "facts.json", facts)
        print("printed by the task")


def add(args: dict) -> dict:
    """A function for `Runner.call`."""
    return {"sum": args["a"] + args["b"], "pid": os.getpid()}


def refuse(args: dict) -> dict:
    raise UserError("No.", "Never.", "Ask something else.", "a")


def break_down(args: dict) -> dict:
    raise ZeroDivisionError("a detail")


def hang(args: dict) -> dict:
    for _ in itertools.count():
        time.sleep(0.05)


def vanish(args: dict) -> dict:
    os.kill(os.getpid(), signal.SIGKILL)


tasks.TASKS["fake"] = tasks.Task("fake", FakeConfig, "tests.jobs.faketask:train")
