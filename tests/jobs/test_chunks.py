"""Jobs in chunks: what each asks for, what a killed one costs, Stop, refusals; and a real training in chunks, to the same curve."""

import contextlib
import contextvars

import pytest

from genhub import settings, zerogpu
from genhub.errors import UserError
from genhub.events import Metric
from genhub.jobs import chunk, chunks, living, process, reading
from genhub.jobs.chunks import LEAST_SECONDS, LONGEST_SECONDS, MOST_SECONDS, Chunk, seconds_for
from genhub.jobs.folder import RunFolder
from genhub.training.configs import ClassifyConfig
from genhub.training.outcome import stopped_by
from tests.jobs.conftest import ENDED
from tests.serving.tiny_runs import BASE, store_base
from tests.tiny import tiny_rows, tiny_run


def paused(**values) -> Chunk:
    return Chunk(**{"asked": 30, "took": 26.0, "way": 4.0, "step": 0.1, "left": 200, "outcome": "paused", **values})


@pytest.mark.parametrize(
    ("before", "forecast", "asked"),
    [
        ([], None, 30),
        ([], 3.0, LEAST_SECONDS),
        ([], 22.5, 23),
        ([], 900.0, 30),
        ([paused()], 900.0, 38),  # 4 + 1.2 · 200 · 0.1 + 10
        ([paused(step=0.2)], None, MOST_SECONDS),  # 62 are too many at once
        ([paused(step=0.15)], None, 50),
        ([paused(), paused(left=0)], None, LEAST_SECONDS),
        ([paused(step=None)], None, MOST_SECONDS),
        ([paused(outcome="lost")], None, 60),
        ([paused(outcome="lost", asked=90)], None, LONGEST_SECONDS),
        ([paused(outcome="refused", asked=60)], None, LEAST_SECONDS),
        ([paused(), paused(outcome="waited", step=None)], None, 38),
    ],
)
def test_a_chunk_asks_for_what_the_steps_of_the_last_one_took(before, forecast, asked):
    assert seconds_for(before, forecast) == asked


def test_what_only_has_to_judge_asks_for_that():
    assert seconds_for([paused(way=12.0, left=5_000)], None, stopping=True) == 22


def test_a_step_is_measured_between_the_first_report_and_the_last():
    told = [{"at": 1.0}, {"at": 3.0, "done": 10, "total": 100}, {"at": 4.5}, {"at": 5.0, "done": 30, "total": 100}]
    assert Chunk.of(30, told, "lost") == Chunk(30, 5.0, 3.0, 0.1, 70, "lost")
    assert Chunk.of(30, told[:2], "lost").step is None
    judging = {"at": 9.0, "done": 64, "total": 9_568}
    assert Chunk.of(30, [*told, judging], "lost") == Chunk(30, 9.0, 3.0, 0.1, 70, "lost")
    assert Chunk.of(30, [], "waited") == Chunk(30, 0.0, 0.0, None, None, "waited")


# Jobs of a runner in the profile.


@pytest.fixture
def lent(home, monkeypatch):
    """The profile, with chunks that pause after each step."""
    monkeypatch.setenv("GENHUB_PROFILE", "zerogpu")
    monkeypatch.setattr(chunk, "LEAVE_SECONDS", 1e6)


@pytest.fixture
def calls(monkeypatch) -> list:
    """(target, seconds) of every call for a GPU; an error that is put into `calls.errors` is raised by the next ones instead, after as many
    events as stand before it."""

    class Calls(list):
        errors: list = []  # noqa: RUF012 - each test sets its own

    made = Calls()
    made.errors = []
    real = zerogpu.on_gpu

    def on_gpu(target, args, seconds):
        made.append((target, seconds))
        events, error = made.errors.pop(0) if made.errors else (None, None)
        with contextlib.closing(real(target, args, seconds)) as telling:
            for number, each in enumerate(telling):
                if number == events:
                    break
                yield each
        if error is not None:
            raise error

    monkeypatch.setattr(zerogpu, "on_gpu", on_gpu)
    return made


def gradios(title: str, message: str) -> Exception:
    """What we look at of an error of `spaces`; the real ones come in tests/test_zerogpu.py."""
    error = Exception(message)
    error.title, error.message = title, message
    return error


QUOTA = ("ZeroGPU quota exceeded", "You have exceeded your free ZeroGPU quota (15s requested vs. 3s left). Try again in 3:00:00.")


def ended(runner, run_id, owner="ana"):
    info = runner.get(owner, run_id)
    return info if info.state in ENDED else None


def test_a_job_goes_on_from_chunk_to_chunk(lent, make_runner, job, rows, until, steps_of, calls):
    runner = make_runner()
    run_id = runner.submit("ana", job(steps=5), rows)
    info = until(lambda: ended(runner, run_id))
    assert (info.state, info.error) == ("finished", None)
    assert steps_of(info.path) == [1, 2, 3, 4, 5]
    assert len(calls) == 6  # one more judges
    before = chunks.of_run(info.path)
    assert [each.outcome for each in before] == ["paused"] * 5 + ["ended"]
    assert [each.asked for each in before] == [seconds for _, seconds in calls]
    assert [each.left for each in before[:5]] == [4, 3, 2, 1, 0]


def test_a_chunk_that_is_ended_costs_what_came_after_the_last_checkpoint(lent, make_runner, job, rows, until, steps_of, calls):
    gone = gradios("ZeroGPU worker error", "GPU task aborted")
    calls.errors += [(2, gone), (None, None), (1, gone)]
    runner = make_runner()
    run_id = runner.submit("ana", job(steps=4), rows)
    info = until(lambda: ended(runner, run_id))
    assert info.state == "finished"
    assert steps_of(info.path) == [1, 2, 3, 4]
    assert [seconds for _, seconds in calls][:4] == [30, 60, 60, 120]  # twice as much after each that was ended
    assert [each.outcome for each in chunks.of_run(info.path)][:4] == ["lost", "paused", "lost", "paused"]


def test_chunks_that_come_to_nothing_end_the_job(lent, make_runner, job, rows, until, calls):
    calls.errors += [(0, gradios("ZeroGPU worker error", "GPU task aborted"))] * 3
    runner = make_runner()
    run_id = runner.submit("ana", job(steps=4), rows)
    info = until(lambda: ended(runner, run_id))
    assert info.state == "failed"
    assert "3 times" in info.error["what"]
    assert [seconds for _, seconds in calls] == [30, 60, 120]


def test_stop_in_the_middle_ends_with_the_best_so_far(lent, make_runner, job, rows, until, steps_of, calls):
    runner = make_runner()
    run_id = runner.submit("ana", job(steps=100_000), rows)
    path = runner.get("ana", run_id).path
    until(lambda: len(chunks.of_run(path)) >= 2)
    runner.stop("ana", run_id)
    info = until(lambda: ended(runner, run_id))
    assert info.state == "stopped"
    assert info.metrics["steps"] == steps_of(path)[-1] < 100_000


def test_a_deleted_job_leaves_nothing(lent, make_runner, job, rows, until, monkeypatch):
    monkeypatch.setattr(chunk, "LEAVE_SECONDS", 0.0)
    runner = make_runner()
    run_id = runner.submit("ana", job(steps=100_000, pause=0.001), rows)
    path = runner.get("ana", run_id).path
    until(lambda: (path / "checkpoints").exists())
    runner.delete("ana", run_id)
    assert not path.exists()
    with pytest.raises(UserError, match="no such run"):
        runner.get("ana", run_id)


def test_a_spent_quota_stops_a_job_and_keeps_what_it_has(lent, make_runner, job, rows, until, steps_of, calls):
    calls.errors += [(None, None), (None, None), (0, gradios(*QUOTA)), (0, gradios(*QUOTA))]
    runner = make_runner()
    run_id = runner.submit("ana", job(steps=50), rows)
    info = until(lambda: ended(runner, run_id), seconds=90)  # a process of its own judges, without a GPU
    assert info.state == "stopped"
    assert info.metrics["steps"] == 2
    assert any("exceeded your free ZeroGPU quota" in note for note in reading.read(RunFolder(info.path)).notes)
    assert stopped_by(RunFolder(info.path), stopped=True) == "quota"
    assert calls[-1][1] == LEAST_SECONDS  # it had asked for less before it gave up
    runner.resume("ana", run_id)
    until(lambda: len(steps_of(info.path)) > 4, what="for the job to go on with a GPU")
    runner.stop("ana", run_id)
    assert until(lambda: ended(runner, run_id)).state == "stopped"


def test_a_quota_that_was_spent_before_says_so(lent, make_runner, job, rows, until, calls):
    calls.errors += [(0, gradios(*QUOTA))] * 2
    runner = make_runner()
    run_id = runner.submit("ana", job(), rows)
    info = until(lambda: ended(runner, run_id))
    assert info.state == "failed"
    assert "exceeded your free ZeroGPU quota" in info.error["what"]
    assert [seconds for _, seconds in calls] == [30, LEAST_SECONDS]


def test_a_gpu_that_is_busy_is_asked_again(lent, make_runner, job, rows, until, calls):
    calls.errors += [(0, gradios("ZeroGPU queue timeout", "No GPU was available after 60s"))]
    runner = make_runner()
    run_id = runner.submit("ana", job(steps=2), rows)
    info = until(lambda: ended(runner, run_id))
    assert info.state == "finished"
    assert [seconds for _, seconds in calls[:2]] == [30, 30]


def test_what_needs_no_gpu_asks_for_none(lent, make_runner, job, rows, until, calls, monkeypatch):
    from dataclasses import replace

    from genhub import tasks

    monkeypatch.setitem(tasks.TASKS, "fake", replace(tasks.TASKS["fake"], accelerated=False))
    runner = make_runner()
    run_id = runner.submit("ana", job(steps=2), rows)
    assert until(lambda: ended(runner, run_id), seconds=90).state == "finished"
    assert calls == []


def test_a_chunk_runs_for_whom_asked_for_it(lent, make_runner, job, rows, until, monkeypatch):
    """Whose GPU seconds are spent is in a context variable of the request."""
    asker, seen, real = contextvars.ContextVar("asker", default="nobody"), [], zerogpu.on_gpu

    def on_gpu(*given):
        seen.append(asker.get())
        return real(*given)

    monkeypatch.setattr(zerogpu, "on_gpu", on_gpu)
    runner = make_runner()
    asker.set("ana's request")
    run_id = runner.submit("ana", job(steps=2), rows)
    until(lambda: ended(runner, run_id))
    assert set(seen) == {"ana's request"}


def test_the_time_limit_counts_over_all_chunks(home, job, rows, monkeypatch):
    run = RunFolder.create(home / "run", job(steps=100))
    run.rows.write_bytes(rows.read_bytes())
    args = {"run": str(run.path), "bounds": process.Bounds(seconds=60).to_dict(), "worked": 61.0}
    assert [*chunk.train(args, 30)][-1]["outcome"] == "ended"
    view = reading.read(run)
    assert view.done.stopped
    assert any("time limit of 1 minutes" in note for note in view.notes)


# A real training.


def curve(run: RunFolder) -> list:
    """(step, values that do not depend on the clock) of what counts in the log."""
    kept: dict[int, dict] = {}
    for _, _, event in run.events():
        if isinstance(event, Metric):
            kept.setdefault(event.step, {}).update({name: value for name, value in event.values.items() if "per_second" not in name})
    return sorted(kept.items())


def in_chunks(launcher: chunks.Chunks, run: RunFolder, stop_after: int = 0) -> list[str]:
    """The outcome of each chunk until the run has an end."""
    while not reading.read(run).ended:
        assert living.gone(launcher.run(run.path, process.Bounds()), 90)
        if len(chunks.of_run(run.path)) == stop_after:
            run.request_stop()
    return [each.outcome for each in chunks.of_run(run.path)]


def test_a_real_training_in_chunks_is_the_same_as_in_one_go(lent, home, monkeypatch):
    monkeypatch.setenv("GENHUB_ALLOW", "models")
    store_base()
    config = ClassifyConfig(method="lora", model=BASE, epochs=2, batch_size=32, precision="fp32", folds=0, patience=0, learning_rate=5e-3)
    whole, parts, stopped = (tiny_run(home / name, config, tiny_rows(60)) for name in ("whole", "parts", "stopped"))
    list(process.inline(config, whole))
    launcher = chunks.Chunks(settings.get(), preload=())
    assert in_chunks(launcher, parts) == ["paused"] * 4 + ["ended"]
    assert curve(parts) == curve(whole)
    assert (parts.path / "predictions.jsonl").read_bytes() == (whole.path / "predictions.jsonl").read_bytes()
    assert in_chunks(launcher, stopped, stop_after=1) == ["paused", "ended"]
    assert reading.read(stopped).done.stopped
    assert (stopped.path / "adapter" / "adapter_model.safetensors").exists()
    assert 0 < len(curve(stopped)) < len(curve(whole))
    launcher.close()
