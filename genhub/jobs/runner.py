"""The jobs of all visitors, as the page sees them: submit, look, stop, resume, rename, delete.

Every method takes the owner first and answers for that owner's runs only: somebody else's id and an id that does not exist
get the same error. In the local profile there is one owner, "local", who sees every run, those of the command line too.
What is submitted is on the disk before `submit` returns; from then on it survives this process.
"""

import os
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

from genhub import disk, gate, tasks
from genhub.errors import UserError
from genhub.events import Done
from genhub.jobs import arrival, fair, janitor, living, reading
from genhub.jobs import store as states
from genhub.jobs.admission import Admission
from genhub.jobs.folder import RunFolder, new_id, write_json
from genhub.jobs.launcher import launcher
from genhub.jobs.process import allowed, mend
from genhub.jobs.scheduler import Scheduler
from genhub.jobs.store import LOCAL_OWNER, Record, Store
from genhub.settings import Settings

GUESS_SECONDS = 60.0  # for a job nobody forecast, before any has finished


@dataclass(frozen=True)
class RunInfo:
    """One run as its owner sees it. Times in seconds since the epoch, None before they are known.

    state:    queued | running | stopping | finished | stopped | failed
    position: place in the queue, 1 = next, with `wait_seconds` expected; both None unless queued
    metrics:  the final figures, error: {"what", "limit", "remedy", "error_id"} of a run that failed
    """

    id: str
    owner: str
    task: str
    name: str
    state: str
    created: float
    started: float | None
    ended: float | None
    position: int | None
    wait_seconds: float | None
    attempts: int
    method: str
    model: str
    metrics: dict | None
    error: dict | None
    path: Path


class Runner:
    """One per server. `slots` jobs run at once (default: the profile's); `preload`: what the warm server imports (default: torch,
    transformers, peft …)."""

    def __init__(self, settings: Settings, *, slots: int | None = None, poll_seconds: float = 0.2, preload: tuple[str, ...] | None = None):
        settings.runs.mkdir(parents=True, exist_ok=True)
        self._settings, self._limits = settings, settings.limits
        slots = slots or settings.limits.job_slots
        self._bounds = allowed(settings, slots)
        self._store = Store(settings.home / "runs.db")
        self._launcher = launcher(settings, preload)
        self._scheduler = Scheduler(settings, self._store, self._launcher, slots, poll_seconds, self._bounds)
        self._launcher.on_change = self._scheduler.wake
        self._reader = reading.Reader()
        self._admission = Admission(settings.limits)
        self._kept = janitor.Kept(settings, self._visitors_runs)

    def start(self) -> None:
        """Adopt the jobs that live, go on with those that died, and start what waits. Returns at once."""
        self._launcher.start()
        self._scheduler.start()

    def close(self) -> None:
        """End the scheduler and the warm server; jobs go on."""
        self._launcher.close()  # first: nobody then waits for a reply
        self._scheduler.close()
        self._store.close()

    def ready(self) -> bool:
        """Will a job start at once (or is the warm server still importing)?"""
        return self._launcher.ready()

    def call(self, target: str, args: dict, seconds: float = 60.0, what: str = "The calculation") -> dict:
        """`target(args)` ("module:function") in a fork of the warm server: torch is there, the network is not. Raises UserError when
        the function does, or when it runs out of time or memory (`what` did); RuntimeError for a defect in it."""
        return self._launcher.call(target, args, replace(self._bounds, seconds=seconds), what)

    # Changing.

    def submit(self, owner: str, job: dict, rows_path: Path) -> str:
        """Queue a job (see `jobs.new.make_job`) with a copy of its rows; returns the run's id. Raises UserError for options that
        cannot be used, or when this visitor or the queue has too much already."""
        owner = self._owner(owner)
        tasks.get(job.get("task", "")).config.from_dict(job.get("config", {}))
        self.check_queue(owner)
        self.check_disk(owner, Path(rows_path).stat().st_size)
        run_id = new_id()
        self._launcher.came_from(run_id)
        with arrival.arriving(self._settings.runs, run_id) as temporary:
            folder = RunFolder.create(temporary, job)
            shutil.copyfile(rows_path, folder.rows)
            disk.flush(folder.rows)
        try:
            with self._scheduler.lock:
                self._admission.admit(run_id, self.check_queue(owner))  # again: others may have arrived meanwhile
                self._store.insert(arrival.record(run_id, owner, job, states.QUEUED, round=self._round(owner)))
        except UserError:
            shutil.rmtree(self._scheduler.folder(run_id).path, ignore_errors=True)
            raise
        self._scheduler.wake()
        return run_id

    def import_folder(self, owner: str, path: Path, name: str) -> str:
        """List a copy of a run folder that was exported and has been checked, under its own name, or `name` when it brings none;
        returns its new id."""
        owner = self._owner(owner)
        self.check_disk(owner, janitor.size(Path(path)))
        run_id = new_id()
        with arrival.arriving(self._settings.runs, run_id) as temporary:
            shutil.copytree(path, temporary, symlinks=True)
            job = arrival.imported_job(RunFolder(temporary), name)
        metrics = arrival.imported_metrics(self._scheduler.folder(run_id))
        self._store.insert(arrival.record(run_id, owner, job, states.FINISHED, ended=time.time(), metrics=metrics))
        return run_id

    def stop(self, owner: str, run_id: str) -> None:
        """Ask a run to end with the best so far; a run that still waits ends at once. Asking twice is asking once."""
        with self._scheduler.lock:
            record = self._get(owner, run_id)
            if record.state == states.QUEUED:
                metrics = self._take_back(self._scheduler.folder(run_id))
                self._store.update(run_id, state=states.STOPPED, ended=time.time(), metrics=metrics)
            elif record.state in states.ACTIVE:
                self._launcher.came_from(run_id)
                self._scheduler.folder(run_id).request_stop()
                self._store.update(run_id, state=states.STOPPING)
            else:
                raise UserError("This run has ended already.", "Only a run that waits or runs can be stopped.", "", "run")
        self._scheduler.wake()

    def _take_back(self, folder: RunFolder) -> dict | None:
        """A stopped run that waited to go on is what it was before; returns its figures, None for a run that has none."""
        if not folder.has("metrics.json"):
            return None
        metrics = folder.read("metrics.json")
        folder.append(Done(metrics, stopped=True))
        return metrics

    def resume(self, owner: str, run_id: str) -> None:
        """Queue a stopped or failed run again; it goes on from its last checkpoint, if there is one."""
        with self._scheduler.lock:
            record, folder = self._get(owner, run_id), self._scheduler.folder(run_id)
            if record.state not in (states.STOPPED, states.FAILED):
                raise UserError(f"This run is {record.state}.", "Stopped and failed runs can be resumed.", "Choose one of these.", "run")
            if not folder.rows.exists():
                raise UserError("This run has no training rows.", "They are not part of an export.", "Start a new run.", "run")
            self._admission.admit(run_id, self.check_queue(record.owner))
            self._launcher.came_from(run_id)
            mend(folder)
            if folder.log.exists():
                folder.append(reading.QUEUED)
            folder.clear_stop()
            fresh = {
                "state": states.QUEUED,
                "started": None,
                "ended": None,
                "error": None,
                "metrics": None,
                "attempts": 0,
                "fruitless": 0,
                "inline": False,
            }
            self._store.update(run_id, round=self._round(record.owner), **fresh)
            self._store.to_back(run_id)
        self._scheduler.wake()

    def rename(self, owner: str, run_id: str, name: str) -> None:
        name = gate.display_name(name)
        with self._scheduler.lock:
            self._get(owner, run_id)
            folder = self._scheduler.folder(run_id)
            write_json(folder.path / "job.json", {**folder.job(), "name": name})
            self._store.update(run_id, name=name)

    def delete(self, owner: str, run_id: str) -> None:
        """Delete a run with everything it left; one that is under way is ended first."""
        with self._scheduler.lock:
            record = self._get(owner, run_id)
            process = living.of_run(self._scheduler.folder(run_id).path)
            if process is not None and process.inline:
                raise UserError("A command is training this run.", "", "End that command first.", "run")
            self._scheduler.remove(record.id)
        self._reader.forget(self._scheduler.folder(run_id))
        self._scheduler.wake()

    def delete_all(self, owner: str) -> int:
        """Delete all of the owner's runs; returns how many. Those that a command is training stay."""
        deleted = 0
        for record in self._records(owner):
            try:
                self.delete(owner, record.id)
                deleted += 1
            except UserError:
                continue
        return deleted

    # Looking.

    def get(self, owner: str, run_id: str) -> RunInfo:
        record = self._get(owner, run_id)
        return self._info(record, self._places() if record.state == states.QUEUED else {})

    def list(self, owner: str) -> list[RunInfo]:
        """The owner's runs, newest first."""
        records = self._records(owner)
        places = self._places() if any(record.state == states.QUEUED for record in records) else {}
        return [self._info(record, places) for record in records]

    def view(self, owner: str, run_id: str) -> reading.View:
        """Everything that has happened in a run; a second look reads only what is new."""
        record = self._get(owner, run_id)
        if record.state in (states.QUEUED, *states.ACTIVE):
            self._launcher.came_from(run_id)
        return self._reader.read(self._scheduler.folder(record.id))

    def load(self) -> tuple[int, int]:
        """How many jobs run and how many wait on this server, of all visitors."""
        running = [record for record in self._store.in_state(*states.ACTIVE) if not record.inline]
        return len(running), len(self._store.in_state(states.QUEUED))

    def seconds_left(self) -> float | None:
        """Until every running job has ended, as far as they and their forecasts tell; None when nothing runs or one is unknown."""
        left = []
        for record in self._store.in_state(*states.ACTIVE):
            if not record.inline:
                progress = self._reader.read(self._scheduler.folder(record.id)).progress
                known = record.expected is not None or (progress is not None and progress.seconds_left is not None)
                left.append(self._seconds_left(record, 0.0) if known else None)
        return None if not left or None in left else max(left)

    def _info(self, record: Record, places: dict[str, fair.Place]) -> RunInfo:
        place = places.get(record.id)
        return RunInfo(
            id=record.id,
            owner=record.owner,
            task=record.task,
            name=record.name,
            state=record.state,
            created=record.created,
            started=record.started,
            ended=record.ended,
            position=place.position if place else None,
            wait_seconds=place.wait if place else None,
            attempts=record.attempts,
            method=record.method,
            model=record.model,
            metrics=record.metrics,
            error=record.error,
            path=self._scheduler.folder(record.id).path,
        )

    def _places(self) -> dict[str, fair.Place]:
        running = [record for record in self._store.in_state(*states.ACTIVE) if not record.inline]
        ordered = fair.order(self._store.in_state(states.QUEUED))
        kinds = {(record.task, record.method) for record in (*running, *ordered)}
        usual = {kind: self._usual_seconds(*kind) for kind in kinds}
        left = [(record.owner, self._seconds_left(record, usual[record.task, record.method])) for record in running]
        expected = {record.id: record.expected or usual[record.task, record.method] for record in ordered}
        return fair.places(ordered, left, expected, self._scheduler.slots, self._scheduler.per_owner)

    def _seconds_left(self, record: Record, usual: float) -> float:
        """What the job itself says, else what it was forecast to take, or its kind takes, less what it has run."""
        progress = self._reader.read(self._scheduler.folder(record.id)).progress
        if progress is not None and progress.seconds_left is not None:
            return progress.seconds_left
        return max(1.0, (record.expected or usual) - (time.time() - (record.started or time.time())))

    def _usual_seconds(self, task: str, method: str) -> float:
        """The median of the last finished runs of this method, else of this task."""
        durations = sorted(self._store.durations(task, method) or self._store.durations(task))
        return durations[len(durations) // 2] if durations else GUESS_SECONDS

    # Ownership and limits.

    def _owner(self, owner: str) -> str:
        return owner if self._settings.public else LOCAL_OWNER

    def _records(self, owner: str) -> "list[Record]":
        if self._settings.public:
            return self._store.owned(owner)
        self._register_folders()
        return self._store.owned(None)

    def _visitors_runs(self) -> "list[Path]":
        """The folders of all visitors' runs, without the owner's own."""
        return [self._scheduler.folder(record.id).path for record in self._store.owned(None) if record.owner != LOCAL_OWNER]

    def _get(self, owner: str, run_id: str) -> Record:
        if not self._settings.public:
            self._register_folders()
        record = self._store.get(run_id) if isinstance(run_id, str) else None
        if record is None or (self._settings.public and record.owner != owner):
            raise UserError("There is no such run.", "You see your own runs, until they are deleted.", "Choose one from the list.", "run")
        return record

    def _register_folders(self) -> None:
        """List the runs that the command line made in our folder."""
        known = self._store.ids()
        for entry in os.scandir(self._settings.runs):
            if entry.name in known or entry.name.startswith(".") or not entry.is_dir(follow_symlinks=False):
                continue
            with self._scheduler.lock:
                folder = RunFolder(Path(entry.path))
                if not folder.has("job.json") or not folder.log.exists() or self._store.get(folder.id) is not None:
                    continue
                if (record := arrival.found(folder)) is not None:
                    self._store.insert(record)

    def _round(self, owner: str) -> int:
        return fair.round_for(owner, self._store.in_state(states.QUEUED, *states.ACTIVE), self._store.current_round())

    def check_queue(self, owner: str) -> "list[Record]":
        """Raises UserError when one more job would be too many; the jobs that wait or run."""
        owner = self._owner(owner)
        waiting = self._store.in_state(states.QUEUED)
        unfinished = [record for record in (*waiting, *self._store.in_state(*states.ACTIVE)) if not record.inline]
        self._admission.check(owner, unfinished, len(waiting))
        return unfinished

    def check_disk(self, owner: str, more: int) -> None:
        """Raises UserError when `more` bytes would be too much for this visitor, for all together or for the disk."""
        owner = self._owner(owner)
        runs = sum(janitor.size(self._scheduler.folder(record.id).path) for record in self._store.owned(owner))
        used = runs + janitor.used(self._settings, owner)
        if used + more > self._limits.visitor_bytes:
            raise UserError(
                f"Your runs, tables and downloads take {used / 1e6:,.0f} MB.",
                f"The limit is {self._limits.visitor_bytes / 1e6:,.0f} MB.",
                "Delete some runs; tables and downloads go by themselves after 24 hours.",
            )
        if self._settings.public:  # at home, all is one owner's
            self._kept.check(more)
        disk.check_free(self._settings.runs, more)
