"""Publishing a run to a loopback Hub with the real huggingface_hub: whole or not at all, and no token left anywhere."""

import json
from dataclasses import replace
from pathlib import Path

import datasets
import pytest

from genhub import hub, settings
from genhub.augment import packing
from genhub.augment.chain import Chain, Step
from genhub.cli import main
from genhub.errors import UserError
from genhub.lab import EXAMPLES
from genhub.ui import publishing
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
    assert pushed(SUPPORT, repo="acme/my-adapter", what="space")["files"] == done["files"]  # once more, in the place of itself


def test_a_space_with_another_program_keeps_it(server):
    folder = server.folder("acme/theirs", "spaces")
    folder.mkdir(parents=True)
    (folder / "app.py").write_text("somebody else's")
    server.private.add("acme/theirs")
    assert "holds another program (app.py)" in refused(SUPPORT, repo="acme/theirs", what="space").what
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("app.py", "somebody else's")]


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


AWAY = {
    "the commit": Fault(cut=True, path="/commit/"),
    "the answer to the commit": Fault(lost=True, path="/commit/"),
    "what comes before it": Fault(cut=True, path="/preupload/"),
    "the answer to the creation": Fault(lost=True, path="/repos/create"),
}


@pytest.mark.parametrize("lost", AWAY)
def test_a_line_that_is_cut_leaves_no_repository(server, run, lost):
    server.fault("acme/mine", AWAY[lost])
    assert "cannot be reached" in refused(run).what
    assert "acme/mine" in server.made
    assert not server.folder("acme/mine").exists()


def test_a_push_that_is_killed_leaves_no_repository(server, run, monkeypatch):
    monkeypatch.setattr(hub, "PUBLISH_SECONDS", 8)
    server.fault("acme/mine", Fault(silent=100, path="/commit/"))
    error = refused(run)
    assert "took more than 8 s" in error.what
    assert "stayed behind" not in error.remedy
    assert "acme/mine" in server.made
    assert not server.folder("acme/mine").exists()


def test_a_repository_that_cannot_be_deleted_either_is_told(server, run):
    server.fault("acme/mine", Fault(cut=True, path=("/commit/", "/repos/delete")))
    error = refused(run)
    assert "cannot be reached" in error.what  # what failed first
    assert "“acme/mine” may have stayed behind, empty" in error.remedy
    assert server.folder("acme/mine").exists()
    server.faults.clear()
    assert pushed(run)["files"]


def test_what_was_there_before_stays_whatever_fails(server, run):
    pushed(run)
    for fault in (*(AWAY[lost] for lost in AWAY if lost != "what comes before it"), Fault(status=412, path="/commit/")):
        fault.times = 10**9  # what comes before it is tried for 23 s by the library, and changes nothing
        server.fault("acme/mine", fault)
        if fault.path != "/repos/create":  # an existing one is not created
            refused(run)
    assert (server.folder("acme/mine") / "passport.json").exists()
    assert not [seen.path for seen in server.requests if seen.path == "/api/repos/delete"]


@pytest.mark.parametrize("status", [409, 412])
def test_somebody_who_writes_at_the_same_time_is_named(server, run, status):
    server.fault("acme/mine", Fault(status=status, path="/commit/"))
    error = refused(run)
    assert error.what == "Somebody has changed “acme/mine” meanwhile."
    assert error.remedy == "Do the same again."


def put_beside(server, files: dict[str, bytes]) -> None:
    """Somebody else's push to the name that a first one has just made: its commit, which the Hub acknowledges."""
    server.commits["acme/mine"].insert(0, {**server.commits["acme/mine"][0], "title": "Text classifier, 4 files, made with GenHub"})
    for name, data in files.items():
        (server.folder("acme/mine") / name).write_bytes(data)


@pytest.mark.parametrize("fault", [Fault(status=412, path="/commit/"), AWAY["the commit"], Fault(silent=100, path="/commit/")])
def test_what_somebody_else_pushed_to_the_same_new_name_is_not_deleted(server, run, monkeypatch, fault):
    """The first one makes the repository, the second one finds it there and fills it, then the first one fails: by an answer, a line that is
    cut, or killed, after which the parent tidies up."""
    monkeypatch.setattr(hub, "PUBLISH_SECONDS", 8)
    server.fault("acme/mine", replace(fault, before=lambda: put_beside(server, {"passport.json": b"{}"})))
    error = refused(run)
    assert "acme/mine" in server.made
    assert (server.folder("acme/mine") / "passport.json").read_bytes() == b"{}"
    assert "/api/repos/delete" not in [seen.path for seen in server.requests]
    assert "stayed behind" not in error.remedy


def test_only_a_run_of_genhub_gives_way_to_another_one(server, run):
    theirs = server.folder("acme/mine")
    (theirs / "adapter").mkdir(parents=True)
    for name in ("adapter/adapter_model.safetensors", "metrics.json", "notes.txt"):
        (theirs / name).write_bytes(b"theirs")
    server.private.add("acme/mine")
    (theirs / "passport.json").write_text('{"format": "of-another-program"}')
    pushed(run)
    assert (theirs / "metrics.json").read_bytes() == b"theirs"
    assert (theirs / "adapter" / "adapter_model.safetensors").read_bytes() == b"theirs"
    pushed(run)  # where a run lies by now
    assert not (theirs / "metrics.json").exists()
    assert not (theirs / "adapter" / "adapter_model.safetensors").exists()
    assert (theirs / "notes.txt").exists()


def test_a_public_repository_is_not_taken_for_a_private_one(server, run):
    server.folder("acme/mine").mkdir(parents=True)
    assert "exists and is public" in refused(run).what
    assert not list(server.folder("acme/mine").iterdir())
    assert not pushed(run, private=False)["private"]


def test_a_private_repository_stays_so_and_that_is_told(server, run, monkeypatch, capsys):
    pushed(run)
    done = pushed(run, private=False)
    assert done["private"]
    assert "acme/mine" in server.private
    assert publishing.told("run", done, everybody=True).endswith(f"see it). {hub.STAYS_PRIVATE}")
    assert hub.STAYS_PRIVATE not in publishing.told("run", done, everybody=False)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert main(["push", str(run), "--repo", "acme/mine", "--public"]) == 0
    assert f"(private). {hub.STAYS_PRIVATE}" in capsys.readouterr().out
    assert main(["deploy", "adapter", str(run), "acme/mine", "--public", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["private"] is True
    assert main(["push", str(run), "--repo", "acme/open", "--public"]) == 0
    told = capsys.readouterr().out
    assert "(public)." in told
    assert hub.STAYS_PRIVATE not in told


def test_wrong_tokens_and_names_are_refused(server, run, monkeypatch):
    assert refused(run, token="").field == "token"
    assert "does not accept this token" in refused(run, token="hf_wrong").what
    asked = len(server.requests)
    for name in ("alone", "../up", "a/b/c", "https://hf.co/a/b", "acme/" + "x" * 100, "acme/a--b"):
        assert refused(run, repo=name).field == "repo"
    monkeypatch.setenv("GENHUB_OFFLINE", "1")
    assert "stay offline" in refused(run).what
    assert len(server.requests) == asked
