"""The entry points of the children that read tables: JSON in, JSON out, files in a folder, through a real child too."""

import csv
import json

import pytest

from genhub import oneshot
from genhub.data import intake, samples, split
from genhub.errors import UserError


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("GENHUB_HOME", str(tmp_path / "home"))


def lines(path) -> list:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def written(tmp_path, rows: list[str], name="mine.csv"):
    path = tmp_path / name
    path.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def some_rows(count=30, start=0) -> list[str]:
    return [f"the text number {n},{'ab'[n % 2]}" for n in range(start, start + count)]


def test_a_table_is_read_examined_and_cleaned(tmp_path):
    answer = intake.read_table({"path": str(written(tmp_path, [*some_rows(), "no label,"])), "folder": str(tmp_path)})
    assert (answer["columns"], answer["rows"], answer["kind"], answer["name"]) == (["text", "label"], 31, "csv", "mine.csv")
    assert (answer["text_column"], answer["label_column"]) == ("text", "label")
    assert lines(tmp_path / "table.jsonl")[0] == ["the text number 0", "a"]
    report = intake.examine({"folder": str(tmp_path), "seed": 3})
    assert report == json.loads((tmp_path / "report.json").read_text())
    assert report["ready"]
    assert report["split"]["kind"] == "cross-validation"
    assert (report["split"]["folds"], report["split"]["seed"]) == (5, 3)
    assert sum(report["split"][part] for part in ("train", "validation", "test")) == 30
    assert report["data"]["name"] == "mine.csv"
    assert report["data"]["removed"] == {"empty-labels": 1}
    rows = lines(tmp_path / "clean.jsonl")
    assert rows[0] == {"text": "the text number 0", "label": "a", "row": 1, "group": 0}
    assert len(rows) == 30


def test_a_problem_is_reported_and_no_rows_are_left_to_train_on(tmp_path):
    intake.read_table({"path": str(written(tmp_path, some_rows())), "folder": str(tmp_path)})
    intake.examine({"folder": str(tmp_path)})
    assert (tmp_path / "clean.jsonl").exists()
    intake.read_table({"path": str(written(tmp_path, [*some_rows(), "odd one,rare"])), "folder": str(tmp_path)})
    report = intake.examine({"folder": str(tmp_path)})
    assert not report["ready"]
    assert report["split"] is None
    assert not (tmp_path / "clean.jsonl").exists()
    with pytest.raises(UserError, match="“rare”"):
        intake.examine({"folder": str(tmp_path), "strict": True})
    assert intake.examine({"folder": str(tmp_path), "fixes": ["drop-rare"], "strict": True})["ready"]


def test_pasted_rows_are_read_too(tmp_path):
    answer = intake.read_table({"text": "text\tlabel\n" + "\n".join(f"row {n}\t{n % 2}" for n in range(8)), "folder": str(tmp_path)})
    assert (answer["rows"], answer["separator"], answer["name"]) == (8, "tab", "pasted")


def test_a_test_table_becomes_the_test_part(tmp_path):
    intake.read_table({"path": str(written(tmp_path, some_rows())), "folder": str(tmp_path)})
    answer = intake.add_test({"path": str(written(tmp_path, some_rows(6, 28), "test.csv")), "folder": str(tmp_path)})
    assert answer["rows"] == 6
    report = intake.examine({"folder": str(tmp_path)})
    assert (report["split"]["kind"], report["split"]["test"], report["test_rows"]) == ("given", 6, 6)
    assert report["removed"] == {"leaked": 2}
    rows = lines(tmp_path / "clean.jsonl")
    assert [row["row"] for row in rows if row.get("part") == "test"] == [1, 2, 3, 4, 5, 6]
    parts = split.holdout(rows, 0.2, 0.1, 0)
    assert len(parts.test) == 6
    intake.read_table({"path": str(written(tmp_path, some_rows())), "folder": str(tmp_path)})
    assert intake.examine({"folder": str(tmp_path)})["test_rows"] == 0
    other = tmp_path / "other.csv"
    other.write_text("a,b\nc,d\n")
    with pytest.raises(UserError, match="“a”, “b”"):
        intake.add_test({"path": str(other), "folder": str(tmp_path)})


def test_a_test_table_that_lacks_a_column_is_not_attached(tmp_path):
    def told(path) -> UserError:
        with pytest.raises(UserError) as caught:
            intake.add_test({"path": str(path), "folder": str(tmp_path)})
        assert caught.value.field == "test"
        return caught.value

    half = tmp_path / "half.csv"
    half.write_text("text,kind\nnew text,a\n")
    intake.read_table({"path": str(written(tmp_path, some_rows())), "folder": str(tmp_path)})
    assert told(half).what == "The test table has no column “label”."
    assert intake.examine({"folder": str(tmp_path)})["test"] is None
    assert "“text”, “kind”" in told(half).limit
    good = written(tmp_path, some_rows(6, 100), "good.csv")
    intake.add_test({"path": str(good), "folder": str(tmp_path)})
    assert not (tmp_path / "clean.jsonl").exists()
    report = intake.examine({"folder": str(tmp_path)})
    told(half)
    assert intake.examine({"folder": str(tmp_path)}) == report
    assert report["test"] == {"name": "good.csv", "rows": 6}


def test_the_table_that_lacks_a_chosen_column_is_named(tmp_path):
    three = tmp_path / "three.csv"
    three.write_text("text,label,other\n" + "\n".join(f"{row},{number % 3}" for number, row in enumerate(some_rows())))
    intake.read_table({"path": str(three), "folder": str(tmp_path)})
    intake.add_test({"path": str(written(tmp_path, some_rows(6, 100), "test.csv")), "folder": str(tmp_path)})
    with pytest.raises(UserError, match="The test table has no column “other”"):
        intake.examine({"folder": str(tmp_path), "label_column": "other"})
    assert intake.examine({"folder": str(tmp_path), "label_column": "label"})["split"]["test"] == 6


def test_rows_stay_whole_while_the_doctor_looks_again(tmp_path, monkeypatch):
    """A forecast may read them at the same moment."""
    intake.read_table({"path": str(written(tmp_path, some_rows())), "folder": str(tmp_path)})
    intake.examine({"folder": str(tmp_path)})
    seen = []
    report_on = intake.doctor.report_on
    monkeypatch.setattr(intake.doctor, "report_on", lambda *args: (seen.append(len(lines(tmp_path / "clean.jsonl"))), report_on(*args))[1])
    intake.examine({"folder": str(tmp_path), "seed": 1})
    assert seen == [30]


def test_counterexamples_are_added_to_a_sample(tmp_path):
    intake.read_table({"path": str(samples.path("shortcut")), "folder": str(tmp_path)})
    before = intake.examine({"folder": str(tmp_path)})
    answer = intake.add_rows({"path": str(samples.counterexamples("shortcut")), "folder": str(tmp_path)})
    after = intake.examine({"folder": str(tmp_path)})
    assert answer == {"rows": after["rows"], "added": after["rows"] - before["rows"]}
    assert answer["added"] >= 60
    assert after["ready"]
    assert after["data"]["sha256"] != before["data"]["sha256"]


def test_rows_beyond_the_profile_are_counted(tmp_path, monkeypatch):
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    answer = intake.read_table({"path": str(written(tmp_path, some_rows(20_005))), "folder": str(tmp_path)})
    assert (answer["rows"], answer["left_out"]) == (20_000, 5)
    with pytest.raises(UserError, match="20,005 rows"):
        intake.read_table({"path": str(tmp_path / "mine.csv"), "folder": str(tmp_path), "cut": False})
    assert not intake.examine({"folder": str(tmp_path)})["ready"]
    report = intake.examine({"folder": str(tmp_path), "fixes": ["first-N-rows"]})
    assert (report["ready"], report["split"]["kind"]) == (True, "hold-out")
    with pytest.raises(UserError, match="Together the tables have 20,010 rows"):
        intake.add_rows({"path": str(written(tmp_path, some_rows(10), "more.csv")), "folder": str(tmp_path)})


def test_examining_nothing_is_refused(tmp_path):
    with pytest.raises(UserError, match="No table has been read"):
        intake.examine({"folder": str(tmp_path)})


def test_a_real_child_reads_and_refuses(tmp_path):
    good = {"path": str(samples.path("support")), "folder": str(tmp_path)}
    assert oneshot.run("genhub.data.intake:read_table", good)["rows"] == samples.get("support").rows
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"text,label\nok,a\ncaf\xe9,b\n")
    with pytest.raises(UserError, match="Line 3, byte 4") as caught:
        oneshot.run("genhub.data.intake:read_table", {"path": str(bad), "folder": str(tmp_path)})
    assert caught.value.field == "data"


# ---- remedies of reading, and rows to take home -------------------------------------------------------------------------


def test_a_table_read_with_a_remedy_stays_so_when_it_is_examined(tmp_path):
    path = tmp_path / "old.csv"
    path.write_bytes(("text,label\n" + "\n".join([*some_rows(), "süß,a", "one, too many,b"]) + "\n").encode("cp1252"))
    fixes = ["windows-1252", "leave-malformed-lines"]
    answer = intake.read_table({"path": str(path), "folder": str(tmp_path), "fixes": fixes})
    assert (answer["rows"], answer["fixes"], answer["encoding"]) == (31, fixes, "Windows-1252")
    report = intake.examine({"folder": str(tmp_path), "fixes": ["drop-duplicates", "windows-1252"]})
    assert {"windows-1252", "leave-malformed-lines"} <= {finding["code"] for finding in report["findings"]}
    assert report["data"]["fixes"] == report["fixes"] == [*fixes, "drop-duplicates"]
    assert lines(tmp_path / "clean.jsonl")[30]["text"] == "süß"
    test = tmp_path / "test.csv"
    test.write_bytes("text,label\nnaïve,a\nnot seen,b\n".encode("cp1252"))
    with pytest.raises(UserError) as caught:
        intake.add_test({"path": str(test), "folder": str(tmp_path)})
    assert caught.value.fix == "windows-1252"
    intake.read_table({"path": str(written(tmp_path, some_rows())), "folder": str(tmp_path)})
    intake.add_test({"path": str(test), "folder": str(tmp_path), "fixes": ["windows-1252"]})
    assert intake.examine({"folder": str(tmp_path)})["data"]["fixes"] == ["windows-1252"]


def taken_home(folder, code: str) -> list[list[str]]:
    answer = intake.finding_rows({"folder": str(folder), "code": code, "out": str(folder / "rows.csv")})
    with open(folder / "rows.csv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["row", "line", "text", "label", "why"]
    assert answer == {"code": code, "rows": len(rows), "separator": "comma"}
    return rows


def test_all_rows_of_a_finding_are_written_as_they_stand(tmp_path):
    flawed = [" ,a", *[f"  the text NUMBER {n}!,{'ab'[n % 2]}" for n in range(8)], "the text number 2,b", "text,", "=1+1,A", "a,b,c"]
    path = written(tmp_path, [*some_rows(), *flawed])
    intake.read_table({"path": str(path), "folder": str(tmp_path), "fixes": ["leave-malformed-lines"]})
    intake.add_test({"path": str(written(tmp_path, ["the text number 9,b", ",a", "new,c", "old,a"], "t.csv")), "folder": str(tmp_path)})
    report = intake.examine({"folder": str(tmp_path), "fixes": ["drop-duplicates"]})
    told = {finding["code"]: finding for finding in report["findings"] if finding["listed"]}
    assert taken_home(tmp_path, "empty-texts") == [
        ["31", "32", " ", "a", "it has no text"],
        ["2", "3", "", "a", "it has no text (test table)"],
    ]
    copies = taken_home(tmp_path, "drop-duplicates")
    assert len(copies) == told["drop-duplicates"]["count"] == 8
    assert copies[0] == ["32", "33", "  the text NUMBER 0!", "a", "it repeats row 1"]
    assert taken_home(tmp_path, "drop-conflicts")[-1] == ["40", "41", "the text number 2", "b", "its text also stands under “a” (row 3)"]
    assert taken_home(tmp_path, "leaked") == [["10", "11", "the text number 9", "b", "its text is also in the test table"]]
    assert taken_home(tmp_path, "unknown-labels")[0][2:4] == ["new", "c"]
    assert taken_home(tmp_path, "empty-labels")[0][2:] == ["text", "", "it has no label"]
    assert taken_home(tmp_path, "merge-labels")[0][2:] == ["'=1+1", "A", "the label is mostly spelt “a”"]
    assert taken_home(tmp_path, "leave-malformed-lines") == [["", "44", "a,b,c", "", "Line 44 has 3 fields, the header has 2."]]
    for code in ("file", "../x", "nothing"):
        with pytest.raises(UserError, match="has no rows for"):
            intake.finding_rows({"folder": str(tmp_path), "code": code, "out": str(tmp_path / "rows.csv")})


def test_a_finding_of_a_table_that_was_not_examined_has_no_rows(tmp_path):
    intake.read_table({"path": str(written(tmp_path, some_rows())), "folder": str(tmp_path)})
    with pytest.raises(UserError, match="None of its findings has any"):
        intake.finding_rows({"folder": str(tmp_path), "code": "empty-texts", "out": str(tmp_path / "rows.csv")})


def test_texts_in_other_languages_are_left_out_by_any_way_to_the_same_rows(tmp_path):
    """The page looks at the table before the remedy is pressed, a command knows it from the start."""
    mixed = [f"We waited {n} minutes for the lift and nobody came to help us.,{'ab'[n % 2]}" for n in range(40)]
    mixed[7] = "Die Lieferung kam leider viel zu spät und der Karton war völlig durchnässt,a"
    page, command = tmp_path / "page", tmp_path / "command"
    request = {"languages": ["en"], "fixes": ["drop-other-languages", "drop-duplicates"]}
    for folder in (page, command):
        folder.mkdir()
        intake.read_table({"path": str(written(tmp_path, [*mixed, mixed[0]])), "folder": str(folder)})
    intake.examine({**request, "folder": str(page), "fixes": []})
    reports = [intake.examine({**request, "folder": str(folder)}) for folder in (page, command)]
    assert reports[0]["removed"] == reports[1]["removed"] == {"drop-other-languages": 1, "drop-duplicates": 1}
    assert (page / "clean.jsonl").read_text() == (command / "clean.jsonl").read_text()
    assert taken_home(page, "other-languages")[0][4] == "it looks like German"
