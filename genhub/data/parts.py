"""Tables of any length, a part at a time, as strictly as `tables.read` reads those that fit into memory.

    with opened(path, limits) as table:
        for rows in table.parts: …

Neither size nor rows are limited, so this is for a machine's owner; columns and the length of a line are. A text file is a table of one column, a row
a line. What cannot be known before the end is not waited for: columns of JSONL are the keys of its first part.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from genhub import gate, signatures
from genhub.data import columnar, delimited, encoding, jsonl, tables
from genhub.errors import UserError
from genhub.settings import Limits

PART = 2_000  # rows
SAMPLE_CHARS = 1 << 20  # of a file's beginning, by which its separator is found
ANY_SIZE = 1 << 60
TEXT = "text"

Row = tuple[str, ...]


@dataclass(frozen=True)
class Parts:
    """parts: rows, at most PART at a time; the first part has some. separator: its name, as `tables.write_csv` takes it."""

    columns: Row
    separator: str
    parts: Iterator[list[Row]]


@contextmanager
def opened(path: str | Path, limits: Limits, windows: bool = False) -> Iterator[Parts]:
    """A CSV, TSV, JSONL, Parquet or text file, while the context lasts. windows: what is neither UTF-8 nor UTF-16 is read as Windows-1252. Raises
    UserError, also while parts are read."""
    upload = gate.text_upload(path, replace(limits, upload_bytes=ANY_SIZE))
    if upload.kind == "zip":
        raise UserError(f"“{upload.name}” is a ZIP archive.", signatures.TABLE_KINDS, "Unpack it first.", "data")
    if upload.kind == "parquet":
        parts = columnar.parts(upload.path, replace(limits, upload_bytes=ANY_SIZE), PART)
        (columns,) = next(parts)
        yield _begun(columns, "comma", parts, limits)
        return
    codec = encoding.codec_of(upload.path, windows, encoding.TEXT if upload.kind == "text" else encoding.TABLE)
    with open(upload.path, encoding=codec) as file:
        if upload.kind == "text":
            found = _begun((TEXT,), "comma", _cut((line.rstrip("\n"),) for line in _lines(file, limits)), limits)
        else:
            found = (_objects if upload.kind == "jsonl" else _separated)(file, limits)
        yield found


def _begun(columns: Row, separator: str, parts: Iterator[list[Row]], limits: Limits) -> Parts:
    tables.check_columns(columns, limits)
    first = next((part for part in parts if part), None)
    if first is None:
        raise UserError("The file has no rows.", "At least one row is needed.", "Add rows, or check that the file is complete.", "data")
    return Parts(columns, separator, chain([first], parts))


def _separated(file: TextIO, limits: Limits) -> Parts:
    sample = encoding.without_controls(file.read(SAMPLE_CHARS))[0]
    file.seek(0)
    whole = sample[: sample.rfind("\n") + 1] or sample
    rest, declared = delimited.declared_separator(whole)
    mark = declared or delimited.find_separator(rest)
    lines = _lines(file, limits)
    if declared:
        lines = chain(["\n"], islice(lines, 1, None))
    records = delimited.records_of(lines, mark, mark == "\t" and delimited.quotes_mean_themselves(rest))
    *_, header = next(records, (0, 0, UserError("The file holds nothing but blank lines.", "A table needs a header and rows.", "", "data")))
    if isinstance(header, UserError):
        raise header
    columns, _ = delimited.named(header, limits)

    def rows() -> Iterator[Row]:
        for line, _, row in records:
            if problem := delimited.misfit(line, row, len(columns), mark):
                raise problem
            yield tuple(row)

    return _begun(columns, delimited.SEPARATORS[mark] if len(columns) > 1 else "", _cut(rows()), limits)


def _objects(file: TextIO, limits: Limits) -> Parts:
    numbered = ((number, line) for number, line in enumerate(_lines(file, limits), start=1) if line.strip())
    records = ((number, jsonl.read_object(line, number)) for number, line in numbered)
    first = list(islice(records, PART))
    columns = tuple(dict.fromkeys(name for _, record in first for name in record))

    def rows() -> Iterator[Row]:
        for number, record in chain(first, records):
            if unknown := record.keys() - set(columns):
                what = f"Line {number:,} has the key “{min(unknown)[:80]}”, which the first {PART:,} lines lack."
                raise UserError(what, "Columns are the keys of those lines.", "Give that key to the first line, too.", "data")
            yield tuple(record.get(name, "") for name in columns)

    return _begun(columns, "comma", _cut(rows()), limits)


def _lines(file: TextIO, limits: Limits) -> Iterator[str]:
    """Lines without control characters, in normal form C; one that is too long is never read to its end."""
    number = 0
    while line := file.readline(limits.line_chars + 2):
        number += 1
        if len(line.rstrip("\n")) > limits.line_chars:
            what = f"Line {number:,} has more than {limits.line_chars:,} characters."
            raise UserError(what, f"At most {limits.line_chars:,} a line.", "Shorten it, or check that line ends are there.", "data")
        line, _ = encoding.without_controls(line)
        yield line if line.isascii() else unicodedata.normalize("NFC", line)


def _cut(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while part := list(islice(rows, PART)):
        yield part
