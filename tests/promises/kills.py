"""Kills of trainers that run in a process of their own and say each event on a line, as soon as it is in their log."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from tests.promises.measured import FULL


def moments(usual: int, steps: int) -> list[int]:
    """At which of its metrics a trainer is killed: at the usual one; in full, fifty times at random ones of so many."""
    chance = random.Random(0)
    return [chance.randint(1, steps) for _ in range(50)] if FULL else [usual]


def killed(script: str, run: Path, moment: int) -> None:
    """Train, with a checkpoint after each step, and kill -9 once so many metrics were told."""
    place = run.with_suffix(".py")
    place.write_text(script)
    environment, told = {**os.environ, "GENHUB_CHECKPOINT_SECONDS": "0"}, 0
    with subprocess.Popen([sys.executable, str(place), str(run)], stdout=subprocess.PIPE, text=True, env=environment) as child:
        for line in child.stdout:
            told += line.startswith("Metric")
            if told == moment:
                child.send_signal(signal.SIGKILL)
                break
        child.wait()
    assert told == moment, f"it ended after {told} metrics"
