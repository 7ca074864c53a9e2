"""What visitors leave besides runs goes after a day, for all owners, and counts until then."""

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from genhub import disk, hub_child, settings
from genhub.errors import UserError
from genhub.jobs import janitor


def leave(folder: Path, hours: float, bytes: int = 10) -> Path:
    """A folder with one file, last changed so many hours ago."""
    folder.mkdir(parents=True)
    (folder / "file").write_bytes(b"0" * bytes)
    then = time.time() - hours * 3600
    os.utime(folder / "file", (then, then))
    os.utime(folder, (then, then))
    return folder


def test_old_things_of_all_owners_go_and_younger_ones_stay(home):
    where = settings.get()
    homes = [place / owner for place in (where.uploads, where.downloads) for owner in ("ann", "bob")]
    homes += [where.transit, where.cache / "features"]
    old = [leave(place / "old", 25) for place in homes]
    young = [leave(place / "young", 23) for place in homes]
    leave(where.uploads / "gone" / "only", 25)
    model = leave(where.cache / "models", 1000)
    janitor.sweep(where)
    assert [place for place in old if place.exists()] == []
    assert [place for place in (*young, model) if not place.exists()] == []
    assert not (where.uploads / "gone").exists()


def test_a_link_is_taken_away_and_not_followed(home, tmp_path):
    outside = leave(tmp_path / "outside", 100)
    where = settings.get()
    leave(where.transit / "young", 0)
    (where.transit / "link").symlink_to(outside)
    os.utime(where.transit / "link", (0, 0), follow_symlinks=False)
    janitor.sweep(where)
    assert (outside / "file").exists()
    assert not (where.transit / "link").is_symlink()


def test_the_scheduler_sweeps(make_runner, until):
    old = leave(settings.get().uploads / "ann" / "old", 25)
    make_runner()
    until(lambda: not old.exists())


def test_tables_and_downloads_count_for_the_quota(make_runner, job, rows, monkeypatch):
    monkeypatch.setattr(settings, "LOCAL", replace(settings.LOCAL, visitor_bytes=10_000))
    runner = make_runner(start=False)
    where = settings.get()
    runner.submit("local", job(), rows)
    leave(where.uploads / "somebody" / "else", 0, 20_000)
    runner.check_disk("local", 0)
    leave(where.downloads / "local" / "mine", 0, 5_000)
    leave(where.uploads / "local" / "mine", 0, 5_000)
    for act in (lambda: runner.submit("local", job(), rows), lambda: runner.check_disk("local", 0)):
        with pytest.raises(UserError, match="runs, tables and downloads take 0 MB"):
            act()


@pytest.mark.parametrize("profile", ["local", "public"])
def test_delete_everything_takes_what_is_the_owners(home, monkeypatch, profile):
    monkeypatch.setenv("GENHUB_PROFILE", profile)
    where = settings.get()
    mine = [leave(place / "ann" / "a", 0) for place in (where.uploads, where.downloads)]
    theirs = [leave(place / "bob" / "b", 0) for place in (where.uploads, where.downloads)]
    shared = [leave(place / "x", 0) for place in (where.transit, where.cache / "features")]
    janitor.forget(where, "ann")
    assert not any(place.exists() for place in mine)
    assert all(place.exists() for place in theirs)
    assert [place.exists() for place in shared] == [profile == "public"] * 2


def test_all_visitors_together_have_a_limit(make_runner, job, rows, monkeypatch):
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    monkeypatch.setattr(settings, "PUBLIC", replace(settings.PUBLIC, total_bytes=30_000))
    monkeypatch.setattr(janitor, "MEASURED_SECONDS", 0.0)
    runner, where = make_runner(start=False), settings.get()
    run = runner.submit("ann", job(), rows)
    leave(where.runs / run / "adapter", 0, 10_000)
    leave(where.runs / "by-the-owner", 0, 100_000)  # which nobody has listed
    leave(where.downloads / "bob" / "his", 0, 15_000)
    runner.check_disk("eve", 1_000)
    with pytest.raises(UserError, match=r"All visitors' runs, tables and downloads take 0 MB. The limit for all together is 0 MB. Delete"):
        runner.check_disk("eve", 6_000)
    runner.delete("ann", run)
    runner.check_disk("eve", 6_000)


def test_what_was_let_in_counts_before_it_is_measured(home, monkeypatch):
    monkeypatch.setattr(settings, "LOCAL", replace(settings.LOCAL, total_bytes=1_000))
    clock = type("Clock", (), {"now": 100.0, "__call__": lambda self: self.now})()
    kept = janitor.Kept(settings.get(), list, clock)
    kept.check(600)
    with pytest.raises(UserError, match="All visitors"):
        kept.check(600)
    clock.now += janitor.MEASURED_SECONDS
    kept.check(600)  # the first one left nothing


def test_a_disk_that_is_nearly_full_takes_no_job(make_runner, job, rows, monkeypatch):
    runner, where = make_runner(start=False), settings.get()
    runner.check_disk("local", 0)
    monkeypatch.setattr(disk, "FREE_BYTES", shutil.disk_usage(where.runs).free + 10**9)
    with pytest.raises(UserError, match=r"The disk is nearly full. .* MB must stay free. Delete runs, or try again later."):
        runner.submit("local", job(), rows)
    assert list(where.runs.iterdir()) == []


def test_a_model_that_is_fetched_leaves_more_room_than_jobs_need():
    assert hub_child.SPARE_BYTES > disk.FREE_BYTES


def test_uploads_that_broke_off_go_sooner_than_whole_ones(home):
    where = settings.get()
    whole = leave(where.transit / "0a1b", 2)
    partly = [where.transit / name for name in ("tmpold", "tmpyoung")]
    for path, hours in zip(partly, (1.1, 0.9), strict=True):
        path.write_bytes(b"0" * 10)
        os.utime(path, (time.time() - hours * 3600,) * 2)
    janitor.sweep(where)
    assert [path.exists() for path in (whole, *partly)] == [True, False, True]
