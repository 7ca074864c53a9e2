"""Which files of a home can be fetched over HTTP: what was packed for somebody, and nothing else."""

import urllib.error
import urllib.request

import pytest
from gradio_client import Client

from tests.ui.served import Served


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("home"), trains=False).start()
    yield served
    served.stop()


def status(app, path) -> int:
    try:
        with urllib.request.urlopen(f"{app.address}gradio_api/file={path}", timeout=10) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code


def test_downloads_are_served_and_tables_runs_and_secrets_are_not(app):
    client = Client(app.address, verbose=False)
    me = client.predict(api_name="/new_visitor")
    client.predict(me, "support", api_name="/read_sample")
    client.predict(me, "example-support", api_name="/download_run")
    [packed] = (app.home / "downloads").glob("*/*/genhub-adapter-support.zip")
    assert len(packed.parent.name) == 32
    assert status(app, packed) == 200
    tables = list((app.home / "uploads").rglob("*.jsonl"))
    assert tables
    for path in (*tables, app.home / "browser.secret", app.home / "runs.db", app.home / "serve.log", app.home / "cache" / "sha256.json"):
        assert status(app, path) in (403, 404), path
    assert list((app.home / "transit").rglob("genhub-adapter-support.zip")), "what passes through the browser lies in the home"
    client.predict(me, api_name="/delete_everything")
    assert not list((app.home / "transit").rglob("*.zip"))
    assert status(app, packed) in (403, 404)
