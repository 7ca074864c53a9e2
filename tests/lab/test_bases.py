"""Models of the Hub that runs stand on, on a page for strangers: they go, and come back when a run is used."""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from genhub import hub, hub_room, settings
from genhub.errors import UserError
from genhub.lab import Lab
from tests import hub_here
from tests.inline_worker import InlineWorker
from tests.serving.tiny_runs import BASE, REVISION, make_run, store_base

ME = "a" * 32
TEXTS = ["the parcel came late", "thank you"]


class OfflineWorker(InlineWorker):
    """Without a network, as the model worker is."""

    def stream(self, op: str, args: dict, seconds: float = 0.0) -> Iterator[dict]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GENHUB_OFFLINE", "1")
            yield from super().stream(op, args, seconds)


@pytest.fixture
def server(home, tmp_path, monkeypatch):
    """A Hub that has what the runs stand on."""
    base = store_base()
    monkeypatch.setattr(settings, "PUBLIC", replace(settings.PUBLIC, hub_bytes=sum(path.stat().st_size for path in base.iterdir())))
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    monkeypatch.setenv("GENHUB_ALLOW", "models")
    with hub_here.looked_through(monkeypatch, tmp_path) as running:
        shutil.copytree(base, running.folder(BASE))
        yield running


@pytest.fixture
def lab(server, monkeypatch) -> Iterator[Lab]:
    monkeypatch.setenv("GENHUB_JOBS", "spawn")
    made = Lab(settings.get())
    made.worker = OfflineWorker()
    yield made
    made.close()


def stored() -> Path:
    return settings.get().cache / "models" / BASE.replace("/", "--") / REVISION


def pass_by(hours: float = 30.0) -> None:
    """So long nobody asks for the base."""
    os.utime(stored() / hub.MANIFEST, (time.time() - hours * 3_600,) * 2)


def others_come() -> None:
    """As many models as there is room for."""
    hub_room.make(settings.get(), needed=hub_room.MODELS * settings.get().limits.hub_bytes)


def begun(lab: Lab) -> str:
    """A training that waits."""
    table = lab.take_sample(ME, "support")
    lab.examine(ME, table.id)
    return lab.train(ME, table.id, {"method": "frozen", "model": BASE, "folds": 0})


def test_a_run_whose_base_has_gone_brings_it_back(lab, server):
    run = lab.runner.import_folder(lab.owner(ME), make_run(lab.settings.home / "made", stored()), "mine")
    before = lab.predict(ME, run, TEXTS)["scores"]
    pass_by()
    others_come()
    assert not stored().exists()
    assert lab.predict(ME, run, TEXTS)["scores"] == before
    assert stored().exists()
    pass_by()
    others_come()
    lab.worker = OfflineWorker()  # another one, which has nothing in memory
    assert lab.predict(ME, run, TEXTS)["scores"] == before
    asked = len(server.requests)
    lab.predict(ME, run, TEXTS)
    assert len(server.requests) == asked


def test_a_training_that_waits_keeps_its_base(lab):
    begun(lab)
    pass_by()
    lab.runner._scheduler._round()
    with pytest.raises(UserError, match="no room"):
        others_come()
    assert stored().exists()


def test_a_training_that_is_resumed_finds_its_base_again(lab):
    run = begun(lab)
    lab.stop(ME, run)
    pass_by()
    lab.runner._scheduler._round()
    others_come()
    assert not stored().exists()
    lab.resume(ME, run)
    assert lab.run(ME, run).state == "queued"
    assert stored().exists()
