"""Parquet files, through pyarrow, a batch at a time and never beyond the limits.

pyarrow is native code that reads a stranger's bytes, so this runs in one-shot children only.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from genhub.data import encoding
from genhub.errors import UserError
from genhub.settings import Limits

BATCH_ROWS = 4096
UNPACKED_FACTOR = 20  # a column of equal texts packs well; beyond this it is a bomb


def parse(path: Path, limits: Limits) -> tuple[tuple[str, ...], list[tuple[str, ...]], int, list[str], encoding.Changes]:
    """(columns, at most `limits.table_rows` rows, rows left out, notes, what was changed in cells). Raises UserError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with open(path, "rb") as handle, pq.ParquetFile(handle) as file:
            _check_shape(file, limits)
            schema = file.schema_arrow
            names = tuple(name.strip() or f"column {place}" for place, name in enumerate(schema.names, start=1))
            classes = _class_names(schema.metadata or {})
            rows, changes = _rows(file, [classes.get(name, ()) for name in schema.names], limits)
            left_out = max(0, file.metadata.num_rows - len(rows))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _damaged(error) from None
    notes = [f"The numbers of “{name}” are shown by the class names in the file." for name in classes if name in names]
    return names, rows, left_out, notes, changes


def parts(path: Path, limits: Limits, rows: int) -> Iterator[list[tuple[str, ...]]]:
    """The column names as a part of one row, then rows by `rows`, however many there are. Raises UserError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with open(path, "rb") as handle, pq.ParquetFile(handle) as file:
            _check_shape(file, limits)
            schema = file.schema_arrow
            yield [tuple(name.strip() or f"column {place}" for place, name in enumerate(schema.names, start=1))]
            classes = _class_names(schema.metadata or {})
            for batch in file.iter_batches(batch_size=rows):
                named = zip(batch.columns, schema.names, strict=True)
                yield list(zip(*(_texts(column, classes.get(name, ()))[0] for column, name in named), strict=True))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _damaged(error) from None


def _damaged(error: Exception) -> UserError:
    what = f"The Parquet file is damaged ({type(error).__name__})."
    return UserError(what, "It must be complete and readable by pyarrow.", "Write or download it again.", "data")


def _check_shape(file, limits: Limits) -> None:
    """Columns, types and unpacked size, from the file's own description, before any row is read."""
    import pyarrow.types as kinds

    schema = file.schema_arrow
    if len(schema.names) > limits.table_columns:
        what = f"The table has {len(schema.names):,} columns."
        raise UserError(what, f"At most {limits.table_columns}.", "Keep the columns with the text and the label.", "data")
    for field in schema:
        nested = kinds.is_nested(field.type) or kinds.is_binary(field.type) or kinds.is_large_binary(field.type)
        if nested or kinds.is_fixed_size_binary(field.type):
            what = f"The column “{field.name[:80]}” holds {str(field.type)[:60]}."
            raise UserError(what, "Columns hold texts, numbers, dates or true/false.", "Leave it out or flatten it.", "data")
    groups = (file.metadata.row_group(number) for number in range(file.metadata.num_row_groups))
    unpacked = sum(group.total_byte_size for group in groups)
    if unpacked > UNPACKED_FACTOR * limits.upload_bytes:
        what = f"The Parquet file unpacks to {unpacked / 1e6:,.0f} MB."
        raise UserError(what, f"At most {UNPACKED_FACTOR * limits.upload_bytes / 1e6:,.0f} MB.", "Keep fewer rows.", "data")


def _class_names(metadata: dict[bytes, bytes]) -> dict[str, tuple[str, ...]]:
    """Names of the classes of each column that the `datasets` library wrote as ClassLabel numbers."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        return {
            str(column): tuple(str(name) for name in feature["names"])
            for column, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and isinstance(feature.get("names"), list)
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}  # somebody else's metadata: the numbers stay numbers


def _rows(file, classes: list[tuple[str, ...]], limits: Limits) -> tuple[list[tuple[str, ...]], encoding.Changes]:
    rows: list[tuple[str, ...]] = []
    unpacked, changes = 0, encoding.UNCHANGED
    for batch in file.iter_batches(batch_size=BATCH_ROWS):
        columns = []
        for column, names in zip(batch.columns, classes, strict=True):
            cells, changed = _texts(column, names)
            columns.append(cells)
            changes += changed
        for row in zip(*columns, strict=True):
            size = sum(map(len, row))
            unpacked += size
            if size > limits.line_chars:
                raise UserError(
                    f"Row {len(rows) + 1:,} has {size:,} characters.", f"At most {limits.line_chars:,} a row.", "Shorten it.", "data"
                )
            rows.append(row)
        if unpacked > UNPACKED_FACTOR * limits.upload_bytes:
            what = f"The first {len(rows):,} rows unpack to {unpacked / 1e6:,.0f} MB."
            raise UserError(what, f"At most {UNPACKED_FACTOR * limits.upload_bytes / 1e6:,.0f} MB.", "Keep fewer rows.", "data")
        if len(rows) >= limits.table_rows:
            return rows[: limits.table_rows], changes
    return rows, changes


def _texts(column, names: tuple[str, ...]) -> tuple[list[str], encoding.Changes]:
    """A column's cells as text; null is empty. And what was changed in them. Raises pyarrow's ArrowInvalid or UnicodeDecodeError for damaged ones."""
    import pyarrow as pa

    if names and pa.types.is_integer(column.type):
        values = column.to_pylist()
        shown = ["" if value is None else names[value] if 0 <= value < len(names) else str(value) for value in values]
        return shown, encoding.UNCHANGED
    cells, changes = [], encoding.UNCHANGED
    for value in column.cast(pa.string()).to_pylist():
        cell, changed = encoding.cleaned(value or "")
        cells.append(cell)
        changes = changes if changed is encoding.UNCHANGED else changes + changed
    return cells, changes
