"""A disk that is full: what cannot be saved says so, nothing half-written stays, and things go on once there is room."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from genhub import disk
from genhub.errors import UserError, full_disk
from genhub.jobs import living
from genhub.jobs.folder import RunFolder, write_json
from genhub.ui.guard import Room
from tests.jobs.conftest import ENDED, _fake_task, job, make_runner, rows, steps_of  # noqa: F401 - fixtures
from tests.promises.measured import within

BYTES = 3_000_000
FREE = disk.FREE_BYTES


@pytest.fixture
def home(tmp_path, monkeypatch) -> Iterator[Path]:
    """A home on a disk of three megabytes; skipped where this user may mount none."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={BYTES}", "tmpfs", str(folder)], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no small disk can be mounted here: {made.stderr.strip()[:100]}")
    monkeypatch.setenv("GENHUB_HOME", str(folder))
    monkeypatch.setenv("GENHUB_OFFLINE", "1")
    monkeypatch.setattr(disk, "FREE_BYTES", -(10**9))  # it would not even begin, else
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """A file that takes all that is left."""
    place = folder / "filler"
    with open(place, "wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError:
                return place


def test_a_file_is_written_whole_or_not_at_all(home):
    """What was there stays, no temporary file does, and the room is given back."""
    torch = pytest.importorskip("torch")
    from genhub.training.checkpoint import Checkpoints

    keeper = Checkpoints(home / "checkpoints", seconds=0)
    keeper.save({"weights": torch.ones(1000)}, {"step": 1})
    write_json(home / "facts.json", {"known": 1})
    free = os.statvfs(home).f_bavail
    for save in (
        lambda: keeper.save({"weights": torch.ones(2_000_000)}, {"step": 2}),
        lambda: write_json(home / "facts.json", {"known": "x" * 2 * BYTES}),
    ):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - of each library its own
            save()
        assert full_disk(caught.value), caught.value
        assert "disk is full" in full_disk(caught.value).what
    assert keeper.latest().scalars == {"step": 1}
    assert (home / "facts.json").read_text() == '{\n "known": 1\n}'
    assert [path.name for path in home.rglob(".*")] == []
    assert os.statvfs(home).f_bavail == free


def test_a_disk_that_is_nearly_full_takes_nothing_more(home, make_runner, job, rows, monkeypatch):  # noqa: F811
    """Jobs are refused before anything of them is there, and files before anything of them is sent."""
    monkeypatch.setattr(disk, "FREE_BYTES", FREE)
    runner = make_runner(start=False)
    room = Room(home / "transit", 10 * BYTES)
    for act in (lambda: runner.submit("local", job(), rows), lambda: asyncio.run(room.enter(1_000))):
        with pytest.raises(UserError, match=r"The disk is nearly full. 500 MB must stay free. Delete runs"):
            act()
    assert list((home / "runs").iterdir()) == []


def test_a_disk_that_is_full_is_told_and_nothing_half_written_stays(home, make_runner, job, rows, until, steps_of, figure):  # noqa: F811
    """S5, of the disk: a job whose log can hold no more ends, says why once that can be written, and goes on from its checkpoint."""
    runner = make_runner()
    run_id = runner.submit("local", job(steps=100_000, pause=0.005), rows)
    folder = RunFolder(runner.get("local", run_id).path)
    until(lambda: len(steps_of(folder.path)) > 5)
    process, filler = living.of_run(folder.path), fill(home)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - of each library its own
        runner.submit("local", job(), rows)
    assert full_disk(caught.value), caught.value
    until(lambda: not living.alive(process), within(6))
    filler.unlink()
    info = until(lambda: (found := runner.get("local", run_id)).state in ENDED and found, within(6))
    assert info.state == "failed"
    assert "disk is full" in info.error["what"] or "disk was full" in info.error["what"], info.error
    assert [entry.name for entry in (home / "runs").iterdir()] == [run_id]
    before = steps_of(folder.path)
    assert before == list(range(1, len(before) + 1))
    runner.resume("local", run_id)
    until(lambda: len(steps_of(folder.path)) > len(before) + 3, within(6))
    runner.stop("local", run_id)
    until(lambda: runner.get("local", run_id).state in ENDED, within(6))
    after = steps_of(folder.path)
    assert after == list(range(1, len(after) + 1))
    figure("S5", "a disk that fills up under a training, and has room again", "told; nothing lost, nothing half-written; it went on")
