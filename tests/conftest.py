"""What all tests share: a home of their own, no network but the loopback, one torch thread, Chromium, and patience without sleeping."""

import gc
import ipaddress
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator

import pytest

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-prefers-reduced-motion",  # nothing slides or fades while a test waits for it
)
# Debian's headless shell draws the same page with half the work of the whole browser.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
SECRETS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_TOKEN")


LONGEST = ("test_walks.py",)  # minutes: whoever ends last would wait for it


def pytest_configure():
    # A worker or more a core: threads of their own would only get in each other's way, in children too.
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    gc.disable()  # while all modules are imported: a third of the time that collecting the tests takes


def pytest_collection_finish():
    gc.enable()


def pytest_collection_modifyitems(items):
    """Files with a browser early, the longest first, and not all at once: they leave a core idle now and then, which the others fill."""
    files = list(dict.fromkeys(item.path for item in items))
    slow = {item.path for item in items if "chromium" in getattr(item, "fixturenames", ())}
    files.sort(key=lambda path: path.name not in LONGEST)
    quick = [path for path in files if path not in slow]
    apart = len(quick) // (2 * max(1, len(slow)))  # all of them have begun when half of the others have
    order = {path: (number // max(1, apart), path in quick, number) for number, path in enumerate(quick)}
    order |= {path: (number, False, 0) for number, path in enumerate(path for path in files if path in slow)}
    items.sort(key=lambda item: order[item.path])


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    """A test that reaches for another machine fails with the address, instead of depending on the weather."""

    def guarded(connect: Callable) -> Callable:
        def call(self, address):
            if self.family != getattr(socket, "AF_UNIX", None) and not _is_loopback(str(address[0])):
                raise AssertionError(f"a test tried to reach {address}")
            return connect(self, address)

        return call

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    patch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
    yield
    patch.undo()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", "")


@pytest.fixture(autouse=True, scope="module")
def _imports_stay() -> None:
    """A full collection, of which every training asks for some, need not walk through all that was imported."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


@pytest.fixture(autouse=True)
def _leaves_the_environment(request) -> Iterator[None]:
    """The profile and the folders are read from the environment: a test that leaves one behind changes the tests after it."""
    before = _ours()
    yield
    assert _ours() == before, f"{request.node.nodeid} changed the environment"


def _ours() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(("GENHUB_", "SPACE_ID", "HF_ENDPOINT"))}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty GENHUB_HOME; offline, without tokens, in the local profile."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("GENHUB_HOME", str(folder))
    monkeypatch.setenv("GENHUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in (*SECRETS, "GENHUB_PROFILE", "SPACE_ID"):
        monkeypatch.setenv(name, "")  # noted as absent, so that what the test itself sets is undone too
        monkeypatch.delenv(name)
    return folder


@pytest.fixture
def lab(home, monkeypatch) -> Iterator:
    """A Lab whose jobs wait: no warm server, no model worker; short calculations run in fresh interpreters."""
    from genhub import settings
    from genhub.lab import Lab

    monkeypatch.setenv("GENHUB_JOBS", "spawn")
    made = Lab(settings.get())
    yield made
    made.close()


@pytest.fixture(scope="session")
def until() -> Callable:
    """until(condition, seconds=20, what="") → the first true value of `condition()`; fails when the time is over."""

    def wait(condition: Callable, seconds: float = 20.0, what: str = ""):
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > deadline:
                pytest.fail(f"waited {seconds:g} s in vain {what}".rstrip())
            time.sleep(0.02)
        return value

    return wait


@pytest.fixture
def figure(record_property) -> Callable:
    """figure("S3", "8 starts and stops", "acknowledged within 0.02 s") keeps what a promise's test did and measured, and how busy the machine
    was, see tests/promises. `form`: short or full, unless it is neither."""
    from tests.promises.measured import FULL

    def keep(promise: str, done: str, found: str, form: str = "full" if FULL else "short") -> None:
        machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else f"{os.cpu_count()} cores"
        told = {"done": done, "found": found, "form": form, "machine": machine}
        record_property(promise, json.dumps(told, ensure_ascii=False))

    return keep


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    """The system's Chromium under Playwright (a `Browser`). One a module: its event loop must not outlive the tests that need it."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        if os.environ.get("GENHUB_REQUIRE_BROWSER") == "1":
            pytest.fail("GENHUB_REQUIRE_BROWSER=1, but there is no Chromium on the PATH")
        pytest.skip("no Chromium on the PATH (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()
