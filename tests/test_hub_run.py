"""A run that was pushed to a loopback Hub is opened by its name there: the same answers, all checks of a ZIP, and nothing else is fetched.

What the Hub can refuse, or have wrong, is in tests/promises/test_hub_faults.py.
"""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from genhub import hub, settings
from genhub.cli import main
from genhub.errors import UserError
from genhub.hub import Push
from genhub.lab import EXAMPLES, Lab
from genhub.text import portable
from genhub.text.classifier import load_run
from genhub.ui import runs as page
from tests import hub_here
from tests.hubserver import COMMIT
from tests.images.bars import bars
from tests.images.bars import trained as trained_images
from tests.serving.tiny_runs import make_run, store_base

ME, TOKEN = "a" * 32, "hf_right"
TEXTS = ["the good film", "a bad dog and a late parcel", "money"]


@pytest.fixture
def server(tmp_path, home, monkeypatch):
    with hub_here.empty(monkeypatch, tmp_path, TOKEN) as running:
        yield running


@pytest.fixture
def trained(server, home) -> Path:
    """A run whose adapter and head no other has; it is on the Hub as acme/mine, private, beside files that are no part of it."""
    run = make_run(home / "made", store_base(), "lora", seed=7)
    facts = json.loads((run / "passport.json").read_text())
    (run / "passport.json").write_text(json.dumps(facts | {"head": {"in": 32, "out": 3}}))
    hub.publish(run, Push("acme/mine", TOKEN), settings.get())
    for name in (".gitattributes", "notes.md", "weights.bin", "adapter/more.safetensors"):
        (server.folder("acme/mine") / name).write_bytes(b"not of the run")
    server.requests.clear()
    return run


@pytest.fixture
def lab(server, monkeypatch):
    monkeypatch.setenv("GENHUB_JOBS", "spawn")
    made = Lab(settings.get())
    yield made
    made.close()


def refused(function, *args) -> UserError:
    with pytest.raises(UserError) as caught:
        function(*args)
    assert all((caught.value.what, caught.value.limit, caught.value.remedy, caught.value.field))
    assert TOKEN not in str(caught.value)
    return caught.value


def fetched(server) -> set[str]:
    return {seen.path.partition(f"/resolve/{COMMIT}/")[2] for seen in server.requests if seen.method == "GET" and "/resolve/" in seen.path}


def test_a_pushed_run_opens_by_its_name_and_answers_as_it_did(server, trained, lab, tmp_path):
    run = lab.reopen_from_hub(ME, " acme/mine ", TOKEN)
    before, after = load_run(trained).predict(TEXTS), load_run(lab.folder(ME, run).path).predict(TEXTS)
    assert np.array_equal(after.scores, before.scores)
    assert lab.run(ME, run).name == "mine · from the Hub"
    parts = {"adapter/adapter_config.json", "adapter/adapter_model.safetensors", "head.safetensors", "passport.json", "predict.py"}
    assert fetched(server) == parts  # pinned to the commit, and nothing else
    kept = [path for place in (settings.get().home, tmp_path / "hf") for path in place.rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in path.read_bytes() for path in kept)
    assert not [path for path in settings.get().uploads.rglob("*") if path.is_file()]
    asked = lab.reopen_from_hub(ME, f"acme/mine@{COMMIT}", TOKEN)
    assert np.array_equal(load_run(lab.folder(ME, asked).path).predict(TEXTS).scores, before.scores)


def test_every_kind_of_run_comes_back_as_it_left(server, home, tmp_path):
    """One after the other to the same place, each of which is then the run."""
    image = trained_images(tmp_path / "vae", "vae", bars(tmp_path), variant="dense").path
    (server.folder("acme/one")).mkdir(parents=True)
    (server.folder("acme/one") / "notes.md").write_text("its owner's own")
    for run in (EXAMPLES / "harbour-stories", EXAMPLES / "harbour-gpt", image, EXAMPLES / "support"):
        sent = portable.contents(run)
        hub.publish(run, Push("acme/one", TOKEN, private=False), settings.get())
        folder = server.folder("acme/one")
        assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {*sent, "notes.md"}
        assert hub.fetch_run("acme/one", tmp_path / "run.zip", settings.get()) == "acme/one"
        with zipfile.ZipFile(tmp_path / "run.zip") as packed:
            assert sorted(packed.namelist()) == sorted(sent)
            for name, content in sent.items():
                assert packed.read(name) == (content.read_bytes() if isinstance(content, Path) else content)


def test_what_is_wrong_with_it_is_told_and_nothing_is_left(server, trained, lab, monkeypatch):
    assert "is private, or does not exist" in refused(lab.reopen_from_hub, ME, "acme/mine").what
    assert "does not have this revision" in refused(lab.reopen_from_hub, ME, "acme/mine@gone", TOKEN).what
    monkeypatch.setattr(settings, "LOCAL", settings.replace(settings.LOCAL, archive_bytes=2_000))
    small = Lab(settings.get())
    assert "is too large" in refused(small.reopen_from_hub, ME, "acme/mine", TOKEN).what
    small.close()
    assert "head.safetensors" not in fetched(server)
    place = server.folder("acme/mine") / "passport.json"
    facts = json.loads(place.read_text())
    place.write_text(json.dumps(facts | {"labels": ["only one"]}))  # the opening's own checks
    refused(lab.reopen_from_hub, ME, "acme/mine", TOKEN)
    assert lab.runs(ME) == []
    assert not [path for path in settings.get().uploads.rglob("*") if path.is_file()]


def test_names_and_the_network_are_looked_at_first(server, lab, monkeypatch):
    for name in ("", "alone", "../up", "a/b/c", "https://hf.co/a/b", "a/b@", "a/b@x..y", "a/b@ --x", "a/" + "x" * 100, None):
        assert refused(lab.reopen_from_hub, ME, name).field == "repo"
    assert refused(lab.reopen_from_hub, ME, "acme/mine", "hf_\n").field == "token"
    monkeypatch.setenv("GENHUB_OFFLINE", "1")
    away = Lab(settings.get())
    assert "stay offline" in refused(away.reopen_from_hub, ME, "acme/mine").what
    away.close()
    assert not server.requests


def test_a_shared_page_opens_none_unless_its_owner_lets_it(server, trained, monkeypatch):
    monkeypatch.setenv("GENHUB_JOBS", "spawn")
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    shared = Lab(settings.get())
    assert "is off here" in refused(shared.reopen_from_hub, ME, "acme/mine", TOKEN).what
    assert not server.requests
    shared.close()
    monkeypatch.setenv("GENHUB_ALLOW", "adapters,models")
    shared = Lab(settings.get())
    run = shared.reopen_from_hub(ME, "acme/mine", TOKEN)
    assert [info.id for info in shared.runs(ME)] == [run]
    assert shared.runs("b" * 32) == []
    shared.close()


def test_the_page_opens_it_and_forgets_the_token(server, trained, lab):
    told = page.reopen_from_hub(lab, {"visitor": ME, "run": ""}, [], "Validation loss", "acme/mine", f" {TOKEN} ")
    assert "mine · from the Hub" in told["runs_table"]
    assert told["runs_hub_token"] == ""
    assert TOKEN not in str(told)


def test_the_command_opens_it(server, trained, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert main(["open", "hub:acme/mine", "--out", str(tmp_path / "back"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"run": str(tmp_path / "back")}
    assert np.array_equal(load_run(tmp_path / "back").predict(TEXTS).scores, load_run(trained).predict(TEXTS).scores)
    assert main(["open", "hub:acme/mine", "--json"]) == 0
    folder = Path(json.loads(capsys.readouterr().out.splitlines()[-1])["run"])
    assert json.loads((folder / "job.json").read_text())["name"] == "mine · from the Hub"
    assert main(["open", "acme/mine"]) == 2
    assert "hub:acme/mine" in capsys.readouterr().err
    assert main(["open", "hub:acme/nothing"]) == 2
    assert "knows no “acme/nothing”" in capsys.readouterr().err


def test_who_takes_it_for_a_model_is_told_where_it_opens(server, trained):
    server.private.clear()
    error = refused(hub.model_folder, "acme/mine", settings.get())
    assert "is a run of GenHub" in error.what
    assert "Open it in Runs" in error.remedy
    shutil.copyfile(trained / "adapter" / "adapter_config.json", server.folder("acme/mine") / "adapter_config.json")
    error = refused(hub.model_folder, "acme/mine", settings.get())
    assert "is an adapter" in error.what
    assert "opened in Runs" in error.remedy
