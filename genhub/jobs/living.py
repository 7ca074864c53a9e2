"""Which process works on a run, and whether it still lives.

A process number alone says little, since the system hands it out again; together with the time at which the process began
it names one process for good. Whoever works on a run holds a lock on `process.lock` (the kernel lets go of it when the process
dies, however it dies) and has written who it is into `process.json`. So two processes never train in one folder, and a
server that has just been started finds the jobs of its predecessor.
"""

import contextlib
import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from genhub.jobs.folder import write_json

SAME_SECONDS = 2.0  # the clock may be set between two readings of the same start time


class Part(threading.Thread):
    """A thread that works on a run, or has another process work on it, and ends soon after it was asked to."""

    def __init__(self, work: Callable[["Part"], None], name: str):
        super().__init__(target=work, args=(self,), name=name, daemon=True)
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        self._cancelled.set()

    def cancelled(self) -> bool:
        return self._cancelled.is_set()


@dataclass(frozen=True)
class Process:
    """`started` in seconds since the epoch, as the operating system tells it. `inline`: not a job process of its own. `part`: a thread of
    this process that sees to a part of a job, instead."""

    pid: int
    started: float
    inline: bool = False
    part: "Part | None" = None


def identify(pid: int) -> Process:
    """The process that has this number now; one that is already gone gets the start time 0 and counts as dead."""
    try:
        return Process(pid, psutil.Process(pid).create_time())
    except psutil.Error:
        return Process(pid, 0.0)


def alive(process: Process | None) -> bool:
    """Is it there, the same one, and not merely waiting to be buried?"""
    if process is None:
        return False
    if process.part is not None:
        return process.part.is_alive()
    try:
        found = psutil.Process(process.pid)
        return abs(found.create_time() - process.started) < SAME_SECONDS and found.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def end(process: Process, *, force: bool) -> None:
    """Ask a job process and all that it started to end, or (`force`) end them. An inline process is left alone."""
    if process.inline or not alive(process):
        return
    if process.part is not None:
        process.part.cancel()
        return
    if process.pid == os.getpid():  # a part of a job that nobody here watches
        return
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL if force else signal.SIGTERM)
        return
    with contextlib.suppress(psutil.Error):
        found = psutil.Process(process.pid)
        for each in (*found.children(recursive=True), found):
            each.kill()


def gone(process: Process, seconds: float) -> bool:
    """Wait for it to end; False when it has not after `seconds`."""
    if not alive(process):
        return True
    if process.part is not None:
        process.part.join(seconds)
        return not alive(process)
    with contextlib.suppress(psutil.Error, subprocess.TimeoutExpired):
        psutil.Process(process.pid).wait(timeout=seconds)
    return not alive(process)


def of_run(folder: Path) -> Process | None:
    """The process that works on this run, if it lives."""
    try:
        process = Process(**json.loads((folder / "process.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return process if alive(process) else None


def progressed(folder: Path) -> bool:
    """Has the last process that worked on this run left a checkpoint, and a whole one? (Both times are the file system's.) One
    that is half written has a name that begins with a dot."""
    try:
        begun = (folder / "process.json").stat().st_mtime_ns
        whole = [entry for entry in (folder / "checkpoints").iterdir() if not entry.name.startswith(".")]
        return any(entry.stat().st_mtime_ns > begun for entry in whole)
    except OSError:
        return False


@contextlib.contextmanager
def claim(folder: Path, *, inline: bool = False) -> Iterator[bool]:
    """Hold the run for this process. Yields False, and holds nothing, when another process has it."""
    with open(folder / "process.lock", "a+b") as file:
        if not lock(file):
            yield False
            return
        me = identify(os.getpid())
        write_json(folder / "process.json", {"pid": me.pid, "started": me.started, "inline": inline})
        try:
            yield True
        finally:
            (folder / "process.json").unlink(missing_ok=True)


def lock(file) -> bool:
    """Lock an open file for this process without waiting; it stays locked until it is closed or the process is gone."""
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
