"""Kills of a training, which runs in a fork of this process, as jobs run in forks of a warm server."""

import multiprocessing
import os
import random
import signal
from pathlib import Path

from genhub import tasks
from genhub.events import Event
from genhub.jobs.folder import RunFolder
from tests.promises.measured import times

POSSIBLE = hasattr(os, "fork")


def moments(count: int) -> list[int]:
    """After which of its `count` reports a training is killed: after three in five; in full, fifty times after random ones."""
    chance = random.Random(0)
    return times([1 + 3 * count // 5], [chance.randint(1, count) for _ in range(50)])


def trained(run: RunFolder, told) -> None:
    """Train to the end. Every event is in the run's log before `told` hears of it."""
    task = tasks.get(run.job()["task"])
    for event in task.load()(task.config.from_dict(run.job()["config"]), run):
        run.append(event)
        told(event)


def killed(path: Path, kind: type[Event], moment: int) -> None:
    """Train, and kill -9 once so many events of a kind were told."""
    forks = multiprocessing.get_context("fork")
    heard, say = forks.Pipe(duplex=False)
    child = forks.Process(target=_train, args=(path, kind, say))
    child.start()
    say.close()
    told = 0
    try:
        while told < moment:
            heard.recv_bytes()
            told += 1
        os.kill(child.pid, signal.SIGKILL)
    except EOFError:
        raise AssertionError(f"it ended after {told} of its reports") from None
    finally:
        child.join()


def _train(path: Path, kind: type[Event], say) -> None:
    trained(RunFolder(path), lambda event: say.send_bytes(b"!") if isinstance(event, kind) else None)
