"""A home with a runner on the fake task, and a runner in a process of its own that can be killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from genhub import settings, tasks
from genhub.jobs import living
from genhub.jobs.new import make_job
from genhub.jobs.runner import Runner
from tests.jobs import faketask

PRELOAD = ("tests.jobs.faketask",)
ENDED = ("finished", "stopped", "failed")
# A shell ignores SIGINT for what it starts in the background, and children inherit that: the server heeds it again.
SERVER = f"""
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from genhub import settings
from genhub.jobs.runner import Runner
from tests.jobs import faketask
runner = Runner(settings.get(), slots=2, poll_seconds=0.05, preload={PRELOAD!r})
runner.start()
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _fake_task(monkeypatch) -> None:
    monkeypatch.setitem(tasks.TASKS, "fake", tasks.Task("fake", faketask.FakeConfig, "tests.jobs.faketask:train"))


@pytest.fixture
def rows(tmp_path) -> Path:
    path = tmp_path / "clean.jsonl"
    path.write_text("".join(json.dumps({"text": f"text {i}", "label": "ab"[i % 2], "row": i, "group": i}) + "\n" for i in range(4)))
    return path


@pytest.fixture
def job(rows) -> Callable[..., dict]:
    """job(steps=…, pause=…, mode=…) → a job.json of the fake task."""
    return lambda **options: make_job("fake", faketask.FakeConfig(**options), rows, {"name": "four rows"})


@pytest.fixture
def make_runner(home) -> Iterator[Callable[..., Runner]]:
    """make_runner(start=True, **arguments) → a Runner on this test's home; all are closed, and their jobs ended, afterwards.
    Two slots, however many cores there are."""
    made = []

    def make(start: bool = True, **arguments) -> Runner:
        made.append(Runner(settings.get(), **{"slots": 2, "poll_seconds": 0.05, "preload": PRELOAD, **arguments}))
        if start:
            made[-1].start()
        return made[-1]

    yield make
    for runner in made:
        runner.close()
    end_jobs(home)


@pytest.fixture
def runner(make_runner) -> Runner:
    return make_runner()


@pytest.fixture
def server(home) -> Iterator[Callable[[], subprocess.Popen]]:
    """server() → a process that holds a running Runner, until it is killed."""
    started = []

    def start() -> subprocess.Popen:
        root = Path(__file__).resolve().parents[2]
        env = {**os.environ, "PYTHONPATH": str(root)}
        process = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, cwd=root)
        started.append(process)
        assert process.stdout.readline() == b"up\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
    end_jobs(home)


def end_jobs(home: Path) -> None:
    for folder in (home / "runs").glob("*"):
        if (process := living.of_run(folder)) is not None:
            living.end(process, force=True)


def kill(process: living.Process | subprocess.Popen) -> None:
    """kill -9, and nothing else."""
    os.kill(process.pid, signal.SIGKILL)


@pytest.fixture
def steps_of() -> Callable[[Path], list[int]]:
    """steps_of(run's path) → the steps in its loss curve, voided ones left out."""
    from genhub.jobs import reading
    from genhub.jobs.folder import RunFolder

    return lambda path: [step for step, _ in reading.read(RunFolder(path)).curves.get("final", {}).get("loss", [])]
