"""How much room models of the Hub take on a shared page: which of them go when another one comes, and which never."""

import json
import os
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from genhub import hub, hub_room, settings
from genhub.errors import UserError
from tests import hub_here
from tests.hubserver import COMMIT, HubServer
from tests.tiny import tiny_encoder

HOUR = 3_600.0


@pytest.fixture
def shared(home, monkeypatch):
    """A page for strangers on which a model may have 1,000 bytes, and all of them together 5,000."""
    monkeypatch.setattr(settings, "PUBLIC", replace(settings.PUBLIC, hub_bytes=1_000))
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    monkeypatch.setenv("GENHUB_ALLOW", "models")


def put(name: str, hours: float, size: int = 900, revision: str = COMMIT) -> Path:
    """A model that was last asked for so many hours ago."""
    folder = settings.get().cache / "models" / f"acme--{name}" / revision
    folder.mkdir(parents=True)
    (folder / hub.WEIGHTS).write_bytes(bytes(size))
    manifest = folder / hub.MANIFEST
    manifest.write_text(json.dumps({"pooling": "", "sha256": "", "bytes": size, "family": "encoder"}))
    (folder.parent / hub.CURRENT).write_text(json.dumps({"revision": revision}))
    os.utime(manifest, (time.time() - hours * HOUR,) * 2)
    return folder


def test_the_models_that_were_asked_for_longest_ago_go(shared):
    folders = [put(str(hours), hours) for hours in (9, 3, 30, 5, 8)]
    hub_room.make(settings.get())
    assert [folder.exists() for folder in folders] == [True, True, False, True, True]
    assert not (folders[2].parent / hub.CURRENT).exists()
    hub_room.make(settings.get())  # there is room by now
    assert sum(folder.exists() for folder in folders) == 4
    put("more", 2.5, 1_000)
    hub_room.make(settings.get())
    assert [folder.exists() for folder in folders] == [False, True, False, True, True]


def test_what_is_in_use_never_goes_and_a_full_page_says_so(shared):
    folders = [put(str(number), 0.5) for number in range(5)]
    with pytest.raises(UserError) as refused:
        hub_room.make(settings.get())
    assert refused.value.what == "There is no room for another model."
    assert refused.value.limit
    assert refused.value.remedy
    assert all(folder.exists() for folder in folders)


def test_asking_for_a_model_keeps_it(shared, monkeypatch):
    monkeypatch.setenv("GENHUB_OFFLINE", "0")
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    asked, by_worker, looked_at, *others = [put(str(number), 30 - number) for number in range(5)]
    assert hub.model_folder("acme/0", settings.get()).path == asked
    assert hub.stored_revision("acme/1", "", settings.get()) == COMMIT
    assert hub.stored_folder("acme/2", settings.get()).path == looked_at  # only to say that it is here
    hub_room.make(settings.get())
    assert [folder.exists() for folder in (asked, by_worker, looked_at, *others)] == [True, True, False, True, True]


def test_a_model_that_is_being_downloaded_again_stays(shared):
    folders = [put(str(number), 30 - number) for number in range(5)]
    with FileLock(folders[0].parent / hub_room.LOCK):
        hub_room.make(settings.get())
    assert [folder.exists() for folder in folders] == [True, False, True, True, True]


def on_its_way(name: str, bytes_kept: int, here: int) -> Path:
    """A model of which a part lies here already; its home."""
    home = settings.get().cache / "models" / f"acme--{name}"
    (home / hub.FETCHED / COMMIT).mkdir(parents=True)
    (home / hub.FETCHED / COMMIT / "model.safetensors.incomplete").write_bytes(bytes(here))
    (home / hub_room.COMING).write_text(json.dumps({"bytes": bytes_kept}))
    return home


def test_what_is_on_its_way_has_its_room_already(shared):
    home, idle = on_its_way("coming", 1_000, 100), [put(str(hours), hours, 900) for hours in (9, 3, 30, 5)]
    with FileLock(home / hub_room.LOCK):
        hub_room.make(settings.get())
        assert [folder.exists() for folder in idle] == [True, True, False, True]
    hub_room.make(settings.get(), needed=1_900)  # it broke off: only what is here of it counts
    assert sum(folder.exists() for folder in idle) == 3
    for name in "ab":
        (settings.get().cache / "models" / name / hub.NEW).mkdir(parents=True)
        (settings.get().cache / "models" / name / hub.NEW / hub.WEIGHTS).write_bytes(bytes(950))
    hub_room.make(settings.get())
    assert [folder.exists() for folder in idle] == [False, True, False, True]  # what lies half in others counts, too


def test_models_that_come_at_once_do_not_count_on_the_same_room(shared, until):
    """Each has a lock of its own; four find room beside one that is in use, the others are told so."""
    put("used", 0.1)
    begun, ended, told = threading.Barrier(8), threading.Event(), []

    def come(number: int) -> None:
        home = settings.get().cache / "models" / f"acme--{number}"
        home.mkdir()
        begun.wait()
        with FileLock(home / hub_room.LOCK):
            try:
                with hub_room.coming(f"acme/{number}", home, settings.get()):
                    told.append("")
                    ended.wait(60)
            except UserError as error:
                told.append(error.what)

    threads = [threading.Thread(target=come, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    until(lambda: len(told) == 8)
    ended.set()
    for thread in threads:
        thread.join()
    assert sorted(told) == [""] * 4 + ["There is no room for another model."] * 4
    assert not list((settings.get().cache / "models").glob(f"*/{hub_room.COMING}"))


def test_a_model_of_the_catalog_needs_the_room_that_it_takes(shared, monkeypatch):
    """One of 268 MB where the largest may have 600."""
    monkeypatch.setattr(settings, "PUBLIC", replace(settings.PUBLIC, hub_bytes=600_000_000))
    store = settings.get().cache / "models"
    for number in range(9):
        with open(put(f"used-{number}", 0.1) / "sparse", "wb") as file:
            file.truncate(299_000_000)
    named = "distilbert/distilbert-base-uncased"
    (store / "distilbert").mkdir()
    with hub_room.coming(named, store / "distilbert", settings.get()):
        kept = json.loads((store / "distilbert" / hub_room.COMING).read_text())["bytes"]
    assert 268_000_000 < kept < 309_000_000
    (store / "any").mkdir()
    with pytest.raises(UserError, match="no room for another model"), hub_room.coming("acme/any", store / "any", settings.get()):
        pytest.fail("no room was there")


def test_at_home_nothing_goes(home, monkeypatch):
    monkeypatch.setattr(settings, "LOCAL", replace(settings.LOCAL, hub_bytes=1_000))
    folders = [put(str(number), 500) for number in range(9)]
    hub_room.make(settings.get())
    assert all(folder.exists() for folder in folders)


def test_what_a_broken_download_left_goes_after_a_day(home):
    models = settings.get().cache / "models"
    places = {name: models / name / hub.FETCHED / COMMIT / "model.safetensors.incomplete" for name in ("old", "new", "going-on", "locked")}
    for name, place in places.items():
        place.parent.mkdir(parents=True)
        place.write_bytes(b"half")
        days_ago = time.time() - (1 if name == "new" else 30) * HOUR
        for path in (place, *place.parents[:2]):
            os.utime(path, (days_ago, days_ago))
    (places["going-on"].parent / "config.json").write_bytes(b"{}")
    with FileLock(models / "locked" / hub_room.LOCK):
        hub_room.make(settings.get())
    assert {name for name, place in places.items() if place.exists()} == {"new", "going-on", "locked"}


def test_a_model_that_comes_makes_its_own_room(home, tmp_path, monkeypatch):
    """Over the loopback Hub; the files are taken as they come."""
    tiny = tiny_encoder(tmp_path / "tiny")
    monkeypatch.setattr(settings, "PUBLIC", replace(settings.PUBLIC, hub_bytes=sum(path.stat().st_size for path in tiny.iterdir())))
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    monkeypatch.setenv("GENHUB_ALLOW", "models")
    monkeypatch.setattr(hub, "inspect_folder", lambda repo, source, folder, *more: shutil.copytree(source, folder) and "encoder")
    large = settings.get().limits.hub_bytes
    old, used = put("old", 30, 3 * large), put("used", 0.1, large)
    with HubServer(tmp_path / "hub") as server:
        shutil.copytree(tiny, server.folder("acme/tiny"))
        hub_here.online(monkeypatch, server, tmp_path / "hf")
        found = hub.model_folder("acme/tiny", settings.get())
        assert found.path.exists()
        assert used.exists()
        assert not old.exists()
        put("more", 0.1, 4 * large)
        shutil.copytree(tiny, server.folder("acme/other"))
        asked = len(server.requests)
        with pytest.raises(UserError, match="no room for another model"):
            hub.model_folder("acme/other", settings.get())
        assert len(server.requests) == asked
