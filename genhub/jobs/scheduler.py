"""Keeps jobs going: starts the next ones, watches those under way, ends what must end, goes on with what was killed.

One thread of the web process, and one process of a home: the others wait for its lock and take over when it dies. What it
knows is in the store and in the run folders; what it holds in memory can be lost at any moment, for a job does not need it.

    queued → running → finished | failed | stopped        and  running → stopping → stopped
"""

import contextlib
import logging
import shutil
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from genhub import hub
from genhub.errors import UserError, full_disk
from genhub.events import Done, Failed
from genhub.jobs import fair, janitor, living
from genhub.jobs import store as states
from genhub.jobs.folder import RunFolder
from genhub.jobs.launcher import Down, Launcher
from genhub.jobs.process import FULL_DISK, Bounds, mend
from genhub.jobs.reading import Fold
from genhub.jobs.store import LOCAL_OWNER, Record, Store
from genhub.settings import Settings

ATTEMPTS = 3  # processes in a row that end without a result and without a new checkpoint
STOP_SECONDS = 20.0  # of silence after Stop, then the process is ended
STOP_SECONDS_IN_ALL = 180.0
TERM_SECONDS = 3.0  # between asking a process to end and ending it
LINGER_SECONDS = 5.0  # a process may stay after its last event
OVERTIME_SECONDS = 120.0  # beyond twice the time limit, for a trainer that does not look at the clock
IDLE_SECONDS = 1.0
JANITOR_SECONDS = 600.0
LEFTOVER_SECONDS = 3600.0
logger = logging.getLogger(__name__)


@dataclass
class Watch:
    """What is known of an active run besides its record. Times on the monotonic clock."""

    fold: Fold
    process: living.Process | None
    since: float
    heard: float
    stopping: float | None = None
    asked: float | None = None
    last: living.Process | None = None  # the one before, dead by now
    verdict: str = ""  # why we ended it, "" while we have not


class Scheduler:
    """`lock` is held while a run changes its state; whoever changes one from outside takes it first and calls `wake` after."""

    def __init__(self, settings: Settings, store: Store, launcher: Launcher, slots: int, poll_seconds: float, bounds: Bounds):
        self.lock = threading.RLock()
        self.slots = slots
        self.per_owner = 1 if settings.public else slots
        self._settings, self._store, self._launcher, self._bounds = settings, store, launcher, bounds
        self._poll_seconds = poll_seconds
        self._watches: dict[str, Watch] = {}
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="genhub-scheduler", daemon=True)
        self._next_cleaning = self._next_complaint = time.monotonic()

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Look at everything now rather than at the next poll."""
        self._wake.set()

    def close(self) -> None:
        """End the thread; jobs go on."""
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def folder(self, id: str) -> RunFolder:
        return RunFolder(self._settings.runs / id)

    def remove(self, id: str) -> None:
        """Forget a run: end its process, if it has one, and delete its folder, which has its line in the index or the name of something to
        be deleted at any moment. The lock must be held."""
        folder = self.folder(id)
        watch = self._watches.pop(id, None)
        process = (watch.process if watch else None) or living.of_run(folder.path)
        if process is not None:
            living.end(process, force=True)
            living.gone(process, LINGER_SECONDS)
        trash = folder.path.with_name(f".trash-{id}")
        if folder.path.exists():
            folder.path.rename(trash)
        self._store.delete(id)
        shutil.rmtree(trash, ignore_errors=True)

    # The thread.

    def _work(self) -> None:
        with open(self._settings.home / "scheduler.lock", "a+b") as file:
            while not self._closing and not living.lock(file):
                self._wake.wait(IDLE_SECONDS)
                self._wake.clear()
            while not self._closing:
                busy = self._guarded(self._round)
                self._wake.wait(self._poll_seconds if busy else IDLE_SECONDS)
                self._wake.clear()

    def _round(self) -> bool:
        """Look at every run once; is there anything that needs watching?"""
        active = self._store.in_state(*states.ACTIVE)
        for record in active:
            with self.lock:
                self._guarded(self._look_after, record.id)
        with self.lock:
            self._start_next()
        if time.monotonic() >= self._next_cleaning:
            self._next_cleaning = time.monotonic() + JANITOR_SECONDS
            self._keep_bases()
            self._clean()
        return bool(active) or bool(self._store.in_state(states.QUEUED, *states.ACTIVE))

    def _guarded(self, work: Callable, *arguments):
        try:
            return work(*arguments)
        except Exception as error:  # the thread's edge: one run's trouble must not stop the others
            if full := full_disk(error):
                self._complain(full)
            else:
                logger.exception("the scheduler met a defect")
            return True

    def _complain(self, full: UserError) -> None:
        """Of a full disk, which every look at every run finds again, only now and then."""
        if time.monotonic() >= self._next_complaint:
            self._next_complaint = time.monotonic() + JANITOR_SECONDS
            logger.error("nothing can be started or settled: %s", full)

    def _look_after(self, id: str) -> None:
        record, folder = self._store.get(id), self.folder(id)
        if record is None or record.state not in states.ACTIVE:
            self._watches.pop(id, None)
            return
        now = time.monotonic()
        watch = self._watches.setdefault(id, Watch(Fold(), None, now, now))
        if record.inline or not living.alive(watch.process):
            watch.last = watch.process or watch.last
            watch.process = living.of_run(folder.path)
        before = watch.fold.offset
        watch.fold.feed(folder)  # after the look at the process: a dead one has written all it ever will
        if watch.fold.offset != before:
            watch.heard = now
        if not (record.attempts or record.inline) and (watch.process is not None or watch.fold.end is not None):
            self._store.update(id, attempts=1)  # the server that had started it ended before it could count it
        if watch.process is not None:
            self._discipline(record, watch, now)
        elif watch.fold.end is not None:
            self._settle(record, watch)
        elif watch.verdict:
            self._give_up(record, watch, watch.verdict)
        elif record.inline:
            self._give_up(record, watch, "The command that trained this run ended before it was done.")
        else:
            self._go_on(record, watch)

    def _discipline(self, record: Record, watch: Watch, now: float) -> None:
        """End a process that does not end when it should."""
        if record.state == states.STOPPING and watch.stopping is None:
            watch.stopping = now
        if watch.fold.end is not None:
            overdue = now - watch.heard > LINGER_SECONDS
        else:
            watch.verdict = watch.verdict or self._overdue(watch, now)
            overdue = bool(watch.verdict)
        if not overdue or record.inline:
            return
        if watch.asked is None:
            watch.asked = now
            living.end(watch.process, force=False)
        elif now - watch.asked > TERM_SECONDS:
            living.end(watch.process, force=True)

    def _overdue(self, watch: Watch, now: float) -> str:
        """Why the process must be ended now; empty while it may go on."""
        limit = self._bounds.seconds
        if watch.stopping is not None:
            quiet = now - max(watch.stopping, watch.heard)
            if quiet > STOP_SECONDS or now - watch.stopping > STOP_SECONDS_IN_ALL:
                return f"It did not stop within {STOP_SECONDS:g} s and was ended."
        elif limit and now - watch.since > 2 * limit + OVERTIME_SECONDS:
            return f"It went on long after its time limit of {limit:g} s and was ended."
        return ""

    def _go_on(self, record: Record, watch: Watch) -> None:
        """Start the process of an active run that has none: the first one, or another one after a death."""
        folder = self.folder(record.id)
        fruitless = 0 if self._launcher.paused(folder.path) or living.progressed(folder.path) else record.fruitless
        if record.attempts and fruitless >= ATTEMPTS:
            self._give_up(record, watch, f"The training process ended {fruitless} times without a result{self._how(watch)}.")
            return
        if not self._launcher.ready():
            return
        try:
            process = self._launcher.run(folder.path, self._bounds)
        except Down:
            return
        now = time.monotonic()
        self._watches[record.id] = Watch(watch.fold, process, now, now)
        self._store.update(record.id, attempts=record.attempts + 1, fruitless=fruitless + 1)

    def _how(self, watch: Watch) -> str:
        """How the last process ended, in brackets, as far as it is known."""
        status = self._launcher.exit_status(watch.last) if watch.last is not None else None
        if status is None:
            return ""
        if status == -getattr(signal, "SIGKILL", 9):
            return " (the system killed it, most often because memory was short)"
        if status == FULL_DISK:
            return " (the disk was full)"
        return f" (signal {-status})" if status < 0 else f" (exit status {status})"

    def _give_up(self, record: Record, watch: Watch, what: str) -> None:
        """Write the end that the process did not live to write."""
        folder = self.folder(record.id)
        mend(folder)
        remedy = "Resume goes on from the last checkpoint; a smaller batch size, length or model needs less memory and time."
        folder.append(Failed(what, "", remedy))
        watch.fold.feed(folder)
        self._settle(record, watch)

    def _settle(self, record: Record, watch: Watch) -> None:
        self._watches.pop(record.id, None)
        self._store.update(record.id, ended=watch.fold.last, **outcome(watch.fold.end, stopping=record.state == states.STOPPING))

    def _start_next(self) -> None:
        if not self._launcher.ready():
            return
        running = [record for record in self._store.in_state(*states.ACTIVE) if not record.inline]
        ordered = fair.order(self._store.in_state(states.QUEUED))
        for record in fair.startable(ordered, running, self.slots, self.per_owner):
            self._store.update(record.id, state=states.RUNNING, started=time.time(), ended=None, error=None)
            self._look_after(record.id)

    def _keep_bases(self) -> None:
        """What jobs that wait or run begin with stays on this machine, however long they wait: see `genhub.hub_room`."""
        for record in self._store.in_state(states.QUEUED, *states.ACTIVE):
            if record.model:
                hub.stored_revision(record.model, "", self._settings)

    def _clean(self) -> None:
        """Delete what nobody needs: visitors' runs past their time, and what interrupted deletions and submissions left. What the owner
        of this computer has trained at home or by command stays."""
        keep = self._settings.limits.keep_hours * 3600
        for record in self._store.in_state(states.FINISHED, states.STOPPED, states.FAILED):
            mine = self._settings.public and record.owner == LOCAL_OWNER
            if keep and not mine and time.time() - (record.ended or record.created) > keep:
                with self.lock:
                    self.remove(record.id)
        known = self._store.ids()
        for entry in self._settings.runs.iterdir():
            with contextlib.suppress(OSError):  # somebody else has just deleted or renamed it
                unfinished = self._settings.public and entry.name not in known and not RunFolder(entry).log.exists()
                leftover = unfinished or entry.name.startswith((".trash-", ".new-"))
                if leftover and time.time() - entry.stat().st_mtime > LEFTOVER_SECONDS:
                    shutil.rmtree(entry, ignore_errors=True)
        janitor.sweep(self._settings)


def outcome(end: Done | Failed, *, stopping: bool = False) -> dict:
    """State, metrics and error of a run whose log ends with this event."""
    if isinstance(end, Done):
        return {"state": states.STOPPED if end.stopped else states.FINISHED, "metrics": end.metrics, "error": None}
    error = {"what": end.what, "limit": end.limit, "remedy": end.remedy, "error_id": end.error_id}
    return {"state": states.STOPPED if stopping else states.FAILED, "error": error}
