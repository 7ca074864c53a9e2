"""A GPU that is lent: the real `spaces.GPU`, off ZeroGPU and, with a stand-in for what lends GPUs, in forks; and who finds which `spaces`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from genhub import zerogpu
from genhub.errors import UserError
from tests.lending import PRELUDE, Lender

ROOT = Path(__file__).parents[1]
COUNT = "tests.lent_targets:count"
PROGRAM = (
    PRELUDE
    + f"""
import json, os
from genhub import zerogpu
zerogpu.prepare(["tests.lent_targets"])
found = {{"page": os.getpid()}}

def told(name, args, seconds):
    found[name] = []
    try:
        for each in zerogpu.run("{COUNT}", args, seconds):
            found[name].append(each)
    except Exception as error:
        found[name + " error"] = [type(error).__name__, str(error)]

told("well", {{"to": 3}}, 12.2)
told("again", {{"to": 1}}, 5)
told("killed", {{"to": 1, "end": "killed"}}, 5)
told("defect", {{"to": 1, "end": "defect"}}, 5)
told("refused", {{"to": 1}}, 60)
telling = zerogpu.run("{COUNT}", {{"to": 10**9}}, 5)
found["closed"] = [next(telling)]
telling.close()
told("after", {{"to": 1}}, 5)
print("\\n" + json.dumps(found))
"""
)


def test_forks_of_the_page_have_the_gpu():
    with Lender() as lender:
        lender.idle = True
        env = {**os.environ, **lender.env, "GENHUB_AUTH": "ana:correct horse", "PYTHONPATH": str(ROOT)}
        real = lender.answer

        def answer(path: str, asked: dict) -> tuple[int, dict]:
            if asked.get("durationSeconds") == "60":
                lender.refusals.append(3)
            return real(path, asked)

        lender.answer = answer
        done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert [each["number"] for each in found["well"]] == [0, 1, 2]
    pids = {name: [each["pid"] for each in found[name]] for name in ("well", "again", "killed", "defect", "closed", "after")}
    assert all(found["page"] not in each for each in pids.values())
    assert {*pids["well"]} == {*pids["again"]} == {*pids["killed"]}  # an idle fork is used again
    assert pids["defect"] != pids["killed"]
    assert {each["seconds"] for each in found["well"]} == {13}
    assert {(each["secret"], each["offline"]) for each in found["well"]} == {("", "1")}
    assert found["killed error"] == ["Ended", "GPU task aborted"]
    assert found["defect error"][0] == "RuntimeError"
    assert "a detail" in done.stdout + done.stderr  # the traceback is in the Space's log
    assert found["refused error"][0] == "Refused"
    assert lender.asked == [13, 5, 5, 5, 60, 5, 5]
    assert len(lender.allowed) == 3  # forks


def test_anywhere_else_it_runs_in_the_calling_thread():
    assert zerogpu.GPU is not None, "the package spaces is pinned in requirements-dev.txt"
    telling = zerogpu.run(COUNT, {"to": 2}, 4.5)
    assert [(each["number"], each["pid"], each["seconds"]) for each in telling] == [(0, os.getpid(), 5), (1, os.getpid(), 5)]
    with pytest.raises(ZeroDivisionError):
        list(zerogpu.run(COUNT, {"to": 0, "end": "defect"}, 5))
    assert zerogpu.prepared()
    assert not zerogpu.forked()


HIDE = """
import sys
from importlib.machinery import PathFinder

class Hidden:
    def find_spec(name, path=None, target=None):
        return PathFinder.find_spec(name, [""]) if name == "spaces" else None

sys.meta_path.insert(0, Hidden)
"""
FIND = "import json; from genhub import zerogpu; print(json.dumps(zerogpu.GPU is not None))"


@pytest.mark.parametrize("case", ["a folder beside the package", "a folder that shadows it", "no package"])
def test_which_spaces_is_found(tmp_path, case):
    """A clone has a folder of that name: the package wins as long as it is no package itself; without one there is nothing to decorate with."""
    (tmp_path / "spaces" / "cpu").mkdir(parents=True)
    if case == "a folder that shadows it":
        (tmp_path / "spaces" / "__init__.py").touch()
    code = (HIDE if case == "no package" else "") + FIND
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) is (case == "a folder beside the package")


def test_the_profile_needs_the_package(home, monkeypatch):
    from genhub import settings
    from genhub.lab import Lab

    monkeypatch.setattr(zerogpu, "GPU", None)
    monkeypatch.setenv("GENHUB_PROFILE", "zerogpu")
    with pytest.raises(UserError, match="needs the package spaces"):
        Lab(settings.get())
