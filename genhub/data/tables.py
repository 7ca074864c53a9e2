"""Reading the tables that people bring, strictly: a checked `Table`, or a `UserError` that names the line.

    read(path, limits)          a CSV, TSV, semicolon, pipe, JSONL or Parquet file, known by its content
    parse_pasted(text, limits)  the same for text from the clipboard
    write_csv, write_jsonl      the way out; cells that a spreadsheet would run as a formula are quoted

Every cell is text: the labels "None", "NA", "null" and "007" are what they say. Nothing is guessed silently: what was
found (encoding, separator) and what was changed (control characters) stands in the Table. Two remedies (`fixes.READING`) read
what is refused otherwise.
"""

import csv
import json
import os
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from genhub import gate, signatures
from genhub.data import columnar, delimited, encoding, jsonl
from genhub.data.fixes import LEAVE_MALFORMED, WINDOWS_1252
from genhub.data.malformed import Malformed
from genhub.errors import UserError
from genhub.settings import Limits

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Table:
    """`rows[i]` holds one text a column and began on line `lines[i]` of the file (Parquet: its number).

    malformed: lines that were left out, see `malformed.Malformed.settle`; foreign: characters that depend on the file being Windows-1252.
    """

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    kind: str
    encoding: str
    separator: str
    lines: list[int]
    notes: list[str] = field(default_factory=list)
    left_out: int = 0  # rows beyond the limit that were not kept (`cut`)
    hub: dict = field(default_factory=dict)  # of a Hub data set: what `hub.dataset` said about it
    malformed: list[dict] = field(default_factory=list)
    foreign: int = 0
    changes: encoding.Changes = encoding.UNCHANGED  # told in the notes, too

    @property
    def fixes(self) -> list[str]:
        """The remedies that this table was read with."""
        return [code for code, used in ((WINDOWS_1252, self.foreign), (LEAVE_MALFORMED, self.malformed)) if used]

    def line(self, row: int) -> int:
        """The line of the file that a row, counted from 1, begins on; 0 where there are no lines."""
        return 0 if self.kind == "parquet" or not row else self.lines[row - 1]

    def column(self, name: str) -> list[str]:
        """All cells of a column. Raises UserError when there is none of that name."""
        place = self.index(name)
        return [row[place] for row in self.rows]

    def index(self, name: str, field: str = "data") -> int:
        """The place of a column. `field` names the input that chose it, for the UserError when it does not exist."""
        if name not in self.columns:
            shown = ", ".join(f"“{column[:40]}”" for column in self.columns[:20])
            what = f"The table has no column “{name[:80]}”."
            raise UserError(what, f"Its columns are {shown}.", "Choose one of them; capitals count.", field)
        return self.columns.index(name)


def read(path: Path, limits: Limits, *, cut: bool = False, fixes: Sequence[str] = ()) -> Table:
    """The table in a file. With `cut`, rows beyond `limits.table_rows` are counted in `left_out`; without, they are refused. Of `fixes`
    (codes of remedies), those for reading are used where they are needed."""
    upload = gate.upload(path, limits)
    if upload.kind == "zip":
        raise UserError(f"“{upload.name}” is a ZIP archive.", signatures.TABLE_KINDS, "Unpack it first.", "data")
    if upload.kind == "parquet":
        columns, rows, left_out, notes, changes = columnar.parse(upload.path, limits)
        lines = list(range(1, len(rows) + 1))
        return _checked(Table(columns, rows, "parquet", "", "", lines, changes.notes + notes, left_out, changes=changes), limits, cut)
    text, called = encoding.decode(upload.path.read_bytes(), WINDOWS_1252 in fixes)
    return _parse((text, called), upload.kind, limits, cut, fixes)


def parse_pasted(text: str, limits: Limits, *, cut: bool = False, fixes: Sequence[str] = ()) -> Table:
    """The table in a pasted text: JSONL when it starts with a brace, else separated values with a header."""
    if not isinstance(text, str) or not text.strip():
        raise UserError("Nothing was pasted.", "A table needs a header and rows.", "Paste a table with its header line.", "data")
    if len(text) > limits.upload_bytes:
        what = f"The pasted text has {len(text):,} characters."
        raise UserError(what, f"At most {limits.upload_bytes:,}.", "Upload it as a file, or paste less.", "data")
    data = gate.clean_text(text, "pasted text").lstrip("\ufeff")
    kind = signatures.kind_of(data[: signatures.HEAD_BYTES].encode("utf-8"), name="pasted text")
    if kind not in ("csv", "jsonl"):
        raise UserError("The pasted text is no table.", signatures.TABLE_KINDS, "Paste rows of text with a header line.", "data")
    return _parse((data, "pasted"), kind, limits, cut, fixes)


def _parse(decoded: tuple[str, str], kind: str, limits: Limits, cut: bool, fixes: Sequence[str]) -> Table:
    """Decoded text, and what it was decoded from, to a Table, for the two kinds that are text."""
    text, called = decoded
    foreign = sum(char > "\x7f" for char in text) if called == encoding.WINDOWS else 0
    text, changes = encoding.without_controls(text)
    encoding.check_lines(text, limits)
    malformed = Malformed(LEAVE_MALFORMED in fixes)
    if kind == "jsonl":
        columns, rows, lines, more, left = jsonl.parse(text, limits, malformed)
        separator = ""
    else:
        columns, rows, lines, separator, more, left = delimited.parse(text, limits, malformed)
    if not text.isascii():
        columns = tuple(unicodedata.normalize("NFC", name) for name in columns)
        rows = [tuple(unicodedata.normalize("NFC", cell) for cell in row) for row in rows]
    left_out = max(0, len(rows) - limits.table_rows)
    rows, lines = rows[: limits.table_rows], lines[: limits.table_rows]
    found = Table(columns, rows, kind, called, separator, lines, changes.notes + more, left_out, changes=changes)
    return _checked(replace(found, malformed=left, foreign=foreign), limits, cut)


def _checked(table: Table, limits: Limits, cut: bool) -> Table:
    """The rules that hold for every kind: rows there are, not too many, columns named once each."""
    check_columns(table.columns, limits)
    if not any(table.columns):
        raise UserError("The table has no columns.", "Columns need names.", "Write a header, or keys in each object.", "data")
    if not table.rows:
        what = "The table has a header but no rows."
        raise UserError(what, "At least one row is needed under the header.", "Add rows, or check that the file is complete.", "data")
    if table.left_out and not cut:
        raise too_many_rows(table, limits)
    return table


def too_many_rows(table: Table, limits: Limits) -> UserError:
    total = len(table.rows) + table.left_out
    return UserError(
        f"The table has {total:,} rows.",
        f"At most {limits.table_rows:,} rows.",
        f"Use the first {limits.table_rows:,} rows, or draw a sample of yours.",
        "data",
    )


def check_columns(columns: Sequence[str], limits: Limits) -> None:
    """Raises UserError for too many columns or a name that occurs twice."""
    if len(columns) > limits.table_columns:
        what = f"The table has {len(columns):,} columns."
        raise UserError(what, f"At most {limits.table_columns}.", "Keep the columns with the text and the label.", "data")
    seen: set[str] = set()
    for name in columns:
        if name in seen:
            what = f"Two columns are called “{name[:80]}”."
            raise UserError(what, "Column names must differ, since columns are found by name.", "Rename one of them.", "data")
        seen.add(name)


# --- the way out ----------------------------------------------------------------------------------------------------


def safe_cell(value: object) -> str:
    """A cell as text; what a spreadsheet would run as a formula gets an apostrophe in front. Plain numbers stay."""
    text = value if isinstance(value, str) else str(value)
    if not text.lstrip(" ").startswith(FORMULA_STARTS) or _is_number(text):
        return text
    return "'" + text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text == text.strip()


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]], separator: str = "comma") -> Path:
    """A UTF-8 CSV with a header, safe to open in a spreadsheet; `separator` by its name, one that there is not means commas."""
    path.write_bytes(b"")
    return append_csv(path, [columns, *rows], separator)


def append_csv(path: Path, rows: Iterable[Sequence[object]], separator: str = "comma") -> Path:
    """More rows for such a file."""
    mark = next((mark for mark, name in delimited.SEPARATORS.items() if name == separator), ",")
    with open(path, "a", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=mark).writerows([safe_cell(cell) for cell in row] for row in rows)
    return path


def suffix(separator: str) -> str:
    """How the name of such a file ends."""
    return ".tsv" if separator == "tab" else ".csv"


def write_jsonl(path: Path, records: Iterable[object]) -> Path:
    """One JSON value a line, UTF-8; a reader sees the old file or the new one, never half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with open(temporary, "w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    os.replace(temporary, path)
    return path
