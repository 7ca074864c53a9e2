"""The warm server: what a forked child may, sees and inherits; calls that answer, fail, hang and vanish."""

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from genhub import oneshot, settings
from genhub.errors import UserError
from genhub.jobs import launcher, process
from tests.jobs.conftest import ENDED


def facts_of(runner, job, rows, until):
    run_id = runner.submit("local", job(steps=1, mode="environment"), rows)
    info = until(lambda: runner.get("local", run_id).state in ENDED and runner.get("local", run_id))
    return info, json.loads((info.path / "facts.json").read_text())


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_a_job_is_alone_and_knows_no_secret(make_runner, job, rows, until, monkeypatch, how):
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "MY_API_KEY", "OAUTH_CLIENT_SECRET"):
        monkeypatch.setenv(name, "canary-51c2")
    monkeypatch.setenv("GENHUB_JOBS", how)
    info, facts = facts_of(make_runner(), job, rows, until)
    assert "canary-51c2" not in str(facts)
    assert facts["environment"]["HF_HUB_OFFLINE"] == "1"
    assert facts["environment"]["OMP_WAIT_POLICY"] == "PASSIVE"
    assert facts["session"]
    assert facts["nice"] >= min(19, os.nice(0) + process.NICE)
    assert not any(name.startswith(("pipe:", "socket:", "anon_inode")) for name in facts["files"])
    assert "printed by the task" in (info.path / "log.txt").read_text()


def test_jobs_that_share_the_cores_do_not_spin():
    assert launcher.waiting(2) == {"OMP_WAIT_POLICY": "PASSIVE"}
    assert launcher.waiting(1)["OMP_WAIT_POLICY"] == "PASSIVE"
    assert int(launcher.waiting(1)["GOMP_SPINCOUNT"]) < 10_000  # of what is longer, other processes feel every bit


def test_a_call_answers_from_a_fork(runner):
    first = runner.call("tests.jobs.faketask:add", {"a": 1, "b": 2}, 20)
    second = runner.call("tests.jobs.faketask:add", {"a": 2, "b": 2}, seconds=20)
    assert (first["sum"], second["sum"]) == (3, 4)
    assert len({first["pid"], second["pid"], os.getpid()}) == 3


def test_errors_of_a_call_cross(runner):
    with pytest.raises(UserError) as caught:
        runner.call("tests.jobs.faketask:refuse", {}, 20)
    assert caught.value.to_dict() == {"what": "No.", "limit": "Never.", "remedy": "Ask something else.", "field": "a"}
    with pytest.raises(RuntimeError, match="ZeroDivisionError: a detail"):
        runner.call("tests.jobs.faketask:break_down", {}, 20)
    with pytest.raises(RuntimeError, match="not ours"):
        runner.call("os:getcwd", {}, 20)


def test_a_call_that_hangs_or_vanishes_is_told_apart_and_disturbs_nobody(runner):
    answers = {}

    def hang():
        with pytest.raises(UserError, match="more than 1 s") as caught:
            runner.call("tests.jobs.faketask:hang", {}, 1)
        answers["hang"] = caught.value

    until_ready = runner.call("tests.jobs.faketask:add", {"a": 0, "b": 0}, 20)
    thread = threading.Thread(target=hang)
    begun = time.monotonic()
    thread.start()
    assert runner.call("tests.jobs.faketask:add", {"a": 1, "b": 1}, 20)["sum"] == 2
    assert time.monotonic() - begun < 1
    with pytest.raises(UserError, match="without an answer"):
        runner.call("tests.jobs.faketask:vanish", {}, 20)
    thread.join(10)
    assert answers["hang"].remedy
    assert until_ready["sum"] == 0


def test_calls_share_the_places_of_all_short_children(runner, monkeypatch):
    monkeypatch.setattr(settings, "LOCAL", replace(settings.LOCAL, children=1))
    monkeypatch.setattr(oneshot, "WAIT_SECONDS", 0.1)
    with oneshot.place(), pytest.raises(UserError, match="busy"):
        runner.call("tests.jobs.faketask:add", {"a": 1, "b": 2}, 20)
    assert runner.call("tests.jobs.faketask:add", {"a": 1, "b": 2}, 20)["sum"] == 3


def test_without_fork_calls_go_through_one_shot_children(make_runner, monkeypatch):
    monkeypatch.setenv("GENHUB_JOBS", "spawn")
    runner = make_runner()
    assert runner.call("tests.jobs.faketask:add", {"a": 1, "b": 2}, 20)["sum"] == 3
    with pytest.raises(UserError, match="Never"):
        runner.call("tests.jobs.faketask:refuse", {}, 20)


def test_the_server_ends_with_its_stdin():
    server = subprocess.Popen(
        [sys.executable, "-m", "genhub.jobs.warm", "--preload", "json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert json.loads(server.stdout.readline())["ready"]
    server.stdin.write(json.dumps({"id": 1, "call": "tests.jobs.faketask:hang", "args": {}, "seconds": 60, "bounds": {}}).encode() + b"\n")
    server.stdin.close()
    assert server.wait(5) == 0
    server.stdout.close()


def test_closing_does_not_wait_for_imports(make_runner):
    runner = make_runner(preload=None)
    begun = time.monotonic()
    runner.close()
    assert time.monotonic() - begun < 3


def test_importing_the_heavy_packages_starts_no_thread():
    program = (
        "import importlib, sys\nfrom genhub.jobs import warm\nfor name in warm.HEAVY: importlib.import_module(name)\nprint(warm._threads())"
    )
    env = {**os.environ, **launcher.THREADLESS, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "1", done.stderr


def test_this_process_needs_no_heavy_package():
    program = "import sys\nimport genhub.jobs.runner\nprint([m for m in ('torch', 'transformers', 'peft', 'pandas', 'gradio') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr
