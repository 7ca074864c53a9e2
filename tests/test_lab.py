"""What a visitor can do, without a page: the use cases of `Lab`, on a runner that has not been started."""

import shlex
from collections.abc import Iterator

import pytest

from genhub import cli, settings
from genhub.commands import train
from genhub.commands.output import Output
from genhub.jobs.folder import RunFolder
from genhub.lab import Lab
from genhub.text import code

ME, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def lab(home, monkeypatch) -> Iterator[Lab]:
    """A Lab whose jobs wait: no warm server, no model worker; short calculations run in fresh interpreters."""
    monkeypatch.setenv("GENHUB_JOBS", "spawn")
    made = Lab(settings.get())
    yield made
    made.close()


# ---- the command of a run ----------------------------------------------------------------------------------------------


def test_the_command_of_a_run_gives_the_same_rows_and_options(lab, tmp_path):
    table = lab.take_sample(ME, "shortcut", counterexamples=True)
    lab.examine(ME, table.id, ("text", "label"), ["drop-duplicates"])
    values = {"method": "bottleneck", "epochs": 3, "folds": 0, "learning_rate": 2e-4, "text_column": "text", "seed": 5}
    run = lab.folder(ME, lab.train(ME, table.id, values))
    command = code.command_line(run.path)
    assert "YOUR-TABLE" not in command
    args = cli.parser().parse_args(shlex.split(command)[3:])
    args.out = str(tmp_path / "again")
    again = train._new_run(args, Output(quiet=True))
    assert again.job()["config"] == run.job()["config"]
    assert again.job()["data"] == run.job()["data"]
    assert again.job()["data"]["rows"] > 329
    assert again.rows.read_bytes() == RunFolder(run.path).rows.read_bytes()
