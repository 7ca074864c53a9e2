"""A table of texts and what a model answers: which column is read, and the table that comes back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from genhub.data import tables
from genhub.errors import UserError

ADDED = ("predicted", "probability")
ABSTAINED = "abstained"
MEASURED_ROWS = 1_000

# a label for each text, and the texts' probabilities (N, C)
Answers = tuple[Sequence[str], Sequence[Sequence[float]]]


class Named(Protocol):
    """What is known of a table before its rows."""

    columns: Sequence[str]
    separator: str


@dataclass(frozen=True)
class Predicted:
    """A table that came back: its file, how many rows it has, and how many of them carry each predicted label, most frequent first.
    Rows without a text carry none. `abstained`: answers below the threshold, 0 without one."""

    path: Path
    rows: int
    counts: dict[str, int]
    abstained: int = 0


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


def texts(columns: Sequence[str], rows: Sequence[Sequence[str]], column: int) -> list[str]:
    """The texts there are, blank cells left out. Raises UserError when all are blank."""
    found = [row[column] for row in rows if row[column].strip()]
    if not found:
        what = f"The column “{columns[column][:60]}” is empty in every row."
        raise UserError(what, "There must be texts to classify.", "Choose another column.", "text_column")
    return found


def write_labelled(out: Path, table: tables.Table, column: int, answers: Answers, threshold: float = 0.0) -> Predicted:
    """Write the table with two columns added, `predicted` and `probability`, from the answers to `texts`: as CSV, with the separator
    that it came with. With a threshold, a third says of each answer whether its probability is below: `abstained`, yes or no.

    Rows without a text keep these cells empty."""
    writing = Labelling(out, table, column, threshold)
    writing.add(table.rows, answers)
    below = sum(max(scores) < threshold for scores in answers[1])
    return Predicted(out, len(table.rows), dict(Counter(answers[0]).most_common()), below)


class Labelling:
    """The same part by part: `add` rows with the answers to their texts."""

    def __init__(self, out: Path, table: Named, column: int, threshold: float = 0.0):
        self.out, self.separator, self.column, self.threshold = out, table.separator, column, threshold
        self.added = [free(name, table.columns) for name in (*ADDED, *([ABSTAINED] if threshold > 0 else []))]
        tables.write_csv(out, [*table.columns, *self.added], [], table.separator)

    def add(self, rows: Sequence[Sequence[str]], answers: Answers) -> None:
        told = iter(zip(*answers, strict=True))
        tables.append_csv(
            self.out, (self.line(row, *(next(told) if row[self.column].strip() else ("", ()))) for row in rows), self.separator
        )

    def line(self, row: Sequence[str], label: str, scores: Sequence[float]) -> list[str]:
        best = max(scores) if len(scores) else None
        cells = ["", "", ""] if best is None else [label, f"{best:.4f}", "yes" if best < self.threshold else "no"]
        return [*row, *cells[: len(self.added)]]


def free(name: str, taken: Sequence[str]) -> str:
    """`name`, or `name 2` … where the table has such a column: it may have been here before."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name} {number}"
    return found
