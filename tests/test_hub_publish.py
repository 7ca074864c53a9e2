"""Publishing a run to a loopback Hub with the real huggingface_hub: whole or not at all, and no token left anywhere."""

import json
from pathlib import Path

import datasets
import pytest

from genhub import hub, settings
from genhub.augment import packing
from genhub.augment.chain import Chain, Step
from genhub.errors import UserError
from genhub.lab import EXAMPLES
from tests import hub_here
from tests.hubserver import COMMIT, Fault

TOKEN = "hf_right"
SUPPORT = EXAMPLES / "support"


@pytest.fixture
def server(tmp_path, home, monkeypatch):
    with hub_here.empty(monkeypatch, tmp_path, TOKEN) as running:
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


def pushed(path: Path, **more) -> dict:
    return hub.publish(path, hub.Push(**({"repo": "acme/mine", "token": TOKEN} | more)), settings.get())


def refused(run: Path, **more) -> UserError:
    with pytest.raises(UserError) as caught:
        pushed(run, **more)
    assert TOKEN not in str(caught.value)
    return caught.value


def test_a_run_is_published_privately_in_one_commit(server, run, tmp_path):
    told = hub.to_publish(run, "acme/mine")
    assert not server.requests
    assert told["card"].startswith("---\nlicense: apache-2.0")
    done = pushed(run)
    assert [name for name, _ in told["files"]] == done["files"]
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
    pushed(run)
    assert sum("/commit/" in seen.path for seen in server.requests) == 2


def test_a_run_becomes_a_space_of_its_own(server):
    done = pushed(SUPPORT, repo="acme/my-adapter", what="space")
    assert done["url"] == f"{server.url}/spaces/acme/my-adapter"
    folder = server.folder("acme/my-adapter", "spaces")
    assert {"app.py", "README.md", "requirements.txt", "predict.py"} <= {path.name for path in folder.iterdir()}
    assert hub.to_publish(SUPPORT, "acme/my-adapter", "space")["files"] == [
        [name, (folder / name).stat().st_size] for name in done["files"]
    ]
    assert "acme/my-adapter" in server.private


def rows(folder: Path, kind: str) -> Path:
    """A table of two texts and a variant, as augmentation writes it."""
    (folder / "rows.jsonl").write_text("".join(json.dumps([text, of]) + "\n" for text, of in (("one", ""), ("two", ""), ("won", 1))))
    out = folder / f"table-augmented.{'zip' if kind == 'datasets' else kind}"
    chain = Chain("text", (Step("swap", 0.3),)).to_dict()
    card = {"name": "table.csv", "made": 1, "chain": chain, "added": ["made_of_row"]}
    packing.table({"rows": str(folder / "rows.jsonl"), "columns": ["text", "made_of_row"], "kind": kind, "card": card, "out": str(out)})
    return out


@pytest.mark.parametrize(("kind", "files"), [("csv", ["README.md", "table-augmented.csv"]), ("datasets", ["README.md", "train.parquet"])])
def test_an_augmented_table_becomes_a_data_set(server, tmp_path, monkeypatch, kind, files):
    path = rows(tmp_path, kind)
    done = pushed(path, repo="acme/rows", what="set")
    assert (done["url"], done["files"]) == (f"{server.url}/datasets/acme/rows", files)
    folder = server.folder("acme/rows", "datasets")
    assert f'data_files="{files[1]}"' in (folder / "README.md").read_text()
    loader = "csv" if kind == "csv" else "parquet"
    read = datasets.load_dataset(loader, data_files=str(folder / files[1]), split="train", cache_dir=str(tmp_path / "cache"))
    assert read["text"][:] == ["one", "two", "won"]


def test_what_fails_half_way_leaves_no_repository(server, run):
    server.fault("acme/mine", Fault(status=403, path="/commit/"))
    assert "does not let you" in refused(run).what
    assert not server.folder("acme/mine").exists()


def test_a_public_repository_is_not_taken_for_a_private_one(server, run):
    server.folder("acme/mine").mkdir(parents=True)
    assert "exists and is public" in refused(run).what
    assert not list(server.folder("acme/mine").iterdir())
    assert not pushed(run, private=False)["private"]


def test_wrong_tokens_and_names_are_refused(server, run, monkeypatch):
    assert refused(run, token="").field == "token"
    assert "does not accept this token" in refused(run, token="hf_wrong").what
    asked = len(server.requests)
    for name in ("alone", "../up", "a/b/c", "https://hf.co/a/b", "acme/" + "x" * 100, "acme/a--b"):
        assert refused(run, repo=name).field == "repo"
    monkeypatch.setenv("GENHUB_OFFLINE", "1")
    assert "stay offline" in refused(run).what
    assert len(server.requests) == asked
