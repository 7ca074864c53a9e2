"""Jobs from submission to result, seen through the Runner."""

import os
import shutil
import threading
import time
from dataclasses import replace

import pytest

from genhub import settings
from genhub.errors import UserError
from genhub.events import Done
from genhub.jobs import living, process, scheduler
from genhub.jobs.folder import RunFolder, write_json
from genhub.jobs.store import Record
from tests.jobs import faketask
from tests.jobs.conftest import ENDED
from tests.promises.measured import times, within


def state(runner, run_id, owner="local"):
    return runner.get(owner, run_id).state


def ended(runner, run_id, owner="local"):
    info = runner.get(owner, run_id)
    return info if info.state in ENDED else None


def test_a_job_runs_to_its_end(runner, job, rows, until, steps_of):
    run_id = runner.submit("local", job(steps=7), rows)
    info = until(lambda: ended(runner, run_id))
    assert info.state == "finished"
    assert info.metrics == {"accuracy": 0.9, "steps": 7, "rows": 4}
    assert info.created <= info.started <= info.ended + 0.01
    assert (info.attempts, info.error, info.position) == (1, None, None)
    assert steps_of(info.path) == [1, 2, 3, 4, 5, 6, 7]
    view = runner.view("local", run_id)
    assert view.done.metrics == info.metrics
    assert (view.stage, view.progress.done) == ("train", 7)


def test_submitting_is_durable_before_anything_runs(make_runner, job, rows):
    first = make_runner(start=False)
    run_id = first.submit("local", job(), rows)
    rows.unlink()
    second = make_runner(start=False)
    assert second.get("local", run_id).state == "queued"
    assert RunFolder(second.get("local", run_id).path).job()["task"] == "fake"
    assert len(second.get("local", run_id).path.joinpath("data/train.jsonl").read_text().splitlines()) == 4


def test_a_user_error_and_a_defect_end_differently(runner, job, rows, until):
    refused = runner.submit("local", job(mode="refuse"), rows)
    broken = runner.submit("local", job(mode="defect"), rows)
    error = until(lambda: ended(runner, refused)).error
    assert error == {
        "what": "The loss is not finite at step 3.",
        "limit": "It must stay finite.",
        "remedy": "Lower the learning rate.",
        "error_id": "",
    }
    info = until(lambda: ended(runner, broken))
    assert info.state == "failed"
    assert info.error["error_id"] in info.error["what"]
    assert "secret detail" not in str(info.error)
    log = (info.path / "log.txt").read_text()
    assert info.error["error_id"] in log
    assert "ZeroDivisionError: a secret detail" in log


def test_bad_options_are_refused_at_once(runner, job, rows):
    with pytest.raises(UserError, match="Steps is 0"):
        runner.submit("local", {**job(), "config": {"steps": 0}}, rows)
    with pytest.raises(UserError, match="no task"):
        runner.submit("local", {**job(), "task": "nothing"}, rows)
    assert runner.list("local") == []


def test_stop_is_acknowledged_and_ends_the_work(runner, job, rows, until, steps_of, figure):
    """S3: starts and stops, at a few steps or at once."""
    acknowledged, over = [], []
    for number in range(times(8, 100)):
        run_id = runner.submit("local", job(steps=100_000, pause=0.01), rows)
        until(lambda i=run_id, n=number % 4: n == 0 or len(steps_of(runner.get("local", i).path)) >= n)
        begun = time.monotonic()
        runner.stop("local", run_id)
        acknowledged.append(time.monotonic() - begun)
        assert state(runner, run_id) in ("stopping", "stopped")
        info = until(lambda i=run_id: ended(runner, i), within(3))
        over.append(time.monotonic() - begun)
        assert info.state == "stopped"
        assert number % 4 == 0 or info.metrics["accuracy"] == 0.5  # what it had come to is kept
    with pytest.raises(UserError, match="ended already"):
        runner.stop("local", run_id)
    figure("S3", f"{len(over)} starts and stops", f"acknowledged within {max(acknowledged):.3f} s, over within {max(over):.2f} s")
    assert max(acknowledged) < within(1)
    assert max(over) < within(3)


def test_a_stopped_run_goes_on_when_resumed(runner, job, rows, until, steps_of):
    run_id = runner.submit("local", job(steps=40, pause=0.01), rows)
    until(lambda: len(steps_of(runner.get("local", run_id).path)) > 3)
    runner.stop("local", run_id)
    until(lambda: state(runner, run_id) == "stopped")
    runner.resume("local", run_id)
    info = until(lambda: ended(runner, run_id))
    assert info.state == "finished"
    assert steps_of(info.path) == list(range(1, 41))
    with pytest.raises(UserError, match="finished"):
        runner.resume("local", run_id)


def test_a_queued_job_is_stopped_without_starting(make_runner, job, rows):
    runner = make_runner(start=False)
    run_id = runner.submit("local", job(), rows)
    runner.stop("local", run_id)
    info = runner.get("local", run_id)
    assert (info.state, info.started) == ("stopped", None)


def test_stopping_a_resumed_run_that_still_waits_leaves_it_as_it_was(make_runner, job, rows):
    runner = make_runner(start=False)
    run_id = runner.submit("local", job(), rows)
    folder = RunFolder(runner.get("local", run_id).path)
    runner.stop("local", run_id)
    metrics = {"accuracy": 0.5}
    write_json(folder.path / "metrics.json", metrics)  # as if it had been stopped in the middle
    folder.append(Done(metrics, stopped=True))
    runner.resume("local", run_id)
    assert (runner.get("local", run_id).metrics, runner.view("local", run_id).done) == (None, None)
    runner.stop("local", run_id)
    info = runner.get("local", run_id)
    assert (info.state, info.metrics) == ("stopped", metrics)
    assert runner.view("local", run_id).done == Done(metrics, stopped=True)


def test_a_deaf_job_is_ended_by_force(runner, job, rows, until, monkeypatch):
    monkeypatch.setattr(scheduler, "STOP_SECONDS_IN_ALL", 0.3)
    monkeypatch.setattr(scheduler, "TERM_SECONDS", 0.2)
    run_id = runner.submit("local", job(steps=100_000, pause=0.01, mode="deaf"), rows)
    worker = until(lambda: living.of_run(runner.get("local", run_id).path))
    runner.stop("local", run_id)
    info = until(lambda: ended(runner, run_id))
    assert info.state == "stopped"
    assert "did not stop" in info.error["what"]
    assert not living.alive(worker)


def test_a_job_past_its_time_keeps_the_best_so_far(make_runner, job, rows, until, monkeypatch):
    short = replace(settings.LOCAL, training_seconds=0.3)
    monkeypatch.setattr(settings, "LOCAL", short)
    runner = make_runner()
    run_id = runner.submit("local", job(steps=100_000, pause=0.01), rows)
    info = until(lambda: ended(runner, run_id))
    assert (info.state, info.metrics["accuracy"]) == ("stopped", 0.5)
    assert runner.view("local", run_id).notes == ["Stopped at the time limit of 0.3 seconds; the best so far is kept."]


def test_two_runs_at_once_and_the_rest_waits_with_a_forecast(runner, job, rows, until):
    busy = [runner.submit("local", job(steps=100_000, pause=0.01), rows) for _ in range(2)]
    until(lambda: all(state(runner, run_id) == "running" and runner.view("local", run_id).progress for run_id in busy))
    waiting = [runner.submit("local", job(), rows) for _ in range(2)]
    infos = [runner.get("local", run_id) for run_id in waiting]
    assert [info.position for info in infos] == [1, 2]
    assert 900 < infos[0].wait_seconds <= infos[1].wait_seconds <= 1000
    assert [info.id for info in runner.list("local")] == [*waiting[::-1], *busy[::-1]]
    for run_id in busy:
        runner.stop("local", run_id)
    assert {until(lambda i=i: ended(runner, i)).state for i in waiting} == {"finished"}


def test_the_wait_is_what_was_forecast_else_what_the_method_usually_takes(make_runner, job, rows):
    runner = make_runner(start=False, slots=1)
    for number, (method, seconds) in enumerate((("frozen", 4.0), ("lora", 300.0), ("lora", 500.0), ("lora", 400.0))):
        times = {"created": 10.0, "started": 10.0, "ended": 10.0 + seconds}
        runner._store.insert(Record(str(number), "local", "fake", "x", "finished", method=method, **times))
    forecast = {**job(method="lora"), "forecast": {"seconds": 50.0}}
    jobs = (job(method="lora"), job(method="frozen"), forecast, job(method="ia3"), job())
    ids = [runner.submit("local", each, rows) for each in jobs]
    assert [runner.get("local", run_id).wait_seconds for run_id in ids] == [0, 400, 404, 454, 854]


def test_the_time_left_of_what_runs_is_that_of_the_longest_and_unknown_when_one_cannot_tell(make_runner):
    runner = make_runner(start=False)
    assert runner.seconds_left() is None
    started = {"created": time.time(), "started": time.time()}
    for number, seconds in enumerate((40.0, 400.0)):
        runner._store.insert(Record(str(number), "local", "fake", "x", "running", expected=seconds, **started))
    assert 390 < runner.seconds_left() <= 400
    runner._store.insert(Record("unknown", "local", "fake", "x", "running", **started))
    assert runner.seconds_left() is None


def test_a_visitors_second_job_waits_behind_others_first(make_runner, job, rows, until, monkeypatch):
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    runner = make_runner(slots=1)
    first = runner.submit("ann", job(steps=100_000, pause=0.01), rows)
    until(lambda: state(runner, first, "ann") == "running")
    second = runner.submit("ann", job(), rows)
    third = runner.submit("ann", job(), rows)
    other = runner.submit("bob", job(), rows)
    assert runner.get("bob", other).position == 1
    assert [runner.get("ann", i).position for i in (second, third)] == [2, 3]
    runner.stop("ann", first)
    order = sorted(
        [until(lambda: ended(runner, other, "bob")), *(until(lambda i=i: ended(runner, i, "ann")) for i in (second, third))],
        key=lambda info: info.started,
    )
    assert [info.id for info in order] == [other, second, third]


def test_in_public_a_visitor_has_one_job_at_a_time(make_runner, job, rows, until, monkeypatch):
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    runner = make_runner()
    mine = [runner.submit("ann", job(steps=100_000, pause=0.01), rows) for _ in range(2)]
    until(lambda: state(runner, mine[0], "ann") == "running")
    other = runner.submit("bob", job(steps=1), rows)
    until(lambda: ended(runner, other, "bob"))
    assert state(runner, mine[1], "ann") == "queued"


def test_limits_have_messages_of_their_own(make_runner, job, rows, monkeypatch):
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    monkeypatch.setattr(settings, "PUBLIC", replace(settings.PUBLIC, jobs_per_visitor=2, queue_length=3))
    runner = make_runner(start=False)
    for owner in ("ann", "ann", "bob"):
        runner.submit(owner, job(), rows)
    with pytest.raises(UserError, match="You have 2 jobs") as caught:
        runner.submit("ann", job(), rows)
    assert caught.value.limit
    assert caught.value.remedy
    with pytest.raises(UserError, match="The queue holds 3"):
        runner.submit("eve", job(), rows)


def test_a_visitors_disk_is_limited(make_runner, job, rows, monkeypatch):
    monkeypatch.setattr(settings, "LOCAL", replace(settings.LOCAL, visitor_bytes=2_000))
    runner = make_runner(start=False)
    runner.submit("local", job(), rows)
    (runner.list("local")[0].path / "large").write_bytes(b"0" * 2_000)
    with pytest.raises(UserError, match="Delete some runs"):
        runner.submit("local", job(), rows)


def test_other_visitors_runs_look_like_no_runs(make_runner, job, rows, monkeypatch):
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    runner = make_runner(start=False)
    run_id = runner.submit("ann", job(), rows)
    asks = [
        lambda owner, i: runner.get(owner, i),
        lambda owner, i: runner.view(owner, i),
        lambda owner, i: runner.stop(owner, i),
        lambda owner, i: runner.resume(owner, i),
        lambda owner, i: runner.rename(owner, i, "mine now"),
        lambda owner, i: runner.delete(owner, i),
    ]
    for ask in asks:
        with pytest.raises(UserError) as foreign:
            ask("eve", run_id)
        with pytest.raises(UserError) as unknown:
            ask("eve", "0" * 32)
        assert foreign.value.to_dict() == unknown.value.to_dict()
    assert runner.list("eve") == []
    assert runner.delete_all("eve") == 0
    assert [(info.id, info.state, info.name) for info in runner.list("ann")] == [(run_id, "queued", "four rows · LoRA")]


def test_deleting_ends_what_runs_and_leaves_nothing(runner, job, rows, until, home):
    running = runner.submit("local", job(steps=100_000, pause=0.01), rows)
    worker = until(lambda: living.of_run(home / "runs" / running))
    done = runner.submit("local", job(steps=1), rows)
    until(lambda: ended(runner, done))
    runner.delete("local", running)
    assert not living.alive(worker)
    assert [info.id for info in runner.list("local")] == [done]
    runner.submit("local", job(steps=100_000, pause=0.01), rows)
    assert runner.delete_all("local") == 2
    assert runner.list("local") == []
    assert list((home / "runs").iterdir()) == []


def test_a_new_name_stays(make_runner, job, rows):
    runner = make_runner(start=False)
    run_id = runner.submit("local", job(), rows)
    runner.rename("local", run_id, " Better name ")
    assert runner.get("local", run_id).name == "Better name"
    assert RunFolder(runner.get("local", run_id).path).job()["name"] == "Better name"
    with pytest.raises(UserError):
        runner.rename("local", run_id, "x" * 81)


def test_runs_of_the_command_line_are_listed_locally(make_runner, job, rows, home, until):
    runner = make_runner()
    donor = runner.submit("local", job(steps=2), rows)
    info = until(lambda: ended(runner, donor))
    copy = home / "runs" / ("c" * 32)
    shutil.copytree(info.path, copy)
    found = runner.get("local", "c" * 32)
    assert (found.state, found.metrics["accuracy"], found.method) == ("finished", 0.9, "lora")
    broken = home / "runs" / ("d" * 32)
    shutil.copytree(info.path, broken)
    lines = (broken / "events.jsonl").read_text().splitlines(keepends=True)
    (broken / "events.jsonl").write_text("".join(lines[:-1]))
    until(lambda: ended(runner, "d" * 32))
    assert "command" in runner.get("local", "d" * 32).error["what"]
    runner.resume("local", "d" * 32)
    assert until(lambda: ended(runner, "d" * 32)).state == "finished"


def test_a_run_in_the_making_on_the_command_line_can_be_watched_and_stopped(runner, job, rows, home, until):
    config = faketask.FakeConfig(steps=1000)
    folder = RunFolder.create(home / "runs" / ("e" * 32), job(steps=1000))
    folder.rows.write_bytes(rows.read_bytes())
    events = process.inline(config, folder)
    for _ in range(5):
        next(events)
    assert state(runner, folder.id) == "running"
    with pytest.raises(UserError, match="command"):
        runner.delete("local", folder.id)
    runner.stop("local", folder.id)
    *_, last = events
    assert last.stopped
    assert until(lambda: ended(runner, folder.id)).state == "stopped"
    runner.delete("local", folder.id)
    assert not folder.path.exists()


def test_in_public_other_folders_are_nobodys(make_runner, job, home, monkeypatch):
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    runner = make_runner(start=False)
    folder = RunFolder.create(home / "runs" / ("c" * 32), job())
    folder.append(scheduler.Failed("Ended."))
    assert runner.list("local") == []


def test_a_reopened_run_is_listed_with_its_figures(make_runner, tmp_path, home):
    runner = make_runner(start=False)
    folder = tmp_path / "opened"
    folder.mkdir()
    base = {"id": "embedded/minilm-l6", "revision": "main"}
    passport = {"task": "classify", "base": base, "method": "lora", "metrics": {"accuracy": 0.8}, "config": {"method": "lora"}}
    write_json(folder / "passport.json", passport)
    run_id = runner.import_folder("local", folder, "From a friend")
    info = runner.get("local", run_id)
    assert (info.state, info.name, info.metrics, info.method) == (
        "finished",
        "From a friend · opened from a zip",
        {"accuracy": 0.8},
        "lora",
    )
    assert RunFolder(info.path).job()["name"] == "From a friend · opened from a zip"
    assert folder.exists()
    with pytest.raises(UserError):
        runner.resume("local", run_id)


def test_old_runs_are_cleaned_away(make_runner, job, rows, until, monkeypatch):
    monkeypatch.setattr(settings, "LOCAL", replace(settings.LOCAL, keep_hours=1))
    runner = make_runner()
    run_id = runner.submit("local", job(steps=1), rows)
    kept = runner.submit("local", job(steps=1), rows)
    until(lambda: ended(runner, run_id) and ended(runner, kept))
    runner._store.update(run_id, ended=time.time() - 3601)
    runner._scheduler._next_cleaning = 0.0
    runner._scheduler.wake()
    until(lambda: [info.id for info in runner.list("local")] == [kept])


def test_a_public_page_leaves_the_owners_own_runs_alone(make_runner, job, rows, until, home, monkeypatch):
    """A share link on a laptop: those of visitors go after a day, those of its owner and of the command line do not."""
    runner = make_runner()
    own = runner.submit("local", job(steps=1), rows)
    until(lambda: ended(runner, own))
    runner.close()
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    runner = make_runner()
    visitors = runner.submit("ann", job(steps=1), rows)
    until(lambda: ended(runner, visitors, "ann"))
    by_command = RunFolder.create(home / "runs" / ("c" * 32), job())
    by_command.append(scheduler.Failed("Ended."))
    crashed = RunFolder.create(home / "runs" / ("d" * 32), job())
    days_ago = time.time() - 48 * 3600
    for path in (by_command.path, crashed.path):
        os.utime(path, (days_ago, days_ago))
    for run in (own, visitors):
        runner._store.update(run, ended=days_ago)
    runner._scheduler._next_cleaning = 0.0
    runner._scheduler.wake()
    until(lambda: not crashed.path.exists() and not runner.list("ann"))
    assert runner._store.get(own) is not None
    assert by_command.log.exists()
    assert (home / "runs" / own).is_dir()


def test_two_that_arrive_together_do_not_both_get_the_last_place(make_runner, job, rows, monkeypatch, home):
    monkeypatch.setattr(settings, "LOCAL", replace(settings.LOCAL, jobs_per_visitor=1))
    runner, both, outcomes = make_runner(start=False), threading.Barrier(2), []
    copy = shutil.copyfile
    monkeypatch.setattr(shutil, "copyfile", lambda *paths: (both.wait(10), copy(*paths)))  # both have looked at the queue by then

    def submit():
        try:
            outcomes.append(runner.submit("local", job(), rows))
        except UserError as error:
            outcomes.append(error.what)

    threads = [threading.Thread(target=submit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome.startswith("You have 1 jobs") for outcome in outcomes) == [False, True]
    assert [entry.name for entry in (home / "runs").iterdir()] == [info.id for info in runner.list("local")]


def test_many_threads_submit_at_once(runner, job, rows, until):
    ids, lock = [], threading.Lock()

    def submit():
        run_id = runner.submit("local", job(steps=1), rows)
        with lock:
            ids.append(run_id)

    threads = [threading.Thread(target=submit) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 12
    assert {until(lambda i=i: ended(runner, i)).state for i in ids} == {"finished"}


def test_a_full_disk_is_complained_of_once_and_a_defect_each_time(runner, job, rows, until, monkeypatch, caplog):
    troubles = [OSError(28, "No space left on device"), ZeroDivisionError("a defect"), *[OSError(28, "No space left on device")] * 2]
    done = threading.Event()

    def fails(self):
        if not troubles:
            done.set()
            return True
        raise troubles.pop(0)

    monkeypatch.setattr(scheduler.Scheduler, "_start_next", fails)
    runner.submit("local", job(steps=1), rows)
    assert done.wait(20)
    disk, defect = [record for record in caplog.records if record.name == scheduler.logger.name]
    assert "The disk is full." in disk.getMessage()
    assert defect.exc_info[0] is ZeroDivisionError
