"""What visitors leave on the disk besides runs: how much it is, how long it stays, and how it goes.

    uploads/<owner>/<id>/     tables, as they were read; never served
    downloads/<owner>/<id>/   packed runs and labelled tables; their paths cannot be guessed, so whoever has one may fetch it
    transit/                  what the browser sends and fetches passes through here (Gradio's folder)
    cache/features/           sentence vectors of tables (local profile only)

All of it goes after 24 hours without a change, an upload that broke off after one. The scheduler calls `sweep`, for all owners.
"""

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from genhub.errors import UserError
from genhub.jobs.folder import new_id
from genhub.settings import Settings

KEEP_SECONDS = 24 * 3600
BROKEN_SECONDS = 3600  # an upload that is not whole by then never will be
MEASURED_SECONDS = 10.0


def new_folder(home: Path, owner: str) -> Path:
    """An empty folder of this owner's, under a name that nobody can guess."""
    folder = home / owner / new_id()
    folder.mkdir(parents=True)
    return folder


def size(folder: Path) -> int:
    """Bytes of all files below, links not followed."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(Path(place, name)).st_size
    return total


def used(settings: Settings, owner: str) -> int:
    """Bytes of this owner's tables and downloads."""
    return sum(size(home / owner) for home in (settings.uploads, settings.downloads))


class Kept:
    """What all visitors keep together: runs, tables and downloads. It is measured at most every `MEASURED_SECONDS`; what is asked for in
    between is added."""

    def __init__(self, settings: Settings, runs: Callable[[], Iterable[Path]], clock: Callable[[], float] = time.monotonic):
        """runs: the folders that count."""
        self._settings, self._runs, self._clock, self._lock = settings, runs, clock, threading.Lock()
        self._bytes, self._measured = 0, -MEASURED_SECONDS

    def check(self, more: int) -> None:
        """Raises UserError when `more` bytes would be too much; else they count."""
        most = self._settings.limits.total_bytes
        with self._lock:
            if self._clock() - self._measured >= MEASURED_SECONDS:
                homes = (*self._runs(), self._settings.uploads, self._settings.downloads)
                self._bytes, self._measured = sum(map(size, homes)), self._clock()
            if self._bytes + more > most:
                what = f"All visitors' runs, tables and downloads take {self._bytes / 1e6:,.0f} MB."
                remedy = "Delete what you need no more, or try again later."
                raise UserError(what, f"The limit for all together is {most / 1e6:,.0f} MB.", remedy)
            self._bytes += more


def sweep(settings: Settings) -> None:
    """Delete what has not changed for 24 hours, and what has arrived in part for one."""
    oldest = time.time() - KEEP_SECONDS
    for home in (settings.uploads, settings.downloads):
        for owner in _entries(home):
            _delete(_older(_entries(owner), oldest))
            with contextlib.suppress(OSError):
                owner.rmdir()  # works when it is empty
    for home in (settings.transit, settings.cache / "features"):
        _delete(_older(_entries(home), oldest))
    partly = [entry for entry in _entries(settings.transit) if entry.is_file()]  # whole ones lie in folders
    _delete(_older(partly, time.time() - BROKEN_SECONDS))


def forget(settings: Settings, owner: str) -> None:
    """Delete this owner's tables and downloads now; where there is one owner only, also what is kept for all together."""
    shared = [] if settings.public else [settings.transit, settings.cache / "features"]
    _delete([settings.uploads / owner, settings.downloads / owner, *shared])


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []


def _older(entries: Iterable[Path], oldest: float) -> list[Path]:
    found = []
    for entry in entries:
        with contextlib.suppress(OSError):  # somebody else has just deleted it
            if entry.lstat().st_mtime < oldest:
                found.append(entry)
    return found


def _delete(entries: Iterable[Path]) -> None:
    for entry in entries:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                entry.unlink()
