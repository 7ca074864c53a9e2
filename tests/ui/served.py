"""The app in a process of its own, on a free port with an empty home, for tests that go through HTTP or a browser."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Served:
    """`start` waits for HTTP 200 on /; `stop` sends SIGTERM and returns the seconds it took to end; `kill` is kill -9."""

    def __init__(self, home: Path, *, trains: bool = True, program: str = "genhub", more: tuple[str, ...] = (), **env: str):
        """`program`: the module that is run, which takes the arguments of `genhub`; `more` of them."""
        self.home, self.port, self.program, self.more = home, free_port(), program, more
        clean = {name: value for name, value in os.environ.items() if "TOKEN" not in name and name not in ("GENHUB_PROFILE", "SPACE_ID")}
        jobs = {} if trains else {"GENHUB_JOBS": "spawn"}  # no warm server, whose imports take seconds
        self.env = {**clean, "GENHUB_HOME": str(home), "GENHUB_OFFLINE": "1", "HF_HUB_OFFLINE": "1", **jobs, **env}
        self.process: subprocess.Popen | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self, seconds: float = 60.0) -> "Served":
        log = (self.home / "serve.log").open("ab")
        command = [sys.executable, "-m", self.program, "serve", "--port", str(self.port), *self.more]
        self.process = subprocess.Popen(command, env=self.env, stdout=log, stderr=log, cwd=ROOT)
        deadline = time.monotonic() + seconds
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("the app did not come up:\n" + self.log()[-3000:])
            time.sleep(0.05)
        return self

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.address, timeout=5) as reply:
                return reply.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def log(self) -> str:
        return (self.home / "serve.log").read_text(encoding="utf-8", errors="replace")

    def stop(self) -> float:
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        return time.monotonic() - began

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


@contextmanager
def serving(home: Path, **options) -> Iterator[Served]:
    """The app, up for the tests of a module (`options` as of `Served`); no defect may stand in its log when it ends."""
    served = Served(home, **options).start()
    yield served
    served.stop()
    assert "defect" not in served.log()
