"""The app behind a loopback Hub, a script that talks to it, an examined table and a finished run; one app a module."""

import csv
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gradio_client import Client, handle_file

from genhub.data import samples
from tests.hubserver import HubServer
from tests.ui.served import Served


@pytest.fixture(scope="module")
def loopback(tmp_path_factory) -> Iterator[HubServer]:
    """An empty Hub that the app of this module asks."""
    with HubServer(tmp_path_factory.mktemp("hub")) as server:
        yield server


@pytest.fixture(scope="module")
def app(tmp_path_factory, loopback) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("home")
    online = {"GENHUB_OFFLINE": "0", "HF_HUB_OFFLINE": "0", "HF_ENDPOINT": loopback.url, "HF_HOME": str(home / "hf")}
    served = Served(home, **online).start()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def client(app) -> Client:
    return Client(app.address, verbose=False)


@pytest.fixture(scope="module")
def me(client) -> str:
    return client.predict(api_name="/new_visitor")


@pytest.fixture(scope="module")
def table(client, me, tmp_path_factory) -> tuple[str, Path]:
    """The id of an examined table with two classes, and its file."""
    path = tmp_path_factory.mktemp("data") / "two.csv"
    with samples.path("support").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["label"] in ("billing", "delivery")]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text", "label"], *([row["text"], row["label"]] for row in rows)])
    taken = client.predict(me, handle_file(str(path)), api_name="/read_table")
    report = client.predict(me, taken["id"], "text", "label", [], api_name="/examine_table")
    assert report["ready"]
    return taken["id"], path


@pytest.fixture(scope="module")
def wait(client, me) -> Callable:
    """wait(run) → its status once it has ended."""

    def ended(run: str, seconds: float = 120.0) -> dict:
        deadline = time.monotonic() + seconds
        while (status := client.predict(me, run, api_name="/run_status"))["state"] in ("queued", "running", "stopping"):
            assert time.monotonic() < deadline, status
            time.sleep(0.1)
        return status

    return ended


@pytest.fixture(scope="module")
def run(client, me, table, wait) -> str:
    """A finished run, trained through the endpoints; a frozen encoder takes seconds."""
    started = client.predict(me, table[0], {"method": "frozen", "folds": 0}, "by script", api_name="/train")
    wait(started)
    return started
