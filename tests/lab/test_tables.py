"""Tables read with a remedy, the rows of a finding, and tables that come back with predictions."""

import csv
import shlex
from pathlib import Path

import pytest

from genhub import cli
from genhub.commands import train_classify, training
from genhub.commands.output import Output
from genhub.data.batch import Predicted
from genhub.errors import UserError
from genhub.jobs.folder import RunFolder
from genhub.lab import Lab
from genhub.text import code
from tests.serving.tiny_runs import make_run, store_base

ME, OTHER = "a" * 32, "b" * 32
FOREIGN = "Die Lieferung kam leider viel zu spät und der Karton war völlig durchnässt"


@pytest.fixture
def flawed(tmp_path) -> Path:
    """Windows-1252, two lines that do not fit, a copy, a text in another language, a small class and a rare one."""
    rows = [f"We waited {n} minutes for the lift and nobody came to help us.;{'ab'[n % 2]}" for n in range(60)]
    rows[20:20] = ["one;too;many", f"{FOREIGN};a", "alone", rows[3]]
    rows += [f"The café on floor {n} was closed again today.;few" for n in range(4)] + ["There was only one of this.;rare"]
    path = tmp_path / "flawed.csv"
    path.write_bytes("\n".join(["text;label", *rows]).encode("cp1252"))
    return path


def test_the_command_of_a_run_reads_the_table_the_same_way(lab, flawed, tmp_path):
    reading = ["leave-malformed-lines", "windows-1252"]
    fixes = ["drop-rare", "drop-other-languages", "drop-few", "drop-duplicates"]
    table = lab.take_upload(ME, flawed, fixes=reading)
    lab.examine(ME, table.id)  # the page looks before anything is pressed
    report = lab.examine(ME, table.id, fixes=fixes)
    assert report["ready"]
    assert report["removed"] == {"drop-rare": 1, "drop-other-languages": 1, "drop-few": 4, "drop-duplicates": 1}
    run = lab.folder(ME, lab.train(ME, table.id, {"folds": 0}))
    assert run.job()["data"]["fixes"] == ["windows-1252", "leave-malformed-lines", *fixes]
    command = code.command_line(run.path).replace("YOUR-TABLE.csv", str(flawed)).splitlines()[-1]
    args = cli.parser().parse_args(shlex.split(command)[3:])
    args.out = str(tmp_path / "again")
    again = training.new_run(train_classify.TRAINING, args, Output(quiet=True))
    assert again.rows.read_bytes() == RunFolder(run.path).rows.read_bytes()
    assert again.job()["data"]["fixes"] == run.job()["data"]["fixes"]


def test_a_remedy_is_named_by_what_refuses_the_table(lab, flawed):
    fixes = []
    for code_ in ("windows-1252", "leave-malformed-lines"):
        with pytest.raises(UserError) as caught:
            lab.take_upload(ME, flawed, fixes=fixes)
        assert caught.value.fix == code_  # it crosses the child process
        fixes.append(code_)
    assert lab.take_upload(ME, flawed, fixes=fixes).rows == 67
    for nonsense in (None, "windows-1252", ["no such"], [3]):
        with pytest.raises(UserError) as caught:
            lab.take_upload(ME, flawed, fixes=nonsense)
        assert caught.value.fix == ""
    assert len(list((lab.settings.uploads / "local").iterdir())) == 1


def test_rows_of_a_finding_go_home_in_the_separator_of_the_table(lab, flawed):
    table = lab.take_upload(ME, flawed, fixes=["windows-1252", "leave-malformed-lines"])
    lab.examine(ME, table.id)
    path = lab.finding_rows(ME, table.id, "few-rows")
    assert path.name == "flawed-few-rows.csv"
    assert path.is_relative_to(lab.settings.downloads)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert len(rows) == 4
    assert rows[0] == {
        "row": "63",
        "line": "66",
        "text": "The café on floor 0 was closed again today.",
        "label": "few",
        "why": "its class has fewer than 10 rows",
    }
    for nothing in ("file", "../../x", "", None, 5):
        with pytest.raises(UserError):
            lab.finding_rows(ME, table.id, nothing)
    assert [place.name for place in path.parent.parent.iterdir()] == [path.parent.name]


def test_rows_of_a_finding_are_for_the_owner_alone(home, monkeypatch):
    from genhub import settings

    monkeypatch.setenv("GENHUB_PROFILE", "public")
    public = Lab(settings.get())
    table = public.take_pasted(ME, "text,label\n" + "".join(f"text {n},{'ab'[n % 2]}\n" for n in range(20)) + ",a\n")
    public.examine(ME, table.id)
    assert public.finding_rows(ME, table.id, "empty-texts").exists()
    with pytest.raises(UserError, match="not here any more"):
        public.finding_rows(OTHER, table.id, "empty-texts")
    public.close()


@pytest.mark.parametrize(("name", "mark", "back"), [("mails.csv", ";", "mails-predicted.csv"), ("mails.tsv", "\t", "mails-predicted.tsv")])
def test_predictions_come_back_with_the_separator_of_the_table_and_are_counted(lab, monkeypatch, tmp_path, name, mark, back):
    run = lab.runner.import_folder("local", make_run(lab.settings.home / "made", store_base(), "frozen"), "run")
    labels = ["praise", "blame", "praise"]

    def answer(op, args, seconds):
        yield {"done": 1, "total": 3}
        yield {"result": {"labels": labels[:2], "predicted": labels, "scores": [[0.9, 0.1]] * 3}}

    monkeypatch.setattr(lab.worker, "stream", answer)
    (tmp_path / name).write_bytes("\n".join(mark.join(row) for row in ("ax", "by", "cö", " z", "dz")).encode("cp1252"))
    with pytest.raises(UserError, match="is not UTF-8"):
        lab.predict_table(ME, run, tmp_path / name)
    *steps, done = lab.predicting_table(ME, run, tmp_path / name, "a", ["windows-1252"])
    assert steps == [(1, 3)]
    assert done == Predicted(done.path, 4, {"praise": 2, "blame": 1})
    assert done.path.name == back
    header, *rows = done.path.read_text(encoding="utf-8").splitlines()
    assert header == mark.join(("a", "x", "predicted", "probability"))
    assert rows[1:3] == [mark.join(("c", "ö", "blame", "0.9000")), mark.join((" ", "z", "", ""))]
