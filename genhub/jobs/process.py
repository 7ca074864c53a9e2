"""One job, from its job.json to its last event: what runs in a process of its own, and inline for the command line.

    python -m genhub.jobs.process FOLDER        a job where there is no warm server to fork from
    run(folder, bounds)                         the same, called in a forked child
    inline(config, folder)                      the same events, in the calling process
    chunk(run)                                  as many of them as come until `run.pause_at`: a part of a job, see `genhub.jobs.chunk`

Every event goes into the run's log before anybody sees it. Exactly one Done or Failed comes last, unless the process is killed;
then the log has no end, and whoever starts the job again goes on from its last checkpoint. This is one of the places
where any exception whatever is caught: a job's log is read by a user, who gets an id, and log.txt has the traceback.
"""

import argparse
import contextlib
import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from genhub import collector, settings, tasks
from genhub.errors import UserError, full_disk, new_error_id
from genhub.events import Done, Event, Failed, Metric, Note, Resumed, Sample
from genhub.jobs import living, reading
from genhub.jobs.folder import Paused, RunFolder
from genhub.oneshot import NO_MEMORY
from genhub.options import Config
from genhub.settings import Settings

NICE = 5
FULL_DISK = 74  # exit status of a job whose log could not be written; EX_IOERR of sysexits.h
LEAST_MEMORY = 2_000_000_000
OOM_SCORE = 500  # when memory runs out, Linux ends a job before the page


@dataclass(frozen=True)
class Bounds:
    """What a job may use: `seconds` of training, `memory_bytes` of memory, `file_bytes` in one file. 0: no bound."""

    seconds: float = 0.0
    memory_bytes: int = 0
    file_bytes: int = 0

    def to_dict(self) -> dict:
        return asdict(self)


def allowed(settings: Settings, slots: int) -> Bounds:
    """What each of `slots` jobs may use here. A file may hold the largest model with the two moments of Adam."""
    memory = int(0.8 * total_memory() / slots) if settings.public else int(0.9 * total_memory())
    return Bounds(settings.limits.training_seconds, max(memory, LEAST_MEMORY), 4 * settings.limits.hub_bytes)


def total_memory() -> int:
    """Bytes of memory of this machine, or of the container we are in."""
    total = psutil.virtual_memory().total
    with contextlib.suppress(OSError, ValueError):  # no control groups, or "max"
        return min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return total


@dataclass(frozen=True)
class TimedRun(RunFolder):
    """A run folder in which Stop counts as pressed once the monotonic clock has passed `deadline`, which is `seconds` of training; 0: never."""

    deadline: float = float("inf")
    seconds: float = 0.0

    @classmethod
    def of(cls, path: Path, seconds: float, *, worked: float = 0.0, pause_at: float = float("inf")) -> "TimedRun":
        """`worked`: of these seconds, before this process."""
        return cls(path, pause_at, time.monotonic() + seconds - worked if seconds else float("inf"), seconds)

    def late(self) -> bool:
        return time.monotonic() > self.deadline

    def stop_requested(self) -> bool:
        return self.late() or super().stop_requested()


def run(path: Path, bounds: Bounds) -> int:
    """Do the job in `path`. The exit status is 0 unless it failed. Nothing happens when another process has the run, or when
    its log says that it has ended."""
    folder = RunFolder(Path(path))
    try:
        with living.claim(folder.path) as mine:
            if not mine or reading.Fold().feed(folder).end is not None:
                return 0
            (last,) = deque(_logged(lambda: _config(folder), TimedRun.of(folder.path, bounds.seconds)), maxlen=1)
            return 0 if isinstance(last, Done) else 1
    except OSError as error:
        if full_disk(error) is None:
            raise
        return FULL_DISK  # not even the log could be written


def inline(config: Config, run: RunFolder) -> Iterator[Event]:
    """Do the job that `config` describes in this process, yielding its events as they are logged. The folder has job.json and
    data/. Raises UserError when another process works on the same run."""
    with living.claim(run.path, inline=True) as mine:
        if not mine:
            raise UserError("Another process is training this run.", "One process a run.", "Wait for it, or choose another folder.", "out")
        yield from _logged(lambda: config, TimedRun.of(run.path, settings.get().limits.training_seconds))


def chunk(run: TimedRun) -> Iterator[Event]:
    """A part of a job, in this process: from its last checkpoint until `run.pause_at`, where Paused comes, or to its end. Nothing comes when
    another process has the run, or when its log says that it has ended."""
    with living.claim(run.path) as mine:
        if mine and reading.Fold().feed(run).end is None:
            yield from _logged(lambda: _config(run), run)


def mend(folder: RunFolder) -> None:
    """Cut off a last line that a killed process left half written, so that the next one stands by itself."""
    if not folder.log.exists():
        return
    with open(folder.log, "r+b") as file:
        content = file.read()
        if content and not content.endswith(b"\n"):
            file.truncate(content.rfind(b"\n") + 1)


def _config(folder: RunFolder) -> Config:
    job = folder.job()
    return tasks.get(job.get("task", "")).config.from_dict(job.get("config", {}))


def _logged(load: Callable[[], Config], folder: TimedRun) -> Iterator[Event]:
    mend(folder)
    if folder.log.exists() and folder.log.stat().st_size:
        folder.append(reading.RESUMING)
    for event in _ending(load, folder):
        folder.append(event)
        yield event


def _ending(load: Callable[[], Config], folder: TimedRun) -> Iterator[Event]:
    """The trainer's events with exactly one Done or Failed, at the end."""
    try:
        config = load()
        events = tasks.get(folder.job()["task"]).load()(config, folder)
        for event in _without_repeats(_with_time_note(events, folder), folder):
            yield event
            if isinstance(event, Done | Failed):
                return
        raise RuntimeError("the trainer ended without a result")
    except (KeyboardInterrupt, GeneratorExit, Paused):
        raise
    except UserError as error:
        yield Failed(error.what, error.limit, error.remedy)
    except BaseException as error:  # noqa: BLE001 - the job's edge: whatever happened, its owner is told
        yield _failure(error, folder)


def _with_time_note(events: Iterator[Event], run: TimedRun) -> Iterator[Event]:
    """Say why a run stopped that nobody stopped."""
    for event in events:
        if isinstance(event, Done) and event.stopped and run.late() and not run.has("stop"):
            yield Note(f"Stopped at the time limit of {_duration(run.seconds)}; the best so far is kept.")
        yield event


def _without_repeats(events: Iterator[Event], folder: RunFolder) -> Iterator[Event]:
    """When a run is started again and its trainer begins anew without saying so (it had no checkpoint yet), say it: the
    figures in the log are void.
    """
    stale = bool(reading.read(folder).curves)
    for event in events:
        if stale and isinstance(event, Metric | Sample):
            yield Resumed(event.part, -1)
        stale = stale and not isinstance(event, Metric | Sample | Resumed)
        yield event


def _failure(error: BaseException, folder: RunFolder) -> Failed:
    if full := full_disk(error):
        return Failed(full.what, full.limit, full.remedy)
    error_id = new_error_id()
    with open(folder.path / "log.txt", "a", encoding="utf-8", errors="replace") as file:
        file.write(f"[{error_id}]\n{''.join(traceback.format_exception(error))}")
    if isinstance(error, MemoryError) or any(phrase in str(error) for phrase in (*NO_MEMORY, "out of memory")):
        return Failed(
            "The training needed more memory than this machine lets it have.",
            "A job may use what is left beside the page.",
            "Use a smaller batch size, a smaller maximum length, a smaller model, or the frozen method.",
        )
    return Failed(f"Something went wrong in the training (id {error_id}).", "", "It is not your fault; the log has the details.", error_id)


def _duration(seconds: float) -> str:
    return f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} seconds"


# A process of its own.


def settle(bounds: Bounds, cpu_seconds: int = 0) -> None:
    """Make this process a modest one: offline, lower priority, limited memory, file size and, where given, computing time."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICE)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE))
    try:
        import resource
    except ImportError:  # Windows
        return
    # RLIMIT_DATA counts private writable memory; the address space that torch and CUDA only reserve does not count.
    wanted = {"RLIMIT_DATA": bounds.memory_bytes, "RLIMIT_FSIZE": bounds.file_bytes, "RLIMIT_CPU": cpu_seconds, "RLIMIT_CORE": 0}
    for name, value in wanted.items():
        which = getattr(resource, name)
        hard = resource.getrlimit(which)[1]
        if value or name == "RLIMIT_CORE":
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(which, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m genhub.jobs.process", description="Do one job.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bounds", type=json.loads, default={}, help="limits as a JSON object")
    parser.add_argument("--preload", nargs="*", default=[], help="modules to import first")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with collector.resting():
        for module in options.preload:
            importlib.import_module(module)
    bounds = Bounds(**options.bounds)
    settle(bounds)
    return run(options.folder, bounds)


if __name__ == "__main__":
    sys.exit(main())
