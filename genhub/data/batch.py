"""A table of texts and what a model answers: which column is read, and the table that comes back."""

from collections.abc import Callable, Sequence
from pathlib import Path

from genhub.data import tables
from genhub.errors import UserError

ADDED = ("predicted", "probability")
MEASURED_ROWS = 1_000

# texts → (a label for each, their probabilities (N, C))
Predict = Callable[[list[str]], tuple[Sequence[str], Sequence[Sequence[float]]]]


def text_column(columns: Sequence[str], rows: Sequence[Sequence[str]], wanted: str = "", trained: str = "") -> int:
    """The place of the column with the texts: the one that is wanted, else of the name the run was `trained` on, else `text`, else
    the one with the longest cells. Raises UserError when the wanted one is not there."""
    if wanted and wanted not in columns:
        shown = ", ".join(columns)[:500]
        raise UserError(f"The table has no column “{wanted[:60]}”.", f"Its columns: {shown}.", "Choose one of them.", "text_column")
    for name in (wanted, trained, "text"):
        if name and name in columns:
            return columns.index(name)
    sample = rows[:MEASURED_ROWS]
    return max(range(len(columns)), key=lambda place: sum(len(row[place]) for row in sample))


def write_labelled(out: Path, columns: Sequence[str], rows: Sequence[Sequence[str]], column: int, predict: Predict) -> list[str]:
    """Write the table as CSV with two columns added, `predicted` and `probability`; returns the labels in the order of the rows.

    Rows without a text keep both cells empty. Raises UserError when no row has one."""
    filled = [number for number, row in enumerate(rows) if row[column].strip()]
    if not filled:
        what = f"The column “{columns[column][:60]}” is empty in every row."
        raise UserError(what, "There must be texts to classify.", "Choose another column.", "text_column")
    labels, scores = predict([rows[number][column] for number in filled])
    answers = {number: (label, f"{max(each):.4f}") for number, label, each in zip(filled, labels, scores, strict=True)}
    added = [_free(name, columns) for name in ADDED]
    tables.write_csv(out, [*columns, *added], ([*row, *answers.get(number, ("", ""))] for number, row in enumerate(rows)))
    return list(labels)


def _free(name: str, taken: Sequence[str]) -> str:
    """`name`, or `name 2` … where the table has such a column: it may have been here before."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name} {number}"
    return found
