"""A table of texts comes back with its answers: from the right column, blank where there is no text."""

import csv

import numpy as np
import pytest

from genhub.data import batch, tables
from genhub.errors import UserError

COLUMNS = ("id", "text", "message", "remark")
ROWS = [("1", "ab", "a message", "a rather long remark"), ("2", "", " ", ""), ("3", "cd", "another", "short")]


def test_the_column_the_run_was_trained_on_comes_before_the_usual_one():
    place = batch.text_column
    assert place(COLUMNS, ROWS, wanted="id", trained="message") == 0
    assert place(COLUMNS, ROWS, trained="message") == 2
    assert place(COLUMNS, ROWS, trained="not here") == 1
    assert place(COLUMNS, ROWS) == 1
    assert place(("id", "a", "b"), [("1", "x", "longer")], trained="text") == 2
    with pytest.raises(UserError, match="no column “prose”"):
        place(COLUMNS, ROWS, wanted="prose", trained="message")


def table(columns, rows, separator: str = "comma") -> tables.Table:
    return tables.Table(columns, rows, "csv", "UTF-8", separator, list(range(2, len(rows) + 2)))


def written(path) -> list[dict]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_rows_without_a_text_stay_blank(tmp_path):
    assert batch.texts(COLUMNS, ROWS, 2) == ["a message", "another"]
    done = batch.write_labelled(tmp_path / "p.csv", table(COLUMNS, ROWS), 2, (["x", "y"], np.array([[0.25, 0.75], [0.6, 0.4]])))
    assert (done.path, done.rows, done.counts) == (tmp_path / "p.csv", 3, {"x": 1, "y": 1})
    answers = [(row["predicted"], row["probability"]) for row in written(tmp_path / "p.csv")]
    assert answers == [("x", "0.7500"), ("", ""), ("y", "0.6000")]
    again = tmp_path / "again.csv"
    batch.write_labelled(again, table(("text", "predicted", "probability"), [("a", "b", "c")]), 0, (["x"], [[1.0]]))
    assert list(written(again)[0]) == ["text", "predicted", "probability", "predicted 2", "probability 2"]


def test_with_a_threshold_a_column_says_what_is_below_it(tmp_path):
    answers = (["x", "y"], np.array([[0.25, 0.75], [0.6, 0.4]]))
    done = batch.write_labelled(tmp_path / "p.csv", table(COLUMNS, ROWS), 2, answers, 0.7)
    assert done.abstained == 1
    assert [row["abstained"] for row in written(tmp_path / "p.csv")] == ["no", "", "yes"]
    batch.write_labelled(tmp_path / "p.csv", table(COLUMNS, ROWS), 2, answers, 0.0)
    assert "abstained" not in written(tmp_path / "p.csv")[0]


def test_a_column_without_any_text_is_refused():
    with pytest.raises(UserError, match="“message” is empty in every row"):
        batch.texts(COLUMNS, [("1", "a", " ", "")], 2)


@pytest.mark.parametrize(("separator", "mark"), [("comma", ","), ("semicolon", ";"), ("tab", "\t"), ("pipe", "|"), ("", ",")])
def test_a_table_comes_back_with_the_separator_it_had(tmp_path, separator, mark):
    out = tmp_path / "p.csv"
    rows = [(f"a{mark}b", "1"), ("c", "2"), ("d", "3")]
    done = batch.write_labelled(out, table(("text", "id"), rows, separator), 0, (["y", "x", "x"], [[1.0]] * 3))
    assert list(done.counts.items()) == [("x", 2), ("y", 1)]
    with open(out, encoding="utf-8", newline="") as file:
        assert next(csv.reader(file, delimiter=mark)) == ["text", "id", "predicted", "probability"]
        assert next(csv.reader(file, delimiter=mark)) == [f"a{mark}b", "1", "y", "1.0000"]
