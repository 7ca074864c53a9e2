"""The warm server: a process that has imported the heavy packages and forks one child per job.

    python -m genhub.jobs.warm [--preload MODULE …]

It speaks JSON lines: requests on stdin, replies on what was stdout (prints of libraries go to stderr).

    ← {"ready": true, "seconds": 7.1}
    → {"id": 1, "run": "/…/runs/<id>", "bounds": {…}}      ← {"id": 1, "pid": 4711, "started": 1760000000.1}
    → {"id": 2, "call": "module:function", "args": {…}, "seconds": 60, "bounds": {…}}
                                                           ← {"id": 2, "result": {…} | "error": {…} | "defect": "…" | "died": "…"}
                                                           ← {"exited": 4711, "status": -9}      (unasked, for each job)

Importing torch, transformers and peft takes seconds, a fork milliseconds; fork is only safe while this process has one thread and
has not touched a GPU, so it only imports. A job gets a session of its own: it outlives this server and the page, and their
signals do not reach it. Calls do not: the server ends when stdin does, and takes them with it. Not `multiprocessing`'s
fork server, because that one waits for its children and ties them to their parent.
"""

import argparse
import contextlib
import importlib
import json
import os
import selectors
import signal
import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from genhub import collector, tasks
from genhub.errors import UserError
from genhub.jobs import living, process
from genhub.oneshot import NO_MEMORY

HEAVY = (
    *("torch", "torch._dynamo", "transformers", "transformers.models.auto.modeling_auto", "transformers.models.bert.modeling_bert"),
    *("transformers.models.bert.tokenization_bert", "transformers.models.gpt2.modeling_gpt2", "peft", "accelerate", "safetensors.torch"),
    *("genhub.text.classify", "genhub.text.adapt", "genhub.text.scratch", "genhub.text.tune"),
)


@dataclass
class Call:
    """A short function under way in a child; its JSON answer gathers in `answer`."""

    id: int
    pid: int
    pipe: int
    deadline: float
    seconds: float
    answer: bytearray = field(default_factory=bytearray)
    buried: bool = False


class Server:
    def __init__(self, replies: int):
        self._replies = replies
        self._requests = bytearray()
        self._calls: dict[int, Call] = {}
        self._jobs: set[int] = set()
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._woken, False)

    def serve(self) -> None:
        """Answer requests until stdin ends."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        self._selector.register(0, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)
        while self._step():
            pass
        for call in list(self._calls.values()):
            _kill(call)

    def _step(self) -> bool:
        pause = min((call.deadline for call in self._calls.values()), default=time.monotonic() + 60) - time.monotonic()
        for key, _ in self._selector.select(max(0.0, pause)):
            if key.fd == 0:
                if not self._read_requests():
                    return False
            elif key.fd == self._wake:
                self._bury()
            else:
                self._read_answer(self._calls[key.fd])
        for call in [each for each in self._calls.values() if each.deadline <= time.monotonic()]:
            self._expire(call)
        return True

    def _read_requests(self) -> bool:
        block = os.read(0, 1 << 16)
        self._requests += block
        *lines, self._requests = self._requests.split(b"\n")
        for line in lines:
            request = json.loads(line)
            if "run" in request:
                self._start_job(request)
            else:
                self._start_call(request)
        return bool(block)

    def _start_job(self, request: dict) -> None:
        pid = os.fork()
        if pid == 0:
            _in_child(lambda: _job(request))
        self._jobs.add(pid)
        found = living.identify(pid)
        self._reply({"id": request["id"], "pid": pid, "started": found.started})

    def _start_call(self, request: dict) -> None:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            _in_child(lambda: _answer(request, writer))
        os.close(writer)
        os.set_blocking(reader, False)
        seconds = float(request["seconds"])
        self._calls[reader] = Call(request["id"], pid, reader, time.monotonic() + seconds, seconds)
        self._selector.register(reader, selectors.EVENT_READ)

    def _read_answer(self, call: Call) -> None:
        block = os.read(call.pipe, 1 << 20)
        call.answer += block
        if block:
            return
        self._close(call)
        try:
            self._reply({"id": call.id, **json.loads(call.answer)})
        except ValueError:
            self._reply({"id": call.id, "died": "it ended without an answer, most often because memory ran out"})

    def _expire(self, call: Call) -> None:
        self._close(call)
        self._reply({"id": call.id, "died": f"it took more than {call.seconds:g} s"})

    def _close(self, call: Call) -> None:
        _kill(call)
        self._selector.unregister(call.pipe)
        os.close(call.pipe)
        del self._calls[call.pipe]

    def _bury(self) -> None:
        """Collect children that have ended, and say so of jobs."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake, 4096)
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = ended
                for call in self._calls.values():
                    call.buried = call.buried or call.pid == pid
                if pid in self._jobs:
                    self._jobs.discard(pid)
                    self._reply({"exited": pid, "status": os.waitstatus_to_exitcode(status)})

    def _reply(self, parts: dict) -> None:
        line = json.dumps(parts).encode("ascii") + b"\n"
        with contextlib.suppress(BrokenPipeError):
            while line:
                line = line[os.write(self._replies, line) :]


# A forked child's side.


def _in_child(work) -> None:
    """Do `work` and leave at once, without the server's exit handlers."""
    status = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for name in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        status = work()
    except BaseException:  # noqa: BLE001 - nothing may fall back into the server's loop
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _job(request: dict) -> int:
    folder = Path(request["run"])
    log = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    _redirect(log)
    bounds = process.Bounds(**request["bounds"])
    process.settle(bounds)
    return process.run(folder, bounds)


def _answer(request: dict, pipe: int) -> int:
    _redirect(os.dup(2), keep=pipe)
    cpu_seconds = int(request["seconds"] * (os.cpu_count() or 1)) + 5  # should the server die, the child does not run for ever
    process.settle(process.Bounds(**request["bounds"]), cpu_seconds)
    parts = _called(request)
    with os.fdopen(pipe, "wb") as file:
        file.write(json.dumps(parts).encode("ascii"))
    return 0


def _called(request: dict) -> dict:
    try:
        return {"result": tasks.resolve(request["call"])(request["args"])}
    except UserError as error:
        return {"error": error.to_dict()}
    except BaseException as error:  # noqa: BLE001 - it crosses to the parent as what it is: a defect, with its traceback
        if isinstance(error, MemoryError) or any(phrase in str(error) for phrase in NO_MEMORY):
            return {"died": "it needed more memory than it may have"}
        return {"defect": traceback.format_exc()}


def _redirect(output: int, keep: int | None = None) -> None:
    """Nothing on stdin, `output` as stdout and stderr, every other file of the server closed (but `keep`)."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for fd in _open_files():
        if fd > 2 and fd != keep:
            with contextlib.suppress(OSError):
                os.close(fd)


def _open_files() -> list[int]:
    listing = Path("/proc/self/fd") if Path("/proc/self/fd").exists() else Path("/dev/fd")
    return [int(entry.name) for entry in listing.iterdir()]


def _kill(call: Call) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(call.pid, signal.SIGKILL)
    if not call.buried:  # it may not have made its session yet
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(call.pid, signal.SIGKILL)


def _threads() -> int:
    listing = Path("/proc/self/task")
    return len(list(listing.iterdir())) if listing.exists() else 1


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m genhub.jobs.warm", description="Fork jobs from a process that is warm.")
    parser.add_argument("--preload", nargs="*", default=list(HEAVY), help="modules to import before the first fork")
    options = parser.parse_args(arguments)
    replies = os.dup(1)
    os.dup2(2, 1)
    begun = time.monotonic()
    with collector.resting():
        for module in options.preload:
            importlib.import_module(module)
    if _threads() > 1:
        print(f"warm server: {_threads()} threads after the imports, so forks are not safe", file=sys.stderr)  # noqa: T201
    collector.settle()
    server = Server(replies)
    server._reply({"ready": True, "seconds": round(time.monotonic() - begun, 2)})
    server.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
