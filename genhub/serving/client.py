"""The web process's end of the model worker: requests in, answers out, and a worker that is always there.

    worker = Worker(settings)
    worker.start()                                          # returns at once; the worker gets ready by itself
    worker.call("classify.predict", {"run_dir": …, "texts": […]}, seconds=30)
    for event in worker.stream(op, args): …                 # the last one is {"result": {…}}

Lines of JSON travel over the worker's stdin and stdout; no torch and no pickle on this side. The worker says which
requests it is at work on, so that when it dies the one that killed it gets an error and the others are asked again.
Threads: one supervisor that starts the worker, reads its lines and buries it; one writer for each worker process, so that
no caller ever waits for a full pipe longer than its own deadline.
"""

import contextlib
import itertools
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from genhub import oneshot
from genhub.errors import UserError
from genhub.settings import Settings

TRIES = 3  # how often a request that did not kill the worker is asked again after deaths, at most
STARTS = 3  # a worker that dies so often in a row before it is ready will not come up
STUCK_SECONDS = 20.0  # a step that goes on so long after its request's deadline has the worker replaced
DEVICE_PREFIXES = ("CUDA_", "NVIDIA_", "HIP_", "ROCR_", "MKL_", "OPENBLAS_")
# Threads that wait by spinning take the cores from training jobs and from each other: with two busy processes on two cores
# an explanation took 4 to 8 s, and 1.3 s with threads that sleep; on a quiet machine there is no difference.
PATIENT = {"OMP_WAIT_POLICY": "PASSIVE"}
OFFLINE = {"GENHUB_OFFLINE": "1", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}


@dataclass
class _Request:
    """`alone`: it was among several when a worker died, so it is asked again by itself. `tries`: deaths it has seen."""

    id: int
    op: str
    args: dict
    replies: queue.SimpleQueue = field(default_factory=queue.SimpleQueue)
    tries: int = 0
    alone: bool = False

    def line(self) -> str:
        return json.dumps({"id": self.id, "op": self.op, "args": self.args, "alone": self.alone})


class Worker:
    """A model worker that is started when needed and again after each death. All methods may be called from any thread."""

    def __init__(self, settings: Settings, *, ops: str = "genhub.serving.ops", memory_bytes: int = 0):
        """`ops` names the module with the operations; `memory_bytes` bounds the weights in memory (0: chosen by the worker)."""
        self._settings, self._ops, self._memory_bytes = settings, ops, memory_bytes
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._pending: dict[int, _Request] = {}
        self._process: subprocess.Popen | None = None
        self._outbox: queue.SimpleQueue | None = None
        self._at: list[int] = []
        self._pid = 0  # of the process that answers; 0 while none is ready
        self._deaths = 0  # of serving processes under the present `_process`
        self._closing = threading.Event()
        self._supervisor: threading.Thread | None = None

    def start(self) -> None:
        """Begin to start the worker, in the background. Does nothing when it has been started before."""
        with self._lock:
            if self._supervisor is None and not self._closing.is_set():
                self._supervisor = threading.Thread(target=self._supervise, name="model-worker", daemon=True)
                self._supervisor.start()

    def ready(self) -> bool:
        """Whether a worker is up and has imported what it needs."""
        return self._pid != 0

    @property
    def pid(self) -> int:
        """Process id of the worker that answers at present, 0 while there is none."""
        return self._pid

    def call(self, op: str, args: dict, seconds: float = 30.0) -> dict:
        """The result of one operation. Raises UserError for a user's mistake, a missed deadline or a dead worker."""
        for message in self.stream(op, args, seconds):
            if "result" in message:
                return message["result"]
        raise RuntimeError(f"{op} ended without a result")

    def stream(self, op: str, args: dict, seconds: float = 30.0) -> Iterator[dict]:
        """The events of one operation, then {"result": …}. {"restarted": true} voids all events that came before it.

        The deadline of `seconds` is for the whole. A consumer that closes the iterator early cancels the request: the worker
        ends it before its next step. A generator that hands events on closes it with itself, whoever abandons it:

            with contextlib.closing(worker.stream("classify.predict", args, seconds=120)) as events:
                for event in events:
                    if "result" in event: yield shown(event["result"])
                    elif "done" in event: yield progress(event["done"], event["total"])
        """
        deadline = time.monotonic() + seconds
        request = self._send(op, args)
        finished = False
        try:
            while not finished:
                message = self._next(request, deadline, seconds)
                finished = "error" in message or "result" in message
                if "error" in message:
                    raise error_of(message["error"])
                yield message["event"] if "event" in message else {"result": message["result"]}
        finally:
            self._forget(request, cancel=not finished)

    def close(self) -> None:
        """End the worker; requests in flight get an error. Returns within a few seconds."""
        self._closing.set()
        with self._lock:
            supervisor, outbox, process = self._supervisor, self._outbox, self._process
            if outbox is not None:
                outbox.put(None)
        if supervisor is None:
            return
        supervisor.join(timeout=3.0)
        if supervisor.is_alive() and process is not None:
            _kill(process)
            supervisor.join(timeout=3.0)

    # Callers' side.

    def _send(self, op: str, args: dict) -> _Request:
        self.start()
        request = _Request(next(self._ids), op, args)
        line = request.line()  # arguments that are not JSON fail here, in the caller
        with self._lock:
            if self._closing.is_set():
                raise _closed()
            self._pending[request.id] = request
            if self._outbox is not None:
                self._outbox.put(line)
        return request

    def _next(self, request: _Request, deadline: float, seconds: float) -> dict:
        try:
            return request.replies.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            self._watch_for_stuck(request)
            state = "The models were still being loaded." if not self.ready() else ""
            raise UserError(
                f"No answer within {seconds:g} s.", f"The limit is {seconds:g} s. {state}".strip(), "Try a shorter text, or again later."
            ) from None

    def _forget(self, request: _Request, cancel: bool) -> None:
        with self._lock:
            self._pending.pop(request.id, None)
            if cancel and self._outbox is not None:
                self._outbox.put(json.dumps({"cancel": request.id}))

    def _watch_for_stuck(self, request: _Request) -> None:
        """A cancelled request ends at its next step. One whose step does not end would block everybody: replace the worker."""
        with self._lock:
            pid = self._pid
            if not pid or request.id not in self._at:
                return

        def look() -> None:
            with self._lock:
                stuck = self._pid == pid and request.id in self._at
            if stuck:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))

        timer = threading.Timer(STUCK_SECONDS, look)
        timer.daemon = True
        timer.start()

    # The supervisor's side.

    def _supervise(self) -> None:
        failures = 0
        while not self._closing.is_set():
            process = self._spawn()
            was_ready = self._read(process)
            _kill(process)
            failures = 0 if was_ready else failures + 1
            if self._closing.is_set():
                break
            self._bury()
            if failures >= STARTS:
                self._fail_all({"defect": "", "what": f"the model worker died {failures} times while starting"})
            if failures:
                self._closing.wait(min(2.0 ** (failures - 2), 30.0))
        self._pid = 0
        self._fail_all({"user": _closed().to_dict()})

    def _spawn(self) -> subprocess.Popen:
        command = [sys.executable, "-m", "genhub.serving.worker", "--ops", self._ops, "--memory-bytes", str(self._memory_bytes)]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(self._settings),
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        outbox: queue.SimpleQueue = queue.SimpleQueue()
        with self._lock:
            self._process, self._outbox, self._deaths = process, outbox, 0
            self._resend()
            if self._closing.is_set():
                outbox.put(None)
        threading.Thread(target=_write, args=(process, outbox), name="model-worker-writer", daemon=True).start()
        return process

    def _resend(self) -> None:
        """Open a new life of the worker: what was written before this line is not for it. Called with the lock held."""
        self._outbox.put("\n" + json.dumps({"life": self._deaths}))
        for request in self._pending.values():
            self._outbox.put(request.line())

    def _read(self, process: subprocess.Popen) -> bool:
        """Hand out the worker's lines until it is gone. Whether it ever got ready."""
        was_ready = False
        for line in process.stdout:
            try:
                message = json.loads(line)
            except ValueError:  # the torn last line of a life that ended in mid-word
                continue
            was_ready = was_ready or "ready" in message
            self._handle(message)
        return was_ready

    def _handle(self, message: dict) -> None:
        if "at" in message:
            with self._lock:
                self._at = message["at"]
        elif "ready" in message:
            self._pid = message["ready"]
        elif "died" in message:
            self._bury()
            with self._lock:
                self._deaths += 1
                self._resend()
        elif request := self._pending.get(message.get("id")):
            request.replies.put(message)

    def _bury(self) -> None:
        """After a death: an error for the request that was at work, and all others are to be asked again."""
        with self._lock:
            at, served = self._at, self._pid != 0
            self._at, self._pid = [], 0
            for request in list(self._pending.values()):
                request.tries += served  # a worker that never got ready has not tried
                guilty = request.id in at and (len(at) == 1 or request.alone)
                if guilty or request.tries >= TRIES:
                    del self._pending[request.id]
                    request.replies.put({"error": {"user": _died().to_dict()}})
                else:
                    request.alone = request.alone or request.id in at
                    request.replies.put({"event": {"restarted": True}})

    def _fail_all(self, error: dict) -> None:
        with self._lock:
            waiting, self._pending = list(self._pending.values()), {}
        for request in waiting:
            request.replies.put({"error": error})


def _environment(settings: Settings) -> dict[str, str]:
    """No secrets, no network; the folders and the profile that this process uses; the devices it may see."""
    env = oneshot.environment(os.environ, settings)
    if "OMP_NUM_THREADS" not in os.environ:
        env.pop("OMP_NUM_THREADS", None)  # a one-shot child's frugality: the worker may use every core
    devices = {name: value for name, value in os.environ.items() if name.startswith(DEVICE_PREFIXES)}
    return PATIENT | env | devices | OFFLINE


def _write(process: subprocess.Popen, outbox: queue.SimpleQueue) -> None:
    """Write lines until None comes (then close the pipe, at which the worker ends) or nobody reads any more."""
    with contextlib.suppress(OSError, ValueError):
        for line in iter(outbox.get, None):
            process.stdin.write(line + "\n")
            process.stdin.flush()
    with contextlib.suppress(OSError, ValueError):
        process.stdin.close()


def _kill(process: subprocess.Popen) -> None:
    """End the worker with all that it started, and take back its pipes."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError, ValueError):
            pipe.close()


def error_of(error: dict) -> Exception:
    """What the worker's {user} or {defect, what} is here."""
    if "user" in error:
        return UserError.from_dict(error["user"])
    return RuntimeError(f"in the model worker: {error['what']} {error['defect']}".rstrip())


def _died() -> UserError:
    return UserError(
        "The model worker stopped while it was at this request.",
        "It has to fit into the memory of the machine.",
        "It starts again by itself: try a shorter text, fewer texts or a smaller model.",
    )


def _closed() -> UserError:
    return UserError("The server is being shut down.", "", "Try again once it is up.")
