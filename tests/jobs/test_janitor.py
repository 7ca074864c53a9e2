"""What visitors leave besides runs goes after a day, for all owners, and counts until then."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from genhub import settings
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
