"""Publishing a run to a loopback Hub with the real huggingface_hub: whole or not at all, and no token left anywhere."""

import json
from pathlib import Path

import pytest

from genhub import hub, settings
from genhub.errors import UserError
from tests.hubserver import COMMIT, Fault, HubServer

TOKEN = "hf_right"


@pytest.fixture
def server(tmp_path, home, monkeypatch):
    with HubServer(tmp_path / "hub", token=TOKEN) as running:
        running.root.mkdir()
        monkeypatch.setenv("GENHUB_OFFLINE", "0")
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        yield running


@pytest.fixture
def run(tmp_path) -> Path:
    """A finished run as far as packing cares: the head's bytes are not looked at on the way out."""
    folder = tmp_path / "run"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "train.jsonl").write_text('{"text": "canary"}')
    (folder / "head.safetensors").write_bytes(b"weights " * 1000)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# card\n")
    facts = {"base": {"id": "embedded/minilm-l6", "revision": ""}, "adapter": "none", "normalize": True, "scale": 16.0}
    (folder / "passport.json").write_text(
        json.dumps({"format": "genhub-classifier-1"} | facts | {"pooling": "mean", "max_length": 64, "labels": ["a", "b"]})
    )
    return folder


def refused(run: Path, **more) -> UserError:
    with pytest.raises(UserError) as caught:
        hub.publish(run, **({"repo": "acme/mine", "settings": settings.get(), "token": TOKEN} | more))
    assert TOKEN not in str(caught.value)
    return caught.value


def test_a_run_is_published_privately_in_one_commit(server, run, tmp_path):
    done = hub.publish(run, "acme/mine", settings.get(), TOKEN)
    assert done == {
        "url": f"{server.url}/acme/mine",
        "commit": COMMIT,
        "files": ["README.md", "head.safetensors", "passport.json", "predict.py"],
        "private": True,
    }
    assert "acme/mine" in server.private
    folder = server.folder("acme/mine")
    assert sorted(path.name for path in folder.iterdir()) == done["files"]
    assert (folder / "head.safetensors").read_bytes() == (run / "head.safetensors").read_bytes()
    assert sum("/commit/" in seen.path for seen in server.requests) == 1
    kept = [path for place in (settings.get().home, tmp_path / "hf") for path in place.rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in path.read_bytes() for path in kept)
    hub.publish(run, "acme/mine", settings.get(), TOKEN)
    assert sum("/commit/" in seen.path for seen in server.requests) == 2


def test_what_fails_half_way_leaves_no_repository(server, run):
    server.fault("acme/mine", Fault(status=403, path="/commit/"))
    assert "does not let you" in refused(run).what
    assert not server.folder("acme/mine").exists()


def test_a_public_repository_is_not_taken_for_a_private_one(server, run):
    server.folder("acme/mine").mkdir(parents=True)
    assert "exists and is public" in refused(run).what
    assert not list(server.folder("acme/mine").iterdir())
    assert not hub.publish(run, "acme/mine", settings.get(), TOKEN, private=False)["private"]


def test_wrong_tokens_and_names_are_refused(server, run, monkeypatch):
    assert refused(run, token="").field == "token"
    assert "does not accept this token" in refused(run, token="hf_wrong").what
    asked = len(server.requests)
    for name in ("alone", "../up", "a/b/c", "https://hf.co/a/b", "acme/" + "x" * 100, "acme/a--b"):
        assert refused(run, repo=name).field == "repo"
    monkeypatch.setenv("GENHUB_OFFLINE", "1")
    assert "stay offline" in refused(run).what
    assert len(server.requests) == asked
