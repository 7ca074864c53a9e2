import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from genhub import settings
from genhub.errors import UserError
from genhub.serving.client import Worker

OPS = "tests.serving.fake_ops"


@pytest.fixture
def worker(home):
    made = Worker(settings.get(), ops=OPS)
    made.start()
    yield made
    made.close()


def in_thread(function, *args):
    """The future of a call that goes on while the test does something else."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(function, *args)
    pool.shutdown(wait=False)
    return future


def at_work(worker):
    """The requests that the worker is at; not one that has been answered while its last line is still under way."""
    return [number for number in worker._at if number in worker._pending]


def test_answers_and_starts_in_the_background(home, until):
    worker = Worker(settings.get(), ops=OPS)
    start = time.monotonic()
    worker.start()
    assert time.monotonic() - start < 0.5
    assert not worker.ready()
    assert worker.call("echo", {"text": "é “x”"})["said"] == "é “x”"
    assert worker.ready()
    assert worker.pid == worker.call("echo", {"text": ""})["pid"] != os.getpid()
    worker.close()
    with pytest.raises(UserError, match="shut down"):
        worker.call("echo", {"text": ""})


def test_all_models_are_touched_by_one_thread(worker):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: worker.call("echo", {"text": str(n)}), range(100)))
    assert [answer["said"] for answer in answers] == [str(n) for n in range(100)]
    assert {answer["thread"] for answer in answers} == {"MainThread"}


def test_prints_of_libraries_do_not_garble_answers(worker):
    assert worker.call("chatter", {}) == {"fine": True}
    assert worker.call("echo", {"text": "next"})["said"] == "next"


def test_a_users_mistake_crosses_with_its_parts_and_without_secrets(worker):
    token = "hf_" + "Canary" * 4
    with pytest.raises(UserError) as caught:
        worker.call("user_error", {"token": token})
    assert caught.value.to_dict() == {"what": "No [secret] here.", "limit": "The limit.", "remedy": "The remedy.", "field": "field"}


@pytest.mark.parametrize("kind", ["value", "exit"])
def test_a_defect_becomes_an_id_and_the_worker_lives_on(home, capfd, kind):
    worker = Worker(settings.get(), ops=OPS)  # not the fixture: this one has to inherit what capfd reads
    pid = worker.call("echo", {"text": ""})["pid"]
    with pytest.raises(RuntimeError, match="in the model worker") as caught:
        worker.call("fail", {"kind": kind})
    assert "hf_" not in str(caught.value)
    assert worker.call("echo", {"text": ""})["pid"] == pid
    worker.close()
    logged = capfd.readouterr().err
    assert "Traceback" in logged
    assert "hf_a" not in logged
    assert str(caught.value).split()[-1] in logged


def test_memory_running_out_is_told(worker):
    with pytest.raises(UserError, match="not enough memory"):
        worker.call("fail", {"kind": "memory"})


def test_an_unknown_operation_is_named_with_the_known_ones(worker):
    with pytest.raises(UserError, match="no operation “dance”") as caught:
        worker.call("dance", {})
    assert "echo" in caught.value.limit


def test_the_environment_holds_no_secret_and_no_network(home, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_canarycanary")
    monkeypatch.setenv("MY_API_KEY", "canary")
    worker = Worker(settings.get(), ops=OPS)
    env = worker.call("environment", {})
    worker.close()
    assert "canary" not in "".join(env.values())
    assert env["HF_HUB_OFFLINE"] == env["GENHUB_OFFLINE"] == "1"
    assert env["GENHUB_HOME"] == str(home)


def test_streams_events_and_then_the_result(worker):
    messages = list(worker.stream("count", {"n": 3}))
    assert messages == [{"number": 1}, {"number": 2}, {"number": 3}, {"result": {"sum": 6}}]


def test_a_short_request_does_not_wait_for_the_end_of_a_long_one(worker):
    long = worker.stream("count", {"n": 100_000, "pause": 0.001})
    assert next(long) == {"number": 1}
    assert worker.call("echo", {"text": "now"}, seconds=5)["said"] == "now"
    assert next(long) == {"number": 2}
    long.close()


def test_a_consumer_that_leaves_cancels_its_request(worker, until):
    stream = worker.stream("count", {"n": 1_000_000, "pause": 0.001})
    next(stream)
    stream.close()
    until(lambda: worker.call("stats", {}) and not worker._pending)
    held = [worker.call("echo", {"text": ""}) for _ in range(3)]
    assert len(held) == 3
    until(lambda: at_work(worker) == [], what="for the long request to end")


def test_a_missed_deadline_is_told_within_it_and_the_worker_goes_on(worker, tmp_path):
    worker.call("echo", {"text": ""})
    gate = tmp_path / "gate"
    start = time.monotonic()
    with pytest.raises(UserError, match=r"No answer within 0\.3 s"):
        worker.call("hold", {"until": str(gate)}, seconds=0.3)
    assert time.monotonic() - start < 2
    gate.touch()
    assert worker.call("echo", {"text": "on"})["said"] == "on"


def test_a_step_that_never_ends_has_the_worker_replaced(worker, tmp_path, monkeypatch):
    monkeypatch.setattr("genhub.serving.client.STUCK_SECONDS", 0.2)
    pid = worker.call("echo", {"text": ""})["pid"]
    with pytest.raises(UserError, match="No answer"):
        worker.call("hold", {"until": str(tmp_path / "never")}, seconds=0.2)
    assert worker.call("echo", {"text": ""})["pid"] != pid


def test_requests_that_wait_for_the_same_run_share_a_batch(worker, until):
    blocker = in_thread(worker.call, "gather", {"requests": 8})
    until(lambda: at_work(worker))
    texts = ["a", "b", "bad", "c"]
    futures = [in_thread(worker.call, "batched", {"run": "one", "text": text}) for text in texts]
    others = [in_thread(worker.call, "batched", {"run": "two", "text": text}) for text in "xyz"]
    assert blocker.result() == {"held": True}
    assert [future.result() for future in others] == [{"said": text, "batch": 3} for text in "xyz"]
    # The bad one fails by itself, and only itself.
    assert [futures[n].result() for n in (0, 1, 3)] == [{"said": text, "batch": 1} for text in "abc"]
    with pytest.raises(UserError, match="A bad text"):
        futures[2].result()


def test_a_worker_killed_at_a_request_answers_it_with_an_error_and_the_next_at_once(worker, tmp_path, until, figure):
    first = worker.call("echo", {"text": ""})["pid"]
    gate = tmp_path / "never"
    doomed = in_thread(worker.call, "hold", {"until": str(gate)})
    until(lambda: at_work(worker))
    waiting = [in_thread(worker.call, "echo", {"text": str(n)}) for n in range(5)]
    until(lambda: len(worker._pending) == 6)
    start = time.monotonic()
    os.kill(first, signal.SIGKILL)
    with pytest.raises(UserError, match="stopped while it was at this request"):
        doomed.result()
    answers = [future.result() for future in waiting]
    seconds = time.monotonic() - start
    figure(
        "S8", "a kill of a model worker that holds no weights, at one of six requests", f"the other five are answered after {seconds:.2f} s"
    )
    assert seconds < 10
    assert [answer["said"] for answer in answers] == list("01234")
    assert {answer["pid"] for answer in answers} == {worker.pid} != {first}


def test_a_crash_in_a_batch_costs_only_the_one_who_caused_it(worker, tmp_path, until):
    gate = tmp_path / "gate"
    in_thread(worker.call, "hold", {"until": str(gate)})
    until(lambda: at_work(worker))
    futures = [in_thread(worker.call, "maybe_die", {"deadly": n == 1}) for n in range(4)]
    until(lambda: len(worker._pending) == 5)
    gate.touch()
    with pytest.raises(UserError, match="stopped while it was at this request"):
        futures[1].result()
    assert [futures[n].result() for n in (0, 2, 3)] == [{"fine": True}] * 3


def test_the_whole_process_group_can_die_and_comes_back(worker, until):
    worker.call("echo", {"text": ""})
    process = worker._process
    os.killpg(process.pid, signal.SIGKILL)
    until(lambda: worker._process is not process)
    assert worker.call("echo", {"text": "again"})["said"] == "again"


def test_ten_deaths_in_a_row_are_survived(worker):
    for _ in range(10):
        with pytest.raises(UserError, match="stopped while"):
            worker.call("die", {})
    assert worker.call("echo", {"text": "still here"})["said"] == "still here"


@pytest.mark.parametrize("ops", ["no_such_module", "stillborn_ops"])
def test_a_worker_that_cannot_start_says_so(home, ops):
    worker = Worker(settings.get(), ops=f"tests.serving.{ops}")
    with pytest.raises(RuntimeError, match="died 3 times while starting"):
        worker.call("echo", {"text": ""})
    worker.close()


def test_close_ends_the_process_and_answers_who_waits(worker, tmp_path, until):
    worker.call("echo", {"text": ""})
    pid, process = worker.pid, worker._process
    waiting = in_thread(worker.call, "hold", {"until": str(tmp_path / "never")})
    until(lambda: at_work(worker))
    worker.close()
    with pytest.raises(UserError, match="shut down"):
        waiting.result()
    assert process.poll() is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not [thread for thread in threading.enumerate() if thread.name == "model-worker"]


def test_the_worker_ends_when_its_parent_is_gone(worker, until):
    worker.call("echo", {"text": ""})
    pid = worker.pid
    worker._closing.set()  # nobody starts another one
    worker._process.stdin.close()  # what the end of the parent does
    until(lambda: not _alive(pid))


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
