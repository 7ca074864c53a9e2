"""What visitors leave on the disk besides runs: how much it is, how long it stays, and how it goes.

    uploads/<owner>/<id>/     tables, as they were read; never served
    downloads/<owner>/<id>/   packed runs and labelled tables; their paths cannot be guessed, so whoever has one may fetch it
    transit/                  what the browser sends and fetches passes through here (Gradio's folder)
    cache/features/           sentence vectors of tables (local profile only)

All of it goes after 24 hours without a change. The scheduler calls `sweep`, for all owners.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from genhub.jobs.folder import new_id
from genhub.settings import Settings

KEEP_SECONDS = 24 * 3600


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


def sweep(settings: Settings) -> None:
    """Delete what has not changed for 24 hours."""
    oldest = time.time() - KEEP_SECONDS
    for home in (settings.uploads, settings.downloads):
        for owner in _entries(home):
            _delete(_older(_entries(owner), oldest))
            with contextlib.suppress(OSError):
                owner.rmdir()  # works when it is empty
    for home in (settings.transit, settings.cache / "features"):
        _delete(_older(_entries(home), oldest))


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
