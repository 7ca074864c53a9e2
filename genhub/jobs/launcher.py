"""Starting job processes from the web process: through the warm server, or in fresh interpreters where fork is missing.

The warm server's life is watched here: when it dies it is started again, what it owed is answered with `Down`, and after
three deaths in a row before it was ready jobs are started without it. GENHUB_JOBS=spawn does without it from the start.
"""

import contextlib
import json
import logging
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from genhub import oneshot
from genhub.errors import UserError
from genhub.jobs import living
from genhub.jobs.living import Process
from genhub.jobs.process import Bounds
from genhub.settings import Settings

FORK_SECONDS = 10.0
READY_SECONDS = 180.0
HOPELESS = 3
# Libraries that would start a thread while they are imported; forks of a process with threads are not safe. The last one is for
# pyarrow on Python 3.10, whose allocator has one.
THREADLESS = {"OPENBLAS_NUM_THREADS": "1", "PYTORCH_NVML_BASED_CUDA_CHECK": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
logger = logging.getLogger(__name__)


def forks(wish: str) -> bool:
    """Fork jobs from a warm server? Apple's frameworks do not survive a fork, so there only when GENHUB_JOBS=fork asks for it."""
    return hasattr(os, "fork") and wish != "spawn" and (sys.platform != "darwin" or wish == "fork")


class Down(Exception):
    """The warm server is not there (any more) to do what was asked; ask again later."""


def waiting(slots: int) -> dict[str, str]:
    """How the threads of a job wait for each other, where so many jobs run at once.

    Spinning takes the cores from other jobs: two jobs that spin as long as the library likes took 3 times as long on two cores. Alone, a
    job of small matrices gains half its speed by spinning a little (“GPT, 3 minutes” on two cores: 24,000 characters a second instead of
    14,000; beside a thread that never rests, 10,000).
    """
    return {"OMP_WAIT_POLICY": "PASSIVE", **({"GOMP_SPINCOUNT": "2000"} if slots == 1 else {})}


def launcher(settings: Settings, preload: tuple[str, ...] | None = None) -> "Launcher":
    """The one of this profile."""
    if settings.zerogpu:
        from genhub.jobs.chunks import Chunks

        return Chunks(settings, preload)
    return Launcher(settings, preload)


class Launcher:
    """`preload`: modules imported before any job, instead of the usual heavy ones. `on_change` is called, from another thread,
    when a job's process has ended or the server has become ready."""

    def __init__(self, settings: Settings, preload: tuple[str, ...] | None = None):
        self._settings = settings
        self._preload = [] if preload is None else ["--preload", *preload]
        self._lock = threading.Lock()
        self._server: subprocess.Popen | None = None
        self._ready = threading.Event()
        self._waiting: dict[int, queue.SimpleQueue] = {}
        self._number = 0
        self._failures = 0
        self._statuses: dict[int, int] = {}
        self._spawned: dict[int, subprocess.Popen] = {}
        self._closed = False
        self.on_change: Callable[[], None] = lambda: None
        self.forks = forks(os.environ.get("GENHUB_JOBS", ""))

    def start(self) -> None:
        """Start the warm server if it is wanted and not there. Returns at once."""
        with self._lock:
            if self._closed or not self.forks or self._server is not None:
                return
            server = subprocess.Popen(
                [sys.executable, "-m", "genhub.jobs.warm", *self._preload],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=self._environment(),
                start_new_session=True,
            )
            self._server = server
        threading.Thread(target=self._listen, args=(server,), name="genhub-warm", daemon=True).start()

    def ready(self) -> bool:
        """Can a job be started without waiting for imports? (Without a warm server: always.)"""
        return not self.forks or self._ready.is_set()

    def close(self) -> None:
        """End the warm server; jobs go on."""
        with self._lock:
            self._closed, server = True, self._server
        if server is None:
            return
        if not self._ready.is_set():  # it would only notice after its imports
            server.kill()
        with contextlib.suppress(OSError):
            server.stdin.close()
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()

    def run(self, folder: Path, bounds: Bounds) -> Process:
        """Start the job in `folder`. Raises Down when the warm server cannot."""
        if self.forks:
            reply = self._ask({"run": str(folder), "bounds": bounds.to_dict()}, FORK_SECONDS)
            return Process(reply["pid"], reply["started"])
        command = [sys.executable, "-m", "genhub.jobs.process", str(folder), "--bounds", json.dumps(bounds.to_dict()), *self._preload]
        with open(folder / "log.txt", "ab") as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment(),
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        self._collect()
        self._spawned[child.pid] = child
        return living.identify(child.pid)

    def call(self, target: str, args: dict, bounds: Bounds, what: str) -> dict:
        """`target(args)` in a child that has torch already, for at most `bounds.seconds`; `what` names the work in errors.

        Raises UserError (the function's, or when it ran out of time or memory), RuntimeError with the child's traceback for a defect."""
        if not self.forks:
            return oneshot.run(target, args, **bounds.to_dict(), what=what)
        request = {"call": target, "args": args, "seconds": bounds.seconds, "bounds": bounds.to_dict()}
        with oneshot.place():
            reply = self._ask_twice(request, what)
        if "error" in reply:
            raise UserError.from_dict(reply["error"])
        if "died" in reply:
            raise UserError(f"{what} did not finish: {reply['died']}.", f"It may take {bounds.seconds:g} s.", "Try something smaller.")
        if "defect" in reply:
            raise RuntimeError(f"in a child of the warm server:\n{reply['defect']}")
        return reply["result"]

    def came_from(self, run_id: str) -> None:
        """Called while somebody asks for something of this run: who that is matters where a visitor's own quota is spent."""

    def paused(self, folder: Path) -> bool:
        """Did what was started last for this run end because its time was over, with all of its work on the disk?"""
        return False

    def exit_status(self, process: Process) -> int | None:
        """How a process that was started here ended (negative: the signal), None when that is not known."""
        self._collect()
        return self._statuses.get(process.pid)

    def _collect(self) -> None:
        """Bury spawned children that have ended."""
        for pid, child in list(self._spawned.items()):
            if child.poll() is not None:
                self._note_end(pid, child.returncode)
                del self._spawned[pid]

    def _note_end(self, pid: int, status: int) -> None:
        if len(self._statuses) > 1000:
            self._statuses.clear()
        self._statuses[pid] = status

    def _ask_twice(self, request: dict, what: str) -> dict:
        """The server may have died of somebody else's request: once more, with the next one."""
        for _ in range(2):
            try:
                return self._ask(request, request["seconds"] + FORK_SECONDS)
            except Down:
                self.start()
        raise UserError(f"{what} could not be started.", "The program that does it has just ended.", "Try again in a few seconds.")

    def _ask(self, request: dict, seconds: float) -> dict:
        """Send one request and wait for its reply; the time while the server is still importing does not count."""
        if not self._ready.wait(READY_SECONDS):
            raise Down
        answer: queue.SimpleQueue = queue.SimpleQueue()
        with self._lock:
            server = self._server
            if server is None:
                raise Down
            self._number += 1
            number = self._number
            self._waiting[number] = answer
            try:
                server.stdin.write(json.dumps({"id": number, **request}).encode("ascii") + b"\n")
                server.stdin.flush()
            except (BrokenPipeError, ValueError):
                del self._waiting[number]
                raise Down from None
        try:
            reply = answer.get(timeout=seconds)
        except queue.Empty:
            server.kill()
            raise Down from None
        finally:
            self._waiting.pop(number, None)
        if reply is None:
            raise Down
        return reply

    def _listen(self, server: subprocess.Popen) -> None:
        """Hand the server's replies to whoever waits for them, until it ends."""
        for line in server.stdout:
            reply = json.loads(line)
            if "ready" in reply:
                self._failures = 0
                self._ready.set()
                logger.info("warm server ready after %s s", reply["seconds"])
                self.on_change()
            elif "exited" in reply:
                self._note_end(reply["exited"], reply["status"])
                self.on_change()
            elif (waiting := self._waiting.get(reply["id"])) is not None:
                waiting.put(reply)
        self._bury(server)

    def _bury(self, server: subprocess.Popen) -> None:
        server.wait()
        server.stdout.close()
        with self._lock:
            with contextlib.suppress(OSError):
                server.stdin.close()
            if not self._ready.is_set():
                self._failures += 1
            self._ready.clear()
            self._server = None
            for answer in list(self._waiting.values()):
                answer.put(None)
            hopeless = self._failures >= HOPELESS
            self.forks = self.forks and not hopeless
            if hopeless or self._closed:
                self._ready.set()  # there is nothing to wait for any longer
        if self._closed:
            return
        logger.warning("the warm server ended (status %s)%s", server.returncode, "; doing without it" if hopeless else "")
        self.start()
        self.on_change()

    def _environment(self) -> dict[str, str]:
        """Without secrets and offline; numerical libraries start no threads while they are imported."""
        env = oneshot.environment(os.environ, self._settings)
        if "OMP_NUM_THREADS" not in os.environ:
            del env["OMP_NUM_THREADS"]
        return {
            **waiting(self._settings.limits.job_slots),
            **env,
            **THREADLESS,
            "HF_HUB_OFFLINE": "1",
        }
