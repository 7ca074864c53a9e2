"""The index: what goes in comes out, from any thread, in every version."""

import sqlite3
import threading

import pytest

from genhub.jobs import store
from genhub.jobs.store import Record, Store


def record(id, owner="ann", state="queued", **more):
    return Record(id, owner, "fake", f"run {id}", state, 100.0, **more)


@pytest.fixture
def db(tmp_path):
    opened = Store(tmp_path / "home" / "runs.db")
    yield opened
    opened.close()


def test_what_goes_in_comes_out(db):
    db.insert(record("a", metrics={"accuracy": 0.5, "labels": ["ü"]}, method="lora", expected=3.5, inline=True))
    found = db.get("a")
    assert found == record("a", metrics={"accuracy": 0.5, "labels": ["ü"]}, method="lora", expected=3.5, inline=True, number=1)
    assert db.get("b") is None


def test_updates_owners_states_and_order(db):
    for name, owner in (("a", "ann"), ("b", "bob"), ("c", "ann")):
        db.insert(record(name, owner))
    db.update("a", state="failed", error={"what": "It broke."}, ended=5.0)
    db.update("nobody", state="failed")
    assert [found.id for found in db.owned("ann")] == ["c", "a"]
    assert [found.id for found in db.owned(None)] == ["c", "b", "a"]
    assert [found.id for found in db.in_state("queued", "running")] == ["b", "c"]
    assert db.get("a").error == {"what": "It broke."}
    db.to_back("b")
    assert [found.id for found in db.in_state("queued")] == ["c", "b"]
    db.delete("c")
    assert db.ids() == {"a", "b"}
    with pytest.raises(ValueError, match="no such columns"):
        db.update("a", colour="red")


def test_durations_of_finished_runs(db):
    db.insert(record("a", state="finished", started=10.0, ended=14.0))
    db.insert(record("b", state="failed", started=10.0, ended=11.0))
    db.insert(record("c", state="finished"))
    db.insert(record("d", state="finished", started=10.0, ended=99.0, method="lora"))
    assert db.durations("fake") == [89.0, 4.0]
    assert db.durations("fake", "lora") == [89.0]


def test_it_survives_reopening_and_refuses_a_newer_version(tmp_path):
    path = tmp_path / "runs.db"
    first = Store(path)
    first.insert(record("a"))
    first.close()
    second = Store(path)
    assert second.get("a").owner == "ann"
    second.close()
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        raw.execute(f"PRAGMA user_version={len(store.MIGRATIONS) + 1}")
    raw.close()
    with pytest.raises(RuntimeError, match="version"):
        Store(path)


def test_migrations_are_applied_once_and_in_order(tmp_path, monkeypatch):
    path = tmp_path / "runs.db"
    old = Store(path)
    old.insert(record("a"))
    old.close()
    monkeypatch.setattr(store, "MIGRATIONS", (*store.MIGRATIONS, "ALTER TABLE runs ADD COLUMN extra TEXT; UPDATE runs SET extra = 'new'"))
    for _ in range(2):
        opened = Store(path)
        assert opened.get("a").name == "run a"
        opened.close()
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT extra FROM runs").fetchall() == [("new",)]
    raw.close()


def test_many_threads_write_at_once(db):
    def work(name):
        for number in range(20):
            db.insert(record(f"{name}-{number}"))
            db.update(f"{name}-{number}", state="running")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(db.in_state("running")) == 120
