"""Separated values: commas, semicolons, tabs or pipes, found by looking which of them fits the header and the rows.

Quoting is that of RFC 4180, strictly. Tab-separated files are often written without any quoting, so that a cell may begin
with a quotation mark that means itself; such a file is read that way when every line then has the header's fields.
"""

import csv
import io
from collections.abc import Iterable, Iterator

from genhub.data.malformed import Malformed
from genhub.errors import UserError
from genhub.settings import Limits

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
SAMPLE_LINES = 200

TOO_MANY = "The separator is probably another one, or cells that hold it are not in quotation marks: export the table again as CSV."

Record = tuple[int, int, list[str] | UserError]  # the lines it begins and ends on, its fields or what is wrong with them


def parse(
    text: str, limits: Limits, malformed: Malformed
) -> tuple[tuple[str, ...], list[tuple[str, ...]], list[int], str, list[str], list[dict]]:
    """(columns, rows, line of each row, name of the separator, notes, lines left out: see `malformed`). Raises UserError naming
    the first line that does not fit."""
    if not text.strip():
        raise UserError("The file holds nothing but blank lines.", "A table needs a header and rows.", "Choose another file.", "data")
    text, declared = declared_separator(text)
    mark = declared or find_separator(text)
    records = records_of(io.StringIO(text, newline=""), mark, mark == "\t" and quotes_mean_themselves(text))
    *_, header = next(records)
    if isinstance(header, UserError):
        raise header
    columns, notes = named(header, limits)
    rows, lines = _fields(records, len(columns), mark, malformed)
    left = malformed.settle(len(rows), text, TOO_MANY)
    return columns, rows, lines, SEPARATORS[mark] if len(columns) > 1 else "", notes, left


def records_of(lines: Iterable[str], mark: str, plain: bool = False) -> Iterator[Record]:
    """The records of some lines, the header first; blank lines are skipped. plain: quotation marks mean themselves."""
    return _unquoted(lines) if plain else _quoted(lines, mark)


def declared_separator(text: str) -> tuple[str, str]:
    """Spreadsheets may write a first line such as `sep=;`: (the text with that line blank, the separator or nothing)."""
    first, end, rest = text.partition("\n")
    mark = first.strip('\n "')[4:] if first.strip(' "').lower().startswith("sep=") else ""
    return (end + rest, mark) if mark in SEPARATORS and rest.strip() else (text, "")


def find_separator(text: str) -> str:
    """The separator under which most of the first lines have as many fields as the header; among equals, the most fields."""
    sample = "".join(line for line, _ in zip(io.StringIO(text, newline=""), range(SAMPLE_LINES), strict=False))
    best, score = ",", (0.0, 1)
    for mark in SEPARATORS:
        counts = _field_counts(sample, mark)
        if counts and counts[0] > 1:
            fitting = sum(count == counts[0] for count in counts) / len(counts)
            if (fitting, counts[0]) > score:
                best, score = mark, (fitting, counts[0])
    return best


def _field_counts(sample: str, mark: str) -> list[int]:
    counts = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=mark):
            if row:
                counts.append(len(row))
    except csv.Error:
        return counts
    return counts


def _quoted(lines: Iterable[str], mark: str) -> Iterator[Record]:
    """Records of RFC 4180. Raises UserError for a quotation mark that swallows the rest."""
    reader = csv.reader(lines, delimiter=mark, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, reader.line_num, _misquoted(line, str(error))
            continue
        if row:
            yield line, reader.line_num, row


def _unquoted(lines: Iterable[str]) -> Iterator[Record]:
    for line, content in enumerate(lines, start=1):
        content = content.rstrip("\r\n")
        if content:
            yield line, line, content.split("\t")


def quotes_mean_themselves(text: str) -> bool:
    """Whether a tab-separated text only fits its header when quotation marks are ordinary characters."""
    if '"' not in text:
        return False
    plain = [len(row) for *_, row in _unquoted(io.StringIO(text, newline=""))]
    if len(set(plain)) != 1:
        return False
    try:
        quoted = [isinstance(row, UserError) for *_, row in _quoted(io.StringIO(text, newline=""), "\t")]
        return any(quoted) or len(quoted) != len(plain)
    except UserError:
        return True


def _misquoted(line: int, message: str) -> UserError:
    """What a stray quotation mark does to a record. Raises it where nothing after the mark can be told apart any more."""
    if "unexpected end" in message:
        what = f"A quotation mark opened on line {line:,} is never closed."
        raise UserError(what, "Quoted cells end with a quotation mark.", 'Close it, or write "" for a mark inside a quoted cell.', "data")
    if "larger than field limit" in message:
        what = f"The cell that begins on line {line:,} is too long; a quotation mark may be open."
        raise UserError(what, f"At most {csv.field_size_limit():,} characters a cell.", "Close the quotation mark, or shorten it.", "data")
    what = f"Line {line:,} has text after a closing quotation mark."
    return UserError(what, "A quoted cell ends where its quotation mark closes.", 'Write "" for a mark inside a quoted cell.', "data")


def named(header: list[str], limits: Limits) -> tuple[tuple[str, ...], list[str]]:
    """Column names without outer blanks, and notes; a nameless column is called by its place. Raises UserError for too many."""
    if len(header) > limits.table_columns:
        what = f"The table has {len(header):,} columns."
        raise UserError(what, f"At most {limits.table_columns}.", "Keep the columns with the text and the label.", "data")
    names = tuple(name.strip() or f"column {place}" for place, name in enumerate(header, start=1))
    nameless = [name for name, given in zip(names, header, strict=True) if not given.strip()]
    return names, [f"A column without a name is called “{name}”." for name in nameless]


def _fields(records: Iterator[Record], width: int, mark: str, malformed: Malformed) -> tuple[list[tuple[str, ...]], list[int]]:
    """The rows that fit and their lines; the others go to `malformed`."""
    rows, lines = [], []
    for line, last, row in records:
        if problem := misfit(line, row, width, mark):
            malformed.add(line, last, problem)
            continue
        rows.append(tuple(row))
        lines.append(line)
    return rows, lines


def misfit(line: int, row: list[str] | UserError, width: int, mark: str) -> UserError | None:
    """What is wrong with a record under a header of so many columns."""
    if isinstance(row, UserError):
        return row
    return _wrong_width(line, len(row), width, mark) if len(row) != width else None


def _wrong_width(line: int, found: int, width: int, mark: str) -> UserError:
    called = SEPARATORS[mark]
    what = f"Line {line:,} has {found} field{'s' * (found != 1)}, the header has {width}."
    remedy = f"Quote texts that hold a {called}." if found > width else f"Add the missing {called}, or remove the line."
    return UserError(what, "Every row needs as many fields as the header.", remedy, "data")
