"""The one-shot child answers, refuses, fails and dies, and its parent always gets one clear answer."""

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from genhub import oneshot, settings
from genhub.errors import UserError

HERE = "tests.oneshot_targets:"


def test_the_answer_comes_back_unspoiled_and_without_torch():
    args = {"text": "žluťoučký 🐎 \ud800", "number": 1.5, "list": [None, True]}
    answer = oneshot.run(HERE + "echo", args)
    assert answer["args"] == args
    assert not answer["torch"]


def test_no_secret_reaches_the_child(monkeypatch):
    for name in ("HF_TOKEN", "GENHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "HUGGING_FACE_HUB_TOKEN", "MY_PASSWORD", "HF_MY_API_KEY"):
        monkeypatch.setenv(name, "canary-7f3a")
    monkeypatch.setenv("GENHUB_HOME", "/somewhere")
    seen = oneshot.run(HERE + "echo", {})["environment"]
    assert "canary-7f3a" not in str(seen)
    assert seen["GENHUB_HOME"] == "/somewhere"
    assert seen["HF_TOKEN_PATH"] == os.devnull


@pytest.mark.parametrize(
    ("told_by", "profile"), [({"SPACE_ID": "me/app"}, "public"), ({"SPACE_ID": "me/app", "SPACES_ZERO_GPU": "1"}, "zerogpu"), ({}, "local")]
)
def test_a_child_has_the_limits_of_its_parent_whatever_told_it_of_them(monkeypatch, told_by, profile):
    for name in ("GENHUB_PROFILE", "SPACE_ID", "SPACES_ZERO_GPU"):
        monkeypatch.delenv(name, raising=False)
    for name, value in told_by.items():
        monkeypatch.setenv(name, value)
    child = settings.get(oneshot.run(HERE + "echo", {})["environment"])
    assert (child.profile, child.limits) == (profile, settings.get().limits)


def test_a_user_error_crosses_with_all_its_parts():
    with pytest.raises(UserError) as caught:
        oneshot.run(HERE + "refuse", {})
    assert caught.value.to_dict() == {"what": "Line 7 is odd.", "limit": "Lines are even.", "remedy": "Delete it.", "field": "file"}


def test_a_defect_carries_the_traceback_of_the_child():
    with pytest.raises(RuntimeError, match=r"(?s)in defect.*IndexError"):
        oneshot.run(HERE + "defect", {"index": 3})


@pytest.mark.parametrize("target", ["not_a_dictionary", "no_such_function"])
def test_a_wrong_target_is_a_defect(target):
    with pytest.raises(RuntimeError, match="one-shot child"):
        oneshot.run(HERE + target, {})


def test_only_our_own_modules_can_be_called():
    with pytest.raises(RuntimeError, match="not ours"):
        oneshot.run("os:system", {})


@pytest.mark.parametrize("status", [0, 1, 7])
def test_leaving_without_an_answer_is_a_clear_error(status):
    with pytest.raises(UserError) as caught:
        oneshot.run(HERE + "leave", {"status": status}, what="Reading the table")
    assert "Reading the table failed" in caught.value.what
    assert str(status) in caught.value.what
    assert caught.value.limit
    assert caught.value.remedy


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_crash_is_a_clear_error():
    with pytest.raises(UserError, match="ended without an answer"):
        oneshot.run(HERE + "crash", {})


def test_a_panic_of_a_library_is_a_clear_error():
    with pytest.raises(UserError, match="damaged"):
        oneshot.run(HERE + "panic", {})


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on memory is Linux's")
def test_memory_is_limited():
    assert oneshot.run(HERE + "eat_memory", {"bytes": 50_000_000}, memory_bytes=300_000_000) == {"bytes": 50_000_000}
    with pytest.raises(UserError, match=r"needed more memory.*300 MB"):
        oneshot.run(HERE + "eat_memory", {"bytes": 400_000_000}, memory_bytes=300_000_000)


@pytest.mark.skipif(os.name == "nt", reason="the limit on files is POSIX's")
def test_written_files_are_limited(tmp_path):
    with pytest.raises(UserError, match="file of more than 5 MB"):
        oneshot.run(HERE + "fill_disk", {"path": str(tmp_path / "big")}, file_bytes=5_000_000)
    assert (tmp_path / "big").stat().st_size <= 5_000_000


def test_an_answer_has_a_limit(monkeypatch):
    monkeypatch.setattr(oneshot, "RESULT_BYTES", 10_000)
    with pytest.raises(UserError, match="gave more than"):
        oneshot.run(HERE + "huge_answer", {"chars": 20_000})


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_past_its_time_the_child_and_what_it_started_are_killed(tmp_path):
    note, began = tmp_path / "pid", time.monotonic()
    with pytest.raises(UserError, match=r"Reading the file took more than 2 s"):
        oneshot.run(HERE + "sleep_with_a_child", {"note": str(note)}, seconds=2)
    assert time.monotonic() - began < 10
    pid, deadline = int(note.read_text()), time.monotonic() + 10
    while alive(pid):
        assert time.monotonic() < deadline, "the grandchild outlived the child"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_when_the_page_closes_so_do_its_children_and_what_they_started(lab, tmp_path, until):
    note, raised = tmp_path / "pid", []

    def call() -> None:
        with pytest.raises(UserError) as caught:
            oneshot.run(HERE + "sleep_with_a_child", {"note": str(note)}, seconds=300)
        raised.append(caught.value)

    caller = threading.Thread(target=call)
    caller.start()
    pid = int(until(lambda: note.exists() and note.read_text()))
    lab.close()
    caller.join(20)
    assert raised[0].what == "GenHub is ending."
    assert raised[0].limit
    assert raised[0].remedy
    until(lambda: not alive(pid))
    assert not oneshot._running
    assert oneshot.run(HERE + "echo", {"one": 1})["args"] == {"one": 1}  # who asks later is answered


def test_there_are_only_so_many_children_at_once(monkeypatch):
    monkeypatch.setattr(settings, "LOCAL", replace(settings.LOCAL, children=2))
    monkeypatch.setattr(oneshot, "WAIT_SECONDS", 0.1)
    with oneshot.place(), oneshot.place():
        with pytest.raises(UserError) as caught:
            oneshot.run(HERE + "echo", {})
        with oneshot.place(oneshot.HUB):  # who waits for the network has places of his own
            pass
    assert caught.value.what == "The server is busy."
    assert "2" in caught.value.limit
    assert caught.value.remedy
    for _ in range(3):  # a place comes back, however the child ends
        with pytest.raises(UserError, match="odd"):
            oneshot.run(HERE + "refuse", {})


def test_starting_imports_nothing_heavy():
    code = "import sys, genhub.oneshot, genhub.tasks; print(sorted({'numpy', 'torch', 'pandas', 'gradio'} & set(sys.modules)))"
    environment = oneshot.environment(os.environ, settings.get())
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
