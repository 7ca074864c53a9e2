"""The command that “Show the code” gives for a run of the page, typed into a shell: it makes the same run again."""

import csv
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from genhub import cli, settings
from genhub.events import Done
from genhub.jobs import process
from genhub.jobs.folder import RunFolder
from genhub.lab import Lab
from genhub.text import code
from genhub.training.configs import ClassifyConfig
from tests.serving.tiny_runs import BASE, store_base
from tests.tiny import tiny_rows

ROOT = Path(cli.__file__).parents[1]
ME = "a" * 32
COSTS = ("training", "seconds")  # what the clock and the machine say
TINY = {"model": BASE, "epochs": 1, "batch_size": 16, "max_length": 16, "precision": "fp32", "seed": 3}


def write_table(path: Path, rows: list[dict]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("note", "message", "class"), *(("x", row["text"], row["label"]) for row in rows)])
    return path


def trained_on_the_page(folder: Path, values: dict, test: bool) -> RunFolder:
    """What the page does with a table, its duplicates removed; the job runs in this process."""
    lab = Lab(settings.get())
    try:
        table = lab.take_upload(ME, write_table(folder / "YOUR-TABLE.csv", tiny_rows(60)))
        if test:
            lab.add_test(ME, table.id, write_table(folder / "YOUR-TEST-TABLE.csv", tiny_rows(20, seed=9)))
        lab.examine(ME, table.id, ("message", "class"), ["drop-duplicates"], values)
        run = lab.folder(ME, lab.train(ME, table.id, values))
    finally:
        lab.close()
    *_, last = process.inline(ClassifyConfig.from_dict(run.job()["config"]), run)
    assert isinstance(last, Done), last
    return run


def predictions(run: RunFolder) -> list[dict]:
    return [json.loads(line) for line in (run.path / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("values", "test"),
    [({"method": "lora", "folds": 2, "learning_rate": 5e-3}, False), ({"method": "frozen"}, True)],
    ids=["lora", "frozen"],
)
def test_the_command_of_a_run_makes_it_again(home, tmp_path, monkeypatch, values, test):
    monkeypatch.setenv("GENHUB_JOBS", "spawn")
    store_base()
    run = trained_on_the_page(tmp_path, {**TINY, **values}, test)
    *comment, command = code.command_line(run.path).splitlines()
    assert comment[0].startswith("# YOUR-TABLE.csv stands for")
    words = [sys.executable, *shlex.split(command)[1:]]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    again = RunFolder(tmp_path / "run-again")
    assert predictions(again) == predictions(run)
    told, expected = ({name: value for name, value in each.read("metrics.json").items() if name not in COSTS} for each in (again, run))
    assert told == expected
    assert told["test_rows"] > 10
