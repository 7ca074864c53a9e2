"""The model worker: the one process that owns models and answers requests about them.

    python -m genhub.serving.worker [--ops genhub.serving.ops] [--memory-bytes N]      (started by genhub.serving.client)

One JSON object a line. In:   {"life": n} · {"id", "op", "args", "alone"} · {"cancel": id}
                        Out:  {"ready": pid} · {"at": [ids]} · {"id", "event"} · {"id", "result"} · {"id", "error"} · {"died": status}

The main thread alone touches models; a second thread only reads lines. Work is cut into steps: an operation is a generator
that yields between them, so that a small request never waits for the end of a long one, and whatever is global in a model
changes in one place. Requests for the same run that wait at the same time are answered in one batch.

On Linux the process that imports the libraries does not serve itself but forks one that does, and another when that one
dies: back in a fraction of a second instead of the many that the imports take. Each such life ignores what the pipe still
holds for the one before it, up to its own {"life": n}. A life that ends before it can answer would do so again: with it the
whole worker ends. It also ends when its stdin does, and so with its parent.
"""

import argparse
import importlib
import json
import mmap
import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass
from typing import Any

from genhub import collector
from genhub.allocator import share_arenas
from genhub.errors import UserError, new_error_id

SECRET = re.compile(r"hf_[A-Za-z0-9]{8,}|(?i:bearer\s+)\S+|(?<=://)[^/\s:@]+:[^/\s:@]+(?=@)")
OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "bad_alloc")
BATCH = 64  # requests answered together, at most


@dataclass(frozen=True)
class Op:
    """One operation. `run(context, args)` returns the result, or is a generator of events (None: just a step) that does.

    `key(args)` is equal for requests that may be answered together, None for one that may not; `together(context, [args])`
    then gives one result each.
    """

    run: Callable[[Any, dict], Any]
    key: Callable[[dict], Hashable] | None = None
    together: Callable[[Any, list[dict]], list[dict]] | None = None


@dataclass(frozen=True)
class Request:
    id: int
    op: str
    args: dict
    alone: bool = False


@dataclass
class Job:
    """Requests that are answered together (mostly one), and the generator whose steps do it; it returns one result each."""

    requests: list[Request]
    steps: Generator[Any, None, list[dict]]


class Scheduler:
    """Takes requests from any thread; `run` works on them, a step of each in turn, in the thread that calls it."""

    def __init__(self, ops: dict[str, Op], context: Any, send: Callable[[dict], None]):
        self.ops, self.context, self.send = ops, context, send
        self.counts = {"requests": 0, "errors": 0, "batches": 0, "batched_requests": 0, "at_work": 0}
        self._inbox: list[Request] = []
        self._cancelled: set[int] = set()
        self._arrived = threading.Condition()
        self._jobs: list[Job] = []

    def submit(self, request: Request) -> None:
        with self._arrived:
            self.counts["requests"] += 1
            self._inbox.append(request)
            self._arrived.notify()

    def cancel(self, id: int) -> None:
        with self._arrived:
            self._cancelled.add(id)

    def run(self) -> None:
        while True:
            self.turn()

    def turn(self) -> None:
        """Take what has arrived (wait for it when there is nothing else to do), then do one step of each job."""
        with self._arrived:
            while not self._inbox and not self._jobs:
                self._arrived.wait()
            fresh, self._inbox = self._inbox, []
            cancelled, self._cancelled = self._cancelled, set()
        wanted = [request for request in fresh if request.id not in cancelled]
        self._jobs += [Job(group, self._work(group)) for group in self._groups(wanted)]
        wanted_jobs = [job for job in self._jobs if not self._abandoned(job, cancelled)]
        self.counts["at_work"] = len(wanted_jobs)
        self._jobs = [job for job in wanted_jobs if self._step(job)]

    def _abandoned(self, job: Job, cancelled: set[int]) -> bool:
        if any(request.id not in cancelled for request in job.requests):
            return False
        job.steps.close()
        return True

    def _groups(self, requests: list[Request]) -> list[list[Request]]:
        """Requests in order of arrival, those that may share a batch side by side."""
        groups: dict[Hashable, list[Request]] = {}
        for request in requests:
            key = self._key(request)
            if key is None or len(groups.get(key, ())) >= BATCH:
                key = ("alone", request.id)
            groups.setdefault(key, []).append(request)
        return list(groups.values())

    def _key(self, request: Request) -> Hashable:
        op = self.ops.get(request.op)
        key = op.key(request.args) if op and op.key and not request.alone else None
        return None if key is None else (request.op, key)

    def _work(self, group: list[Request]) -> Generator[Any, None, list[dict]]:
        op = self.ops.get(group[0].op)
        if op is None:
            known = f"Operations: {', '.join(sorted(self.ops))}."
            raise UserError(f"There is no operation “{str(group[0].op)[:60]}”.", known, "Choose one of them.", "op")
        if len(group) > 1:
            self.counts["batches"] += 1
            self.counts["batched_requests"] += len(group)
            return op.together(self.context, [request.args for request in group])
        outcome = op.run(self.context, group[0].args)
        if isinstance(outcome, Generator):
            outcome = yield from outcome
        return [outcome]

    def _step(self, job: Job) -> bool:
        """One step of a job; False when it has ended. An edge: whatever is raised becomes an answer."""
        self.send({"at": [request.id for request in job.requests]})
        try:
            event = next(job.steps)
        except StopIteration as end:
            for request, result in zip(job.requests, end.value, strict=True):
                self.send({"id": request.id, "result": result})
        except BaseException as error:  # noqa: BLE001 — an edge: even a panic of a library must not stop the worker
            self._fail(job, error)
        else:
            if event is not None:
                self.send({"id": job.requests[0].id, "event": event})
            self.send({"at": []})
            return True
        self.send({"at": []})
        return False

    def _fail(self, job: Job, error: BaseException) -> None:
        """An error for a single request; a batch is taken apart, so that one bad text fails nobody else."""
        if len(job.requests) > 1:
            for request in job.requests:
                apart = Job([request], self._work([request]))
                while self._step(apart):
                    pass
            return
        self.counts["errors"] += 1
        self.send({"id": job.requests[0].id, "error": describe(error)})


def describe(error: BaseException) -> dict:
    """An exception as an answer: a user's mistake in full, a defect as an id whose traceback is in the log."""
    if isinstance(error, UserError):
        return {"user": {name: scrub(text) for name, text in error.to_dict().items()}}
    if isinstance(error, MemoryError) or any(phrase in str(error).lower() for phrase in OUT_OF_MEMORY):
        return {"user": UserError("There is not enough memory for this.", "", "Try fewer or shorter texts, or a smaller model.").to_dict()}
    error_id = new_error_id()
    text = "".join(traceback.format_exception(error))
    sys.stderr.write(f"model worker, error {error_id}:\n{scrub(text)}\n")
    sys.stderr.flush()
    return {"defect": error_id, "what": f"{type(error).__name__}, id"}


def scrub(text: str) -> str:
    """The text without anything that looks like a token or a password."""
    return SECRET.sub("[secret]", text)


class Pipe:
    """Lines to and from the parent. What libraries print goes to stderr, so that it cannot garble an answer."""

    def __init__(self):
        self._lines = os.fdopen(os.dup(0), "r", encoding="utf-8")
        self._answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def send(self, message: dict) -> None:
        line = json.dumps(message)
        with self._lock:
            try:
                self._answers.write(line + "\n")
                self._answers.flush()
            except BrokenPipeError:  # the parent is gone
                os._exit(0)

    def feed(self, scheduler: Scheduler, life: int) -> None:
        """Read requests until the parent closes the pipe; then the process ends at once, whatever it is doing."""
        mine = False
        for line in self._lines:
            try:
                message = json.loads(line)
            except ValueError:  # the rest of a line whose beginning an earlier life has read
                continue
            if "life" in message:
                mine = message["life"] == life
            elif not mine:
                continue
            elif "cancel" in message:
                scheduler.cancel(message["cancel"])
            else:
                scheduler.submit(Request(**message))
        os._exit(0)


def serve(pipe: Pipe, ops: Any, memory_bytes: int, life: int, up: mmap.mmap) -> None:
    """Answer requests for ever. `ops` is a module with OPS and `context(memory_bytes, counts)`; `up` becomes 1 when it answers."""
    scheduler = Scheduler(ops.OPS, None, pipe.send)
    scheduler.context = ops.context(memory_bytes, scheduler.counts)
    threading.Thread(target=pipe.feed, args=(scheduler, life), name="reader", daemon=True).start()
    up[0] = 1
    pipe.send({"ready": os.getpid()})
    scheduler.run()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m genhub.serving.worker", description="Answers requests about models on stdin.")
    parser.add_argument("--ops", default="genhub.serving.ops", help="module with the operations")
    parser.add_argument("--memory-bytes", type=int, default=0, help="weights kept in memory, at most; 0: chosen here")
    options = parser.parse_args(arguments)
    share_arenas()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes the pipe
    pipe = Pipe()
    with collector.resting():
        ops = importlib.import_module(options.ops)
    collector.settle()
    life, up = 0, mmap.mmap(-1, 1)  # shared with the forks, too
    # Elsewhere a fork of a process with such libraries is not safe, and the parent starts a new worker instead.
    while sys.platform == "linux" and (child := os.fork()):
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == 0:
            return
        if not up[0]:
            sys.exit(f"The model worker ended before it was up (status {os.waitstatus_to_exitcode(status)}).")  # so would the next one
        life, up[0] = life + 1, 0
        pipe.send({"died": os.waitstatus_to_exitcode(status)})
    serve(pipe, ops, options.memory_bytes, life, up)


if __name__ == "__main__":
    main()
