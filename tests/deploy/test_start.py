"""The folders of Spaces started as the Hub starts them, each from a fresh folder that holds nothing else."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from genhub.deploy import adapter, build
from tests.lending import PRELUDE, Lender
from tests.ui.served import free_port

SECONDS = 90


class Started:
    """A program of a folder, on a port of its own."""

    def __init__(self, folder: Path, home: Path, command: list[str], **env: str):
        self.port = int(env.get("PORT") or free_port())
        clean = {name: value for name, value in os.environ.items() if "TOKEN" not in name and name not in ("GENHUB_PROFILE", "PYTHONPATH")}
        self.env = {
            **clean,
            "GENHUB_HOME": str(home),
            "HOME": str(home),
            "GENHUB_OFFLINE": "1",
            "HF_HUB_OFFLINE": "1",
            "PORT": str(self.port),
        }
        self.env |= {"GENHUB_JOBS": "spawn", "GRADIO_ANALYTICS_ENABLED": "False"} | env
        home.mkdir(parents=True, exist_ok=True)
        self.log = home / "log.txt"
        with self.log.open("wb") as log:
            words = [sys.executable if word == "python" else word.replace("7860", str(self.port)) for word in command]
            self.process = subprocess.Popen(words, cwd=folder, env=self.env, stdout=log, stderr=log)
        deadline = time.monotonic() + SECONDS
        while not self.read("/"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(self.log.read_text(errors="replace")[-3000:])
            time.sleep(0.2)

    def read(self, path: str) -> bytes:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as reply:
                return reply.read()
        except OSError:
            return b""

    def __enter__(self) -> "Started":
        return self

    def __exit__(self, *_) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def test_the_cpu_space_starts_as_a_public_page(tmp_path):
    folder = build.space("cpu", tmp_path / "space")
    with Started(folder, tmp_path / "home", ["python", "app.py"], SPACE_ID="me/genhub", SPACE_HOST="me-genhub.hf.space") as page:
        told = page.read("/").decode()
        assert "This page is shared" in told
        assert page.read("/monitoring") == b""
        origin = {"Origin": "https://me-genhub.hf.space", "Content-Type": "application/json"}
        address = f"http://127.0.0.1:{page.port}/gradio_api/call/new_visitor"
        request = urllib.request.Request(address, data=b'{"data": []}', headers=origin)
        with urllib.request.urlopen(request, timeout=10) as reply:
            assert "event_id" in json.loads(reply.read())
    assert not list((folder / "genhub").rglob("runs.db"))  # nothing is written beside the program


# Its first chunk of a training pauses after one step; the model worker, which is asked nothing here, is not started.
ZEROGPU = (
    PRELUDE
    + """
import runpy
from genhub.jobs import chunk
from genhub.serving import client
client.Worker.start = lambda worker: None
real = chunk.train

def train(args, seconds):
    chunk.LEAVE_SECONDS = 4.0 if args["worked"] else seconds
    yield from real(args, seconds)

chunk.train = train
sys.path.insert(0, "")
runpy.run_path("app.py", run_name="__main__")
"""
)


def test_the_zerogpu_space_trains_in_forks_on_the_visitors_quota(tmp_path):
    """With the real package `spaces` and a stand-in for what lends GPUs; forks have none, and compute all the same."""
    from gradio_client import Client

    folder, token = build.space("zerogpu", tmp_path / "space"), "header.e30.signature"
    with Lender() as lender:
        env = {**lender.env, "SPACE_ID": "me/genhub", "SPACE_HOST": "me-genhub.hf.space", "PYTHONPATH": str(folder)}
        with Started(folder, tmp_path / "home", ["python", "-c", ZEROGPU], **env) as page:
            assert b"your own daily quota" in page.read("/")
            client = Client(f"http://127.0.0.1:{page.port}/", headers={"X-IP-Token": token}, verbose=False)
            visitor = client.predict(api_name="/new_visitor")
            text = client.predict(visitor, "harbour", api_name="/read_bundled_corpus")["id"]
            options = {"steps": 10, "layers": 1, "width": 16, "heads": 1, "window": 16, "samples": 0, "precision": "fp32"}
            run = client.predict(visitor, text, options, "", "scratch", api_name="/train")
            deadline = time.monotonic() + 2 * SECONDS
            while (told := client.predict(visitor, run, api_name="/run_status"))["state"] not in ("finished", "failed", "stopped"):
                assert time.monotonic() < deadline, (told, page.log.read_text(errors="replace")[-3000:])
                time.sleep(0.2)
            assert told["state"] == "finished", (told, page.log.read_text(errors="replace")[-3000:])
            chunks = json.loads((tmp_path / "home" / "runs" / run / "chunks.json").read_text())
        assert [chunk["outcome"] for chunk in chunks] == ["paused", "ended"]
        assert [chunk["asked"] for chunk in chunks] == lender.asked
        assert set(lender.tokens) == {token}
        assert lender.reports == 1  # a page that reports no function for a GPU is not started
        assert page.process.pid not in lender.allowed


def test_the_container_runs_its_commands_in_a_fresh_folder(tmp_path):
    """Without an engine for containers: the command, the health check, the user's home as the Dockerfile names them."""
    folder = build.space("docker", tmp_path / "app")
    text = (folder / "Dockerfile").read_text(encoding="utf-8")
    command, health = (
        json.loads(re.findall(r"^CMD (\[.*\])$", text, re.MULTILINE)[-1]),
        json.loads(re.findall(r"^  CMD (\[.*\])$", text, re.MULTILINE)[0]),
    )
    with Started(folder, tmp_path / "home", command) as page:
        assert b"This page is shared" in page.read("/")
        checked = [sys.executable, *(word.replace("7860", str(page.port)) for word in health[1:])]
        assert subprocess.run(checked, check=False, timeout=30).returncode == 0
    assert subprocess.run(checked, check=False, timeout=30, stderr=subprocess.DEVNULL).returncode != 0


def test_the_container_lets_in_whoever_signs_in_where_its_owner_says_so(tmp_path):
    """`docker run -e GENHUB_AUTH=…`, a secret of the Space: no word of the command says it."""
    folder = build.space("docker", tmp_path / "app")
    (*_, command) = re.findall(r"^CMD (\[.*\])$", (folder / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    with Started(folder, tmp_path / "home", json.loads(command), GENHUB_AUTH="ana:long enough") as page:
        address = f"http://127.0.0.1:{page.port}"
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{address}/config", timeout=10)
        assert refused.value.code == 401
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        words = urllib.parse.urlencode({"username": "ana", "password": "long enough"}).encode()
        assert browser.open(urllib.request.Request(f"{address}/login", data=words, headers={"Origin": address}), timeout=10).status == 200
        assert json.loads(browser.open(f"{address}/config", timeout=10).read())["components"]
        assert b"long enough" not in page.log.read_bytes()


def test_a_volume_of_the_container_is_its_users(tmp_path):
    """A volume takes over what lies where it is mounted, the owner too; where nothing does, it is root's."""
    text = (build.SPACES / "docker" / "Dockerfile").read_text(encoding="utf-8")
    _, user, rest = text.partition("\nUSER user\n")
    home, made = re.search(r"GENHUB_HOME=(\S+)", rest)[1], re.search(r"^RUN mkdir (\S+)$", rest, re.MULTILINE)[1]
    assert user
    assert made == home
    assert f"-v genhub:{home} " in (build.SPACES / "docker" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("example", ["support", "harbour-stories"])
def test_a_run_served_alone_answers_as_it_did(tmp_path, example):
    from gradio_client import Client

    folder = adapter.space(Path(build.ROOT) / "genhub" / "examples" / example, "mine", tmp_path / "space")
    port = free_port()
    with Started(folder, tmp_path / "home", ["python", "app.py"], PORT=str(port), GRADIO_SERVER_PORT=str(port), TOKENS="12") as page:
        client = Client(f"http://127.0.0.1:{page.port}/", verbose=False)
        if example == "support":
            told = client.predict("My parcel never came and the courier does not answer.", api_name="/predict")
            assert told["label"] == "delivery"
            assert {part["label"] for part in told["confidences"]} == set(json.loads((folder / "passport.json").read_text())["labels"])
        else:
            assert client.predict("The keeper of the light", api_name="/write").strip()
        with pytest.raises(Exception, match="Write a text first"):
            client.predict(" ", api_name="/predict" if example == "support" else "/write")
