"""Kills: of jobs, of the server, of the warm server. Nothing that was accepted is lost, nothing is told twice."""

import contextlib
import random
import signal

import pytest

from genhub.jobs import living, reading
from genhub.jobs.folder import RunFolder
from genhub.jobs.store import Store
from tests.jobs.conftest import ENDED, kill


def finished(runner, run_id):
    info = runner.get("local", run_id)
    return info if info.state in ENDED else None


def process_of(runner, run_id):
    return living.of_run(runner.get("local", run_id).path)


@pytest.mark.parametrize("mode", ["die", "forgetful"])
def test_a_job_that_is_killed_goes_on_by_itself(runner, job, rows, until, steps_of, mode):
    run_id = runner.submit("local", job(steps=6, mode=mode), rows)
    info = until(lambda: finished(runner, run_id))
    assert (info.state, info.attempts) == ("finished", 2)
    assert steps_of(info.path) == [1, 2, 3, 4, 5, 6]
    kinds = [type(event).__name__ for _, _, event in RunFolder(info.path).events()]
    assert kinds.count("Done") == 1
    assert "Resumed" in kinds


def test_a_job_killed_again_and_again_gets_there_as_long_as_it_gains(runner, job, rows, until, steps_of):
    run_id = runner.submit("local", job(steps=60, pause=0.005), rows)
    path = runner.get("local", run_id).path
    for target in (5, 15, 25, 35, 45):
        until(lambda t=target: steps_of(path) and steps_of(path)[-1] >= t and process_of(runner, run_id))
        process = process_of(runner, run_id)
        kill(process)
        until(lambda p=process: not living.alive(p))
    info = until(lambda: finished(runner, run_id))
    assert (info.state, info.attempts) == ("finished", 6)
    assert steps_of(path) == list(range(1, 61))


def test_a_job_that_dies_at_the_same_place_fails_after_three(runner, job, rows, until):
    run_id = runner.submit("local", job(mode="crash-loop"), rows)
    info = until(lambda: finished(runner, run_id))
    assert (info.state, info.attempts) == ("failed", 3)
    assert "3 times" in info.error["what"]
    assert "memory" in info.error["what"]
    assert info.error["remedy"]
    view = reading.read(RunFolder(info.path))
    assert view.failed.what == info.error["what"]


@pytest.mark.parametrize("counted", [True, False])
def test_jobs_outlive_the_server_and_are_adopted(home, server, make_runner, job, rows, until, steps_of, counted):
    """`counted`: whether the server lived long enough after the start of the process to write that down."""
    submitter = make_runner(start=False)
    first = server()
    run_id = submitter.submit("local", job(steps=150, pause=0.01), rows)
    path = submitter.get("local", run_id).path
    process = until(lambda: living.of_run(path))
    kill(first)
    first.wait()
    if not counted:
        with contextlib.closing(Store(home / "runs.db")) as store:
            store.update(run_id, attempts=0, fruitless=0)
    seen = len(steps_of(path))
    until(lambda: len(steps_of(path)) > seen + 3)
    heir = make_runner()
    info = until(lambda: finished(heir, run_id))
    assert (info.state, info.attempts) == ("finished", 1)
    assert not living.alive(process)
    assert steps_of(path) == list(range(1, 151))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_to_the_server_does_not_reach_its_jobs(server, make_runner, job, rows, until, name):
    looker = make_runner(start=False)
    first = server()
    run_id = looker.submit("local", job(steps=100_000, pause=0.01), rows)
    path = looker.get("local", run_id).path
    process = until(lambda: living.of_run(path))
    until(lambda: (path / "events.jsonl").exists())
    first.send_signal(getattr(signal, name))
    first.wait()
    before = (path / "events.jsonl").stat().st_size
    until(lambda: (path / "events.jsonl").stat().st_size > before)
    assert living.of_run(path) == process


def test_a_job_that_died_while_no_server_ran_goes_on_at_the_next_start(server, make_runner, job, rows, until, steps_of):
    looker = make_runner(start=False)
    first = server()
    run_id = looker.submit("local", job(steps=50, pause=0.01), rows)
    path = looker.get("local", run_id).path
    until(lambda: len(steps_of(path)) > 3)
    process = living.of_run(path)
    kill(first)
    first.wait()
    kill(process)
    until(lambda: not living.alive(process))
    with open(path / "events.jsonl", "a") as file:
        file.write('{"event": "Metric", "t": 1, "st')  # a line that the kill tore
    assert looker.get("local", run_id).state == "running"
    heir = make_runner()
    info = until(lambda: finished(heir, run_id))
    assert (info.state, info.attempts) == ("finished", 2)
    assert steps_of(path) == list(range(1, 51))


def test_stop_survives_the_death_of_the_server(server, make_runner, job, rows, until):
    looker = make_runner(start=False)
    first = server()
    run_id = looker.submit("local", job(steps=100_000, pause=0.01), rows)
    until(lambda: process_of(looker, run_id))
    kill(first)
    first.wait()
    looker.stop("local", run_id)
    heir = make_runner()
    info = until(lambda: finished(heir, run_id), 5)
    assert (info.state, info.metrics["accuracy"]) == ("stopped", 0.5)


def test_two_servers_on_one_home_never_train_a_run_twice(server, make_runner, job, rows, until, steps_of):
    server()
    second = make_runner()
    ids = [second.submit("local", job(steps=10, pause=0.005), rows) for _ in range(6)]
    for run_id in ids:
        info = until(lambda i=run_id: finished(second, i))
        assert (info.state, info.attempts) == ("finished", 1)
        steps = [event.step for _, _, event in RunFolder(info.path).events() if type(event).__name__ == "Metric"]
        assert steps == list(range(1, 11))


def test_the_warm_server_comes_back(runner, job, rows, until):
    running = runner.submit("local", job(steps=100_000, pause=0.01), rows)
    process = until(lambda: process_of(runner, running))
    old = runner._launcher._server
    kill(old)
    until(lambda: runner._launcher._server not in (None, old) and runner.ready())
    assert living.alive(process)
    after = runner.submit("local", job(steps=2), rows)
    assert until(lambda: finished(runner, after)).state == "finished"
    runner.stop("local", running)
    assert until(lambda: finished(runner, running)).state == "stopped"


def test_without_fork_jobs_are_spawned(make_runner, job, rows, until, monkeypatch):
    monkeypatch.setenv("GENHUB_JOBS", "spawn")
    runner = make_runner()
    assert runner.ready()
    run_id = runner.submit("local", job(steps=100_000, pause=0.01), rows)
    process = until(lambda: process_of(runner, run_id))
    until(lambda: runner.view("local", run_id).progress)
    kill(process)
    until(lambda: (found := process_of(runner, run_id)) and found != process)
    runner.stop("local", run_id)
    assert until(lambda: finished(runner, run_id)).state == "stopped"


def test_a_warm_server_that_cannot_start_is_done_without(make_runner, job, rows, until):
    runner = make_runner(preload=("tests.jobs.faketask", "tests.jobs.no_such_module"))
    until(lambda: not runner._launcher.forks)
    runner._launcher._preload = ["--preload", "tests.jobs.faketask"]
    run_id = runner.submit("local", job(steps=2), rows)
    assert until(lambda: finished(runner, run_id)).state == "finished"


def test_twenty_kills_of_the_server_lose_no_job(server, make_runner, job, rows, until, steps_of, figure):
    """S1: jobs are submitted while servers die at random moments; each acknowledged one ends well."""
    chance = random.Random(0)
    looker = make_runner(start=False)
    ids = []
    for _ in range(20):
        process = server()
        ids.append(looker.submit("local", job(steps=20, pause=0.002), rows))
        events = looker.get("local", ids[-1]).path / "events.jsonl"
        size = chance.randrange(1, 4000) if chance.random() < 0.6 else 0  # kill it while it works, or before it is awake
        until(lambda e=events, s=size: s == 0 or finished(looker, ids[-1]) or (e.exists() and e.stat().st_size > s))
        kill(process)
        process.wait()
    make_runner()
    for run_id in ids:
        info = until(lambda i=run_id: finished(looker, i))
        assert info.state == "finished"
        assert steps_of(info.path) == list(range(1, 21))
    figure("S1", "20 kills of the server at random moments", f"{len(ids)} jobs acknowledged, {len(ids)} finished, each step once")
