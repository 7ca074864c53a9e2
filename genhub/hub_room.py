"""How much room the models that came from the Hub may take on a page for strangers, and which of them go when another one comes.

Those go that were asked for longest ago, never one that somebody has asked for within IDLE_SECONDS: a program that has it in memory may
still read its files. A training that waits or runs asks for its base again and again (see `genhub.jobs.scheduler`); a finished run whose base
has gone brings it back when it is used (see `genhub.lab.base`). What is on its way has its room from the beginning: one model at a time is
let in, of all models. At home nothing goes. What a broken download left goes everywhere after a day.
"""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from genhub import catalog
from genhub.errors import UserError
from genhub.jobs.folder import write_json
from genhub.settings import Settings

MODELS = 5  # as many of the largest size find room on a shared page
IDLE_SECONDS = 2 * 60 * 60.0
LEFTOVER_SECONDS = 24 * 60 * 60.0
TOUCHED_SECONDS = 60.0
ADMITTED_SECONDS = 60.0
BESIDE_BYTES = 40_000_000  # of a model of the catalog beside its weights: tokenizer and configuration
# What lies with the commits of a model: which of them is meant where none is named, and what is on its way to be one.
LOCK, CURRENT, FETCHED, NEW = ".lock", "current.json", ".fetch", ".new"
COMING = ".coming.json"  # how many bytes it will have
MANIFEST = "genhub.json"  # of a commit that came whole


@dataclass(frozen=True)
class Stored:
    """A commit of a model: its folder, bytes, and when it was last asked for (seconds since 1970)."""

    folder: Path
    bytes: int
    asked: float


def asked_for(folder: Path) -> None:
    """Note that a stored model is wanted now, by the time of its manifest; now and then is enough."""
    manifest, now = folder / MANIFEST, time.time()
    with contextlib.suppress(OSError):  # gone, or a folder that is only read: then nothing goes from it
        if now - manifest.stat().st_mtime > TOUCHED_SECONDS:
            os.utime(manifest, (now, now))


@contextlib.contextmanager
def coming(model_id: str, home: Path, settings: Settings) -> Iterator[None]:
    """While a model comes into the folder `home`, whose lock is held: first room is made for it, and kept. Raises UserError, see `make`."""
    most, entry = settings.limits.hub_bytes, catalog.MODELS.get(model_id)
    needed = min(most, round(entry.megabytes * 1e6) + BESIDE_BYTES) if entry else most
    make(settings, home, needed)
    try:
        yield
    finally:
        (home / COMING).unlink(missing_ok=True)


def make(settings: Settings, home: Path | None = None, needed: int = 0) -> None:
    """Room for one more model of the Hub, of `needed` bytes (0: of the largest), which is kept for what comes into `home`. Raises UserError
    where all that is here is in use, or on its way."""
    from filelock import FileLock, Timeout

    store = settings.cache / "models"
    _tidy(store)
    if not settings.public:
        return
    store.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(store / LOCK, timeout=ADMITTED_SECONDS):
            _make(store, MODELS * settings.limits.hub_bytes, needed or settings.limits.hub_bytes, home)
            if home is not None:
                write_json(home / COMING, {"bytes": needed or settings.limits.hub_bytes})
    except Timeout:
        limit = "They are let in one after the other."
        raise UserError("Many models are asked for at once.", limit, "Try again in a minute.", "model") from None


def _make(store: Path, most: int, needed: int, home: Path | None) -> None:
    models = sorted(_stored(store), key=lambda model: model.asked)
    kept = sum(_size(folder) for folder in store.glob("*/*"))  # half ones, too
    kept += sum(_to_come(place.parent) for place in store.glob(f"*/{COMING}") if place.parent != home)
    kept -= _half(home) if home else 0  # what is wanted goes on with that
    for model in models:
        if kept + needed <= most:
            return
        if time.time() - model.asked > IDLE_SECONDS and _removed(model.folder):
            kept -= model.bytes
    if kept + needed > most:
        what, limit = "There is no room for another model.", f"Here they may take {most / 1e9:g} GB, and those that do are in use."
        raise UserError(what, limit, "Choose one that is here already, or try again in some hours.", "model")


def _to_come(home: Path) -> int:
    """Bytes that are kept for what comes into a model's folder and are not there yet."""
    try:
        kept = json.loads((home / COMING).read_text(encoding="utf-8"))["bytes"]
    except (OSError, ValueError):
        return 0
    with _locked(home) as nobody:  # it broke off without a word
        return 0 if nobody else max(0, kept - _half(home))


def _half(home: Path) -> int:
    """Bytes of what is not a whole commit yet."""
    return sum(_size(home / name) for name in (FETCHED, NEW))


def _size(folder: Path) -> int:
    total = 0
    for place in folder.rglob("*"):
        with contextlib.suppress(OSError):  # gone meanwhile
            total += place.lstat().st_size if place.is_file() else 0
    return total


def _stored(store: Path) -> Iterator[Stored]:
    for manifest in store.glob(f"*/[!.]*/{MANIFEST}"):
        with contextlib.suppress(OSError):  # gone meanwhile
            yield Stored(manifest.parent, _size(manifest.parent), manifest.stat().st_mtime)


def _removed(folder: Path) -> bool:
    """Whether a stored commit could go: not while another one of the same model comes."""
    with _locked(folder.parent) as ours:
        if not ours:
            return False
        # What is looked for first goes first: half a model is none.
        (folder / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        current = folder.parent / CURRENT
        with contextlib.suppress(OSError):
            if folder.name in current.read_text(encoding="utf-8"):
                current.unlink()
    return True


def _tidy(store: Path) -> None:
    """Remove what downloads left that broke off more than a day ago; one that goes on is not touched."""
    for name in (FETCHED, NEW):
        for left in store.glob(f"*/{name}"):
            with contextlib.suppress(OSError):
                newest = max(place.stat().st_mtime for place in (left, *left.rglob("*")))
                if time.time() - newest > LEFTOVER_SECONDS:
                    with _locked(left.parent) as ours:
                        if ours:
                            shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[bool]:
    """Whether the lock under which a model is downloaded is ours, without waiting for it."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(home / LOCK, timeout=0):
            yield True
    except Timeout:
        yield False
