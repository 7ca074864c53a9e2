"""`classify RUN FILES… --into FOLDER`: alone, again, and under torchrun."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from torch import distributed

from genhub import cli
from genhub.data import parts
from tests.serving.tiny_runs import make_run, store_base
from tests.test_cli import ROOT, genhub
from tests.tiny import tiny_rows

BROKEN = 'text,label\n"open,x\n'


@pytest.fixture
def run(home) -> Path:
    return make_run(home / "made", store_base(), "frozen")


@pytest.fixture
def files(tmp_path) -> list[str]:
    """Three tables and a text of different lengths, and one file that is broken."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name, count in (("few.csv", 5), ("many.csv", 40)):
        (folder / name).write_text("label,text\n" + "".join(f"{row['label']},{row['text']}\n" for row in tiny_rows(count)))
    (folder / "some.jsonl").write_text("".join(json.dumps({"text": row["text"]}) + "\n" for row in tiny_rows(12)))
    (folder / "letter.txt").write_text("the dog likes the food\n\nthe parcel was late\n")
    (folder / "broken.csv").write_text(BROKEN)
    return sorted(map(str, folder.iterdir()))


def written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_each_file_gives_a_table_and_a_broken_one_is_told(run, files, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "PART", 7)
    ended = genhub("classify", run, *files, "--into", tmp_path / "out", "--threshold", "0.5", "--json")
    assert ended.status == 2
    told = {Path(one["file"]).name: one for one in ended.value["files"]}
    assert "never closed" in told.pop("broken.csv")["error"]
    assert {name: one["rows"] for name, one in told.items()} == {"few.csv": 5, "letter.txt": 3, "many.csv": 40, "some.jsonl": 12}
    assert set(written(tmp_path / "out")) == {"classified.json", "few.csv", "letter.txt.csv", "many.csv", "some.jsonl.csv"}
    assert sum(told["letter.txt"]["labels"].values()) == 2
    assert (
        genhub(
            "classify", "--run", run, "--input", tmp_path / "in" / "many.csv", "--threshold", "0.5", "--out", tmp_path / "one.csv"
        ).status
        == 0
    )
    assert (tmp_path / "out" / "many.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()


def test_what_is_there_is_not_done_again(run, files, tmp_path, monkeypatch):
    words = ("classify", "--run", run, *files, "--into", tmp_path / "out", "--json")
    genhub(*words)
    before = written(tmp_path / "out")
    (tmp_path / "out" / "many.csv").unlink()
    (tmp_path / "out" / "few.csv").write_text("left as it is")
    Path(files[0]).write_text("text,label\nmended,a\n")
    ended = genhub(*words)
    assert ended.status == 0
    assert [Path(one["file"]).name for one in ended.value["files"] if one["done"]] == ["broken.csv", "many.csv"]
    after = written(tmp_path / "out")
    assert after.pop("few.csv") == b"left as it is"
    assert after.pop("broken.csv").startswith(b"text,label,predicted")
    assert after == {name: data for name, data in before.items() if name != "few.csv"}


def test_a_table_that_breaks_off_leaves_nothing(run, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "PART", 2)
    (tmp_path / "late.csv").write_text("text,label\n" + "the dog,a\n" * 9 + BROKEN.splitlines()[1])
    ended = genhub("classify", run, tmp_path / "late.csv", "--into", tmp_path / "out", "--json")
    assert (ended.status, ended.value["failed"]) == (2, 1)
    assert set(written(tmp_path / "out")) == {"classified.json"}


def test_two_processes_write_what_one_does(run, files, tmp_path):
    good = [file for file in files if "broken" not in file]
    assert genhub("classify", run, *good, "--into", tmp_path / "alone").status == 0
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "genhub")
    words = ("classify", run, *good, "--into", tmp_path / "both", "--json")
    command = [sys.executable, *launcher, *map(str, words)]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=env, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    [line] = done.stdout.splitlines()
    assert [one["file"] for one in json.loads(line)["files"]] == good
    assert sum(done.stderr.count(f"Classifying {file}") for file in good) == 2, "the main process does half of them"
    assert written(tmp_path / "both") == written(tmp_path / "alone")


def test_a_process_leaves_the_others_before_it_ends(tmp_path):
    """What still runs of the connection when Python ends has aborted a process after all its work."""
    cli.leave()
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'store'}", rank=0, world_size=1)
    cli.leave()
    assert not distributed.is_initialized()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("RUN", "in/few.csv"), "go together"),
        (("--run", "RUN", "--into", "out"), "Say what to classify"),
        (("--run", "RUN", "--text", "x", "in/few.csv", "--into", "out"), "Say what to classify"),
        (("--text", "x"), "Add --run RUN"),
        (("RUN", "in/few.csv", "in/few.csv", "--into", "out"), "Two files would both be written"),
        (("RUN", "in/few.csv", "--into", "in"), "is a file that is read"),
        (("RUN", "in/few.csv", "--into", "in/few.csv"), "cannot be written"),
        (("RUN", "in/few.csv", "--into", "out", "--fix", "leave-malformed-lines"), "There is no fix"),
    ],
)
def test_refusals(run, files, tmp_path, monkeypatch, words, told):
    monkeypatch.chdir(tmp_path)
    ended = genhub("classify", *(str(run) if word == "RUN" else word for word in words))
    assert ended.status == 2
    assert told in ended.err, ended.err


def test_a_folder_holds_answers_of_one_run(run, files, home, tmp_path):
    assert genhub("classify", run, files[1], "--into", tmp_path / "out").status == 0
    other = make_run(home / "other", store_base("tests/other"), "frozen", 1, model_id="tests/other")
    ended = genhub("classify", other, files[1], "--into", tmp_path / "out")
    assert ended.status == 2
    assert "answers of another run" in ended.err
