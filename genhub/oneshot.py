"""One function call in a process of its own: where strangers' files are parsed and where the Hub is asked.

The parent calls `run("genhub.data.intake:read_table", {"path": …})`. A fresh interpreter (`python -m genhub.oneshot`)
reads the request as JSON from its stdin, limits itself, imports the target and answers with JSON on its stdout. It
inherits no secrets, may use so much memory, time and disk, and is killed with everything it started once its time is up.
A token that one action needs travels in `args`, through the pipe, and never lies in the environment.

What the child can do to its parent:
    answer                          → the dictionary
    raise UserError                 → the same UserError
    raise anything else             → RuntimeError with the child's traceback: a defect of ours
    run out of time, memory or disk, crash, leave without an answer → UserError saying which

A child has a session of its own, so nothing but its parent ends it: those that still run when the program ends are killed.

Little more than the standard library is imported here, so that a call starts in well under a second. The limits on memory and
disk are the operating system's (Linux; macOS ignores the one on memory, Windows both); the one on time holds everywhere.
"""

import atexit
import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path

from genhub import collector, settings
from genhub.errors import UserError, full_disk

ROOT = Path(__file__).resolve().parents[1]
RESULT_BYTES = 64_000_000
STDERR_BYTES = 20_000
WAIT_SECONDS = 10.0  # for a place among the children, then the server says that it is busy
SHORT, HUB = "short", "hub"  # two queues: who waits for the network does not keep others from reading a table
KEPT_PREFIXES = ("GENHUB_", "HF_", "LC_", "OMP_", "TORCH", "COVERAGE_")
KEPT_NAMES = {
    *("PATH", "HOME", "LANG", "TZ", "TMPDIR", "TMP", "TEMP", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "XDG_CACHE_HOME"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "APPDATA", "LOCALAPPDATA", "USERPROFILE"),
}
SECRET_WORDS = ("TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "AUTH", "KEY")
# A Rust extension that panics raises this class, which is no Exception; the file it read is to blame, not our code.
PANIC = "PanicException"
NO_MEMORY = ("memory allocation of", "bad_alloc", "MemoryError", "can't allocate memory", "not enough memory")


_places: dict[tuple[str, int], threading.BoundedSemaphore] = {}
_places_lock = threading.Lock()
_running: set[subprocess.Popen] = set()
_killed: set[subprocess.Popen] = set()  # of those that run, because the program ends
_running_lock = threading.Lock()
_ending = threading.Event()


@contextlib.contextmanager
def place(kind: str = SHORT) -> Iterator[None]:
    """One of the places for children that this process has, `settings.limits.children` of each kind. Raises UserError when none
    becomes free in WAIT_SECONDS."""
    count = settings.get().limits.children
    with _places_lock:
        places = _places.setdefault((kind, count), threading.BoundedSemaphore(count))
    if not places.acquire(timeout=WAIT_SECONDS):
        raise UserError("The server is busy.", f"It does {count} such things at once.", "Try again in a few seconds.")
    try:
        yield
    finally:
        places.release()


def run(
    target: str,
    args: dict,
    *,
    seconds: float = 30.0,
    memory_bytes: int = 2_000_000_000,
    file_bytes: int = 200_000_000,
    what: str = "Reading the file",
) -> dict:
    """Call `target` ("module:function", of this package) with `args` in a fresh, limited process; its dictionary comes back.

    `args` and the answer are JSON. `file_bytes` bounds each file the child writes; `what` names the work in error messages.
    Raises UserError as the module's docstring lists, or when there are too many children already; RuntimeError for a defect.
    """
    limits = {"seconds": seconds, "memory_bytes": memory_bytes, "file_bytes": file_bytes}
    request = json.dumps({"target": target, "args": args, "limits": limits}).encode("ascii")
    kind = HUB if target.startswith("genhub.hub_") else SHORT
    with place(kind), tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code = _spawn(request, out, err, seconds)
        answer, log = _read(out, RESULT_BYTES), _tail(err)
    if code is None:
        raise UserError(f"{what} took more than {seconds:g} s.", f"The limit is {seconds:g} s.", "Try again, or with something smaller.")
    if answer is None:
        raise UserError(f"{what} gave more than {RESULT_BYTES // 1_000_000} MB.", "That is the limit.", "Try something smaller.")
    return _result(answer, code, log, limits, what)


def _spawn(request: bytes, out, err, seconds: float) -> int | None:
    """The child's exit status, or None when it was killed because its time was up. Raises UserError when it was because the program ends."""
    env, pipes = environment(os.environ, settings.get()), {"stdin": subprocess.PIPE, "stdout": out, "stderr": err}
    with _running_lock:  # none may begin between the last look at those that run and the end
        if _ending.is_set():
            raise _at_the_end()
        process = subprocess.Popen([sys.executable, "-m", "genhub.oneshot"], **pipes, env=env, start_new_session=True)
        _running.add(process)
    try:
        process.communicate(request, timeout=seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with _running_lock:
            _running.discard(process)
            ended = process in _killed
            _killed.discard(process)
        _kill(process)
    if ended:
        raise _at_the_end()
    return process.returncode


def _at_the_end() -> UserError:
    return UserError("GenHub is ending.", "What it had begun ends with it.", "Do the same again once it is back.")


def kill_all() -> None:
    """End the children that run."""
    with _running_lock:
        _killed.update(_running)
        for process in _running:
            _kill_group(process)


@atexit.register
def _end() -> None:
    _ending.set()
    kill_all()


def _kill(process: subprocess.Popen) -> None:
    """End the child and all that it started; whatever it left behind when it ended by itself goes too."""
    _kill_group(process)
    process.wait()


def _kill_group(process: subprocess.Popen) -> None:
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()


def environment(parent: Mapping[str, str], of: settings.Settings) -> dict[str, str]:
    """A child's environment: what is needed to find Python, folders and the Hub, and nothing that looks like a secret. The child has the
    folders and the limits of these settings, whatever told its parent of them (on a Space that is none of the variables kept here)."""
    env = {
        name: value
        for name, value in parent.items()
        if (name.upper() in KEPT_NAMES or name.startswith(KEPT_PREFIXES)) and not any(word in name.upper() for word in SECRET_WORDS)
    }
    env["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), env.get("PYTHONPATH"))))
    # A folder the program happens to be started in must not shadow modules; and the token file of a logged-in user stays unread.
    fixed = {"PYTHONSAFEPATH": "1", "PYTHONIOENCODING": "utf-8", "HF_TOKEN_PATH": os.devnull, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}
    quiet = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TOKENIZERS_PARALLELISM": "false"}
    same = {"GENHUB_HOME": str(of.home), "GENHUB_PROFILE": of.profile}
    # Memory is limited, and numerical libraries take some for each thread.
    return {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"} | env | fixed | quiet | same


def _read(file, limit: int) -> bytes | None:
    """All that the child wrote, or None when it is more than `limit` bytes."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return file.read() if size <= limit else None


def _tail(file) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - STDERR_BYTES))
    return file.read().decode("utf-8", "replace")


def _result(answer: bytes, code: int, log: str, limits: dict, what: str) -> dict:
    try:
        reply = json.loads(answer)
    except ValueError:
        raise _death(code, log, limits, what) from None
    if "user_error" in reply:
        raise UserError.from_dict(reply["user_error"])
    if reply.get("exhausted") == "memory":
        raise _out_of_memory(limits, what)
    if reply.get("exhausted") == "disk":
        megabytes = limits["file_bytes"] // 1_000_000
        raise UserError(f"{what} wrote a file of more than {megabytes} MB.", f"The limit is {megabytes} MB.", "Try something smaller.")
    if "defect" in reply:
        raise RuntimeError(f"in the one-shot child:\n{reply['defect']}")
    return reply["result"]


def _death(code: int, log: str, limits: dict, what: str) -> UserError:
    """The error of a child that left no answer. SIGKILL is the kernel's when memory is short, SIGABRT an allocator's."""
    if -code in (signal.SIGABRT, getattr(signal, "SIGKILL", None)) or any(phrase in log for phrase in NO_MEMORY):
        return _out_of_memory(limits, what)
    if -code == getattr(signal, "SIGXCPU", None):
        return UserError(f"{what} took too much computing time.", f"The limit is {limits['seconds']:g} s.", "Try something smaller.")
    return UserError(
        f"{what} failed: the program that did it ended without an answer (status {code}).",
        "It runs in a process of its own, so nothing else was harmed.",
        "Try again; where it read a file of yours, that may be damaged.",
    )


def _out_of_memory(limits: dict, what: str) -> UserError:
    megabytes = limits["memory_bytes"] // 1_000_000
    return UserError(f"{what} needed more memory than it may have.", f"The limit is {megabytes} MB.", "Try something smaller.")


# The child's side.


def main() -> None:
    """Read one request from stdin, do it, write one answer to what was stdout (prints of libraries go to stderr)."""
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)

    def reply(parts: dict) -> None:
        answers.write(json.dumps(parts))
        answers.flush()

    def on_error(kind, error, trace) -> None:
        reply(_describe(kind, error, trace))

    sys.excepthook = on_error
    request = json.loads(sys.stdin.buffer.read())
    _limit(request["limits"])
    from genhub.tasks import resolve

    with collector.resting():
        target = resolve(request["target"])
    result = target(request["args"])
    if not isinstance(result, dict):
        raise TypeError(f"{request['target']} returned {type(result).__name__}, not a dictionary")
    reply({"result": result})


def _describe(kind: type, error: BaseException, trace) -> dict:
    if isinstance(error, UserError):
        return {"user_error": error.to_dict()}
    if isinstance(error, MemoryError) or any(phrase in str(error) for phrase in NO_MEMORY):
        return {"exhausted": "memory"}
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return {"exhausted": "disk"}
    if full := full_disk(error):
        return {"user_error": full.to_dict()}
    text = "".join(traceback.format_exception(kind, error, trace))
    if kind.__name__ == PANIC:
        what = UserError(
            "The file made the library that reads it give up.", "It is damaged, or not what its name says.", "Try another one."
        )
        return {"user_error": what.to_dict()}
    return {"defect": text}


def _limit(limits: dict) -> None:
    """Bound this process where the operating system can. The parent keeps the time; the limit on CPU is for its death."""
    try:
        import resource
    except ImportError:  # Windows
        return
    cpu = int(limits["seconds"] * (os.cpu_count() or 1)) + 5
    # RLIMIT_DATA counts what is written to, not the address space that libraries only reserve.
    wanted = {"RLIMIT_DATA": limits["memory_bytes"], "RLIMIT_FSIZE": limits["file_bytes"], "RLIMIT_CPU": cpu, "RLIMIT_CORE": 0}
    for name, value in wanted.items():
        which = getattr(resource, name)
        soft, hard = resource.getrlimit(which)
        known = [bound for bound in (value, soft, hard) if bound != resource.RLIM_INFINITY]
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (int(min(known)), hard))


if __name__ == "__main__":
    main()
