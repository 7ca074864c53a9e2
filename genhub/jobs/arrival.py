"""How a run comes into being: its folder whole or not at all, and its line in the index.

A folder is filled under a temporary name, flushed to the disk and renamed; then the index gets its line. A crash in between
leaves a folder that nobody was told of.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from genhub import disk
from genhub.errors import UserError
from genhub.jobs import living, reading
from genhub.jobs import store as states
from genhub.jobs.folder import RunFolder, write_json
from genhub.jobs.new import LONGEST_NAME
from genhub.jobs.scheduler import outcome
from genhub.jobs.store import LOCAL_OWNER, Record
from genhub.training.configs import METHOD_HELP

OPENED = " · opened from a zip"
PACKED = "genhub-"  # what a zip is called that carries no name of its run: see `lab.home`


@contextlib.contextmanager
def arriving(runs: Path, run_id: str) -> Iterator[Path]:
    """A temporary path to make the folder at; it is in its place, durably, when the block ends without an error."""
    temporary = runs / f".new-{run_id}"
    try:
        yield temporary
        os.replace(temporary, runs / run_id)
    except BaseException:  # a full disk would stay full
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    disk.flush(runs)


def record(run_id: str, owner: str, job: dict, state: str, **more) -> Record:
    """The line of a run with this job.json."""
    config = job.get("config", {})
    forecast = (job.get("forecast") or {}).get("seconds")
    return Record(
        id=run_id,
        owner=owner,
        task=job["task"],
        name=job.get("name") or job["task"],
        state=state,
        **{"created": time.time(), "expected": forecast, "method": config.get("method", ""), "model": config.get("model", ""), **more},
    )


def found(folder: RunFolder) -> Record | None:
    """The line of a run that the command line made, or None when this is no run's folder."""
    try:
        job = folder.job()
        created = datetime.fromisoformat(job["created"]).timestamp() if job.get("created") else folder.log.stat().st_mtime
        fold = reading.Fold().feed(folder)
        line = record(folder.id, LOCAL_OWNER, job, states.RUNNING, inline=True, created=created, started=created)
    except (UserError, KeyError, ValueError, AttributeError, TypeError):
        return None
    if fold.end is None or living.of_run(folder.path):
        return line
    return replace(line, ended=fold.last, **outcome(fold.end))


def imported_job(folder: RunFolder, name: str) -> dict:
    """Write a job.json for a run that came as a zip: what its passport tells, under its own name (or `name`, that of the file, when
    it brings none) and that it was opened from a zip.

    Where the table lay and what it was called is not known any more; which sample it was, and its fingerprint, are."""
    passport = folder.read("passport.json")
    bare = {"model": (passport.get("base") or {}).get("id", ""), "method": passport.get("method", ""), "seed": passport.get("seed", 0)}
    versions = passport.get("versions") or {}
    job = {
        "task": passport["task"],
        "config": passport.get("config") or bare,
        "name": opened_name(passport, name),
        "opened": True,
        "data": {"name": "", "sample": None, "fixes": [], **(passport.get("data") or {})},
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": versions,
        "genhub": versions.get("genhub", ""),
    }
    write_json(folder.path / "job.json", job)
    return job


def opened_name(passport: dict, file: str) -> str:
    """The name of a run that came as a zip. One without a name of its own has that of the file, if somebody chose it."""
    method = METHOD_HELP.get(passport.get("method", ""), (passport.get("method", ""),))[0]
    own = passport.get("name") or (file if not file.startswith(PACKED) else method) or "A run"
    return own.removesuffix(OPENED)[: LONGEST_NAME - len(OPENED)] + OPENED


def imported_metrics(folder: RunFolder) -> dict | None:
    return folder.read("metrics.json") if folder.has("metrics.json") else folder.read("passport.json").get("metrics")
