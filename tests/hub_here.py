"""A Hub for one test: GenHub asks the loopback server and nobody else, and children may do their work in the test's own process."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from genhub import hub, oneshot, tasks
from genhub.errors import UserError
from tests.hubserver import HubServer


def online(monkeypatch, server: HubServer, folder: Path) -> None:
    """The Hub is `server`; what huggingface_hub keeps lies in `folder`."""
    monkeypatch.setenv("GENHUB_OFFLINE", "0")
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_HOME", str(folder))


@contextlib.contextmanager
def empty(monkeypatch, folder: Path, token: str) -> Iterator[HubServer]:
    """A Hub in `folder`/hub with nothing on it, to publish to with this token."""
    with HubServer(folder / "hub", token=token) as running:
        running.root.mkdir()
        online(monkeypatch, running, folder / "hf")
        yield running


@contextlib.contextmanager
def looked_through(monkeypatch, folder: Path) -> Iterator[HubServer]:
    """A Hub that serves `folder`/hub; what comes from it is looked through in the test's own process."""
    with HubServer(folder / "hub") as running:
        online(monkeypatch, running, folder / "hf")
        inline(monkeypatch, lambda target: target.endswith(":inspect"))
        yield running


def inline(monkeypatch, which: Callable[[str], bool] = bool) -> None:
    """The work of those children here, where torch is imported already; a defect looks as it does from outside."""
    elsewhere = oneshot.run

    def run(target: str, args: dict, **bounds) -> dict:
        if not which(target):
            return elsewhere(target, args, **bounds)
        before = dict(os.environ)
        try:
            return tasks.resolve(target)(args)
        except UserError:
            raise
        except Exception as error:
            raise RuntimeError(f"{type(error).__name__}: {error}") from error
        finally:  # what a child sets is over with it
            os.environ.clear()
            os.environ.update(before)

    monkeypatch.setattr(hub.oneshot, "run", run)
