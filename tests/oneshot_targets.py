"""What the tests of genhub.oneshot call in a child process: one good function and one for each way to go wrong."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from genhub.errors import UserError


def echo(args: dict) -> dict:
    print("a library that prints must not spoil the answer")
    return {"args": args, "torch": "torch" in sys.modules, "environment": dict(os.environ)}


def refuse(args: dict) -> dict:
    raise UserError("Line 7 is odd.", "Lines are even.", "Delete it.", "file")


def defect(args: dict) -> dict:
    return {"value": [][args["index"]]}


def not_a_dictionary(args: dict) -> dict:
    return [1, 2]  # type: ignore[return-value]


def leave(args: dict) -> dict:
    os._exit(args["status"])


def crash(args: dict) -> dict:
    os.kill(os.getpid(), signal.SIGSEGV)
    return {}


def eat_memory(args: dict) -> dict:
    return {"bytes": len(bytearray(args["bytes"]))}


def fill_disk(args: dict) -> dict:
    with open(args["path"], "wb") as file:
        for _ in range(100):
            file.write(bytes(1_000_000))
    return {}


def huge_answer(args: dict) -> dict:
    return {"text": "x" * args["chars"]}


def sleep_with_a_child(args: dict) -> dict:
    """Start a grandchild, note its pid, and never come back."""
    grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(args["note"]).write_text(str(grandchild.pid))
    time.sleep(600)
    return {}


class PanicException(BaseException):
    """Named as pyo3 names a Rust panic."""


def panic(args: dict) -> dict:
    raise PanicException("index out of range")
