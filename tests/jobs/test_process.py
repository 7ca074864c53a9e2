"""One job in the calling process: every way to end gives one last event, and the log says what was said."""

import dataclasses
import os

import pytest

from genhub import settings
from genhub.errors import UserError
from genhub.events import Done, Failed, Metric, Note, Resumed
from genhub.jobs import living, process, reading
from genhub.jobs.folder import RunFolder
from tests.jobs.faketask import FakeConfig


@pytest.fixture
def folder(home, job, rows):
    def make(**options) -> tuple[FakeConfig, RunFolder]:
        run = RunFolder.create(home / "run", job(**options))
        run.rows.write_bytes(rows.read_bytes())
        return FakeConfig(**options), run

    return make


def test_inline_yields_what_it_logs(folder):
    config, run = folder(steps=3)
    seen = list(process.inline(config, run))
    assert seen == [event for _, _, event in run.events()]
    assert seen[-1].metrics["rows"] == 4
    assert sum(isinstance(event, Done | Failed) for event in seen) == 1


def test_a_users_mistake_ends_with_its_three_parts(folder):
    seen = list(process.inline(*folder(mode="refuse")))
    assert seen == [Failed("The loss is not finite at step 3.", "It must stay finite.", "Lower the learning rate.")]


@pytest.mark.parametrize(("mode", "trace"), [("defect", "ZeroDivisionError"), ("exit", "SystemExit"), ("silent", "without a result")])
def test_a_defect_ends_with_an_id_and_a_traceback_in_the_log(folder, mode, trace):
    config, run = folder(mode=mode, steps=2)
    *_, last = process.inline(config, run)
    assert last.error_id in last.what
    assert trace in (run.path / "log.txt").read_text()
    assert last.error_id in (run.path / "log.txt").read_text()


def test_memory_running_out_is_said_in_plain_words(folder):
    *_, last = process.inline(*folder(mode="memory"))
    assert "memory" in last.what
    assert "batch size" in last.remedy
    assert last.error_id == ""


def test_nothing_follows_the_first_end(folder):
    config, run = folder(mode="two-ends", steps=1)
    ends = [event for event in process.inline(config, run) if isinstance(event, Done | Failed)]
    assert [end.metrics["accuracy"] for end in ends] == [0.9]


def test_an_interrupted_run_has_no_end_and_goes_on(folder, steps_of):
    config, run = folder(steps=6)
    events = process.inline(config, run)
    while not (isinstance(event := next(events), Metric) and event.step == 3):
        pass
    events.close()
    assert not reading.read(run).ended
    with open(run.log, "a") as log:
        log.write('{"event": "Metr')
    assert list(process.inline(config, run))[-1].metrics["steps"] == 6
    assert steps_of(run.path) == [1, 2, 3, 4, 5, 6]


def test_a_trainer_that_begins_anew_voids_what_was_there(folder):
    config, run = folder(steps=2, mode="forgetful")
    run.append(Metric(1, {"loss": 9.0}, "fold 1"))
    run.append(Metric(5, {"loss": 9.0}))
    seen = list(process.inline(config, run))
    assert [event for event in seen if isinstance(event, Resumed)] == [Resumed("final", -1)]
    assert reading.read(run).curves == {"final": {"loss": [(1, 1.0), (2, 0.5)]}}


def test_stop_pressed_before_is_honoured_at_the_first_step(folder):
    config, run = folder(steps=1000)
    run.request_stop()
    *_, last = process.inline(config, run)
    assert last == Done({"accuracy": 0.5, "steps": 0}, stopped=True)


def test_the_time_limit_works_like_stop_and_says_why(folder, monkeypatch):
    monkeypatch.setattr(settings, "LOCAL", dataclasses.replace(settings.LOCAL, training_seconds=0.1))
    *_, note, last = process.inline(*folder(steps=100_000, pause=0.001))
    assert note == Note("Stopped at the time limit of 0.1 seconds; the best so far is kept.")
    assert last.stopped


def test_a_run_that_another_process_has_is_left_alone(folder, server, home, monkeypatch):
    config, run = folder(steps=2)
    monkeypatch.setattr(living, "lock", lambda file: False)
    with pytest.raises(UserError, match="Another process"):
        next(process.inline(config, run))
    assert process.run(run.path, process.Bounds()) == 0
    assert not run.log.exists()


def test_a_run_that_has_ended_is_not_done_again(folder):
    config, run = folder(steps=2)
    list(process.inline(config, run))
    size = run.log.stat().st_size
    assert process.run(run.path, process.Bounds()) == 0
    assert run.log.stat().st_size == size


def test_a_damaged_job_fails_with_a_sentence(folder):
    _, run = folder()
    (run.path / "job.json").write_text("{")
    assert process.run(run.path, process.Bounds()) == 1
    assert "job.json" in reading.read(run).failed.what


def test_public_jobs_share_the_memory(home, monkeypatch):
    monkeypatch.setattr(process, "total_memory", lambda: 16_000_000_000)
    alone = process.allowed(settings.get({"GENHUB_PROFILE": "local"}), 2)
    shared = process.allowed(settings.get({"GENHUB_PROFILE": "public"}), 2)
    assert alone.memory_bytes == 14_400_000_000
    assert shared.memory_bytes == 6_400_000_000
    assert shared.seconds == 300


def test_only_a_whole_checkpoint_is_progress(tmp_path):
    (tmp_path / "process.json").touch()
    os.utime(tmp_path / "process.json", ns=(0, 0))
    (tmp_path / "checkpoints" / ".step-000001.77").mkdir(parents=True)
    assert not living.progressed(tmp_path)
    (tmp_path / "checkpoints" / "step-000001").mkdir()
    assert living.progressed(tmp_path)
