"""JSON lines: one object a line, its keys the columns. Numbers stay as they are written, so that the label 1.0 is not 1."""

import json

from genhub.data.malformed import Malformed
from genhub.errors import UserError
from genhub.settings import Limits

ONE_OBJECT = "JSONL has one JSON object a line."
TOO_MANY = "The file is probably no JSONL: write one object a line, without brackets or commas around, and export it again."


def parse(
    text: str, limits: Limits, malformed: Malformed
) -> tuple[tuple[str, ...], list[tuple[str, ...]], list[int], list[str], list[dict]]:
    """(columns, rows, line of each row, notes, lines left out: see `malformed`). A key that a line lacks is an empty cell; null is
    one, too."""
    columns: dict[str, None] = {}
    records, lines = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = read_object(line, number)
        except UserError as error:
            malformed.add(number, number, error)
            continue
        columns.update(dict.fromkeys(record))
        if len(columns) > limits.table_columns:
            what = f"Up to line {number:,} there are {len(columns):,} different keys."
            raise UserError(what, f"At most {limits.table_columns} columns.", "Keep the keys with the text and the label.", "data")
        records.append(record)
        lines.append(number)
    left = malformed.settle(len(records), text, TOO_MANY)
    short = sum(len(record) < len(columns) for record in records)
    notes = [f"{short:,} lines lack a key that others have; its cell is empty."] if short else []
    return tuple(columns), [tuple(record.get(name, "") for name in columns) for record in records], lines, notes, left


def read_object(line: str, number: int) -> dict[str, str]:
    """One line's object, every value as text."""
    try:
        pairs = json.loads(line, parse_int=str, parse_float=str, parse_constant=_no_constant, object_pairs_hook=_Pairs)
    except RecursionError:
        what = f"Line {number:,} is nested too deeply."
        raise UserError(what, "Values are texts, numbers, true, false or null.", "Flatten the objects.", "data") from None
    except json.JSONDecodeError as error:
        what = f"Line {number:,} is not JSON: {error.msg} at character {error.colno:,}."
        raise UserError(what, ONE_OBJECT, "Correct that line.", "data") from None
    except ValueError:
        what = f"Line {number:,} holds NaN or Infinity."
        raise UserError(what, "JSON knows neither.", "Write null, or a text in quotation marks.", "data") from None
    if not isinstance(pairs, _Pairs):
        raise UserError(f"Line {number:,} is not an object.", ONE_OBJECT, 'Write it as {"text": …, "label": …}.', "data")
    record: dict[str, str] = {}
    for name, value in pairs:
        if name in record:
            what = f"Line {number:,} has the key “{name[:80]}” twice."
            raise UserError(what, "Keys of an object must differ.", "Rename or remove one.", "data")
        record[_valid(name, number)] = _valid(_as_text(value, name, number), number)
    return record


class _Pairs(list):
    """The (key, value) pairs of one object, kept as a list so that a repeated key is seen."""


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _as_text(value: object, name: str, number: int) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    what = f"Line {number:,}: the value of “{name[:80]}” is {'an object' if isinstance(value, _Pairs) else 'a list'}."
    raise UserError(what, "Values are texts, numbers, true, false or null.", "Flatten it to one text a key.", "data")


def _valid(text: str, number: int) -> str:
    """`\\ud800` in JSON is half of a character, and `\\u0000` a NUL."""
    if "\x00" in text:
        what = f"Line {number:,} holds a NUL character."
        raise UserError(what, "Text has none.", "Remove the \\u0000.", "data")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        what = f"Line {number:,} holds half of a character (a lone surrogate)."
        raise UserError(what, "Text must be valid Unicode.", "Remove that \\ud8… or \\udc… escape.", "data") from None
    return text
