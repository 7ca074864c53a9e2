"""A table that was resampled as rows to write: the columns as they came, and where each row is from."""

from collections.abc import Iterator

from genhub.augment.tables.columns import Rows
from genhub.augment.tables.resample import Resampled

MADE, FIRST, SECOND = "made_by", "between_row", "and_row"


def columns(rows: Rows) -> list[str]:
    return [*rows.names, rows.target, MADE, FIRST, SECOND]


def lines(made: Resampled, method: str) -> Iterator[list]:
    """Every row with its label; of a new one the method and its parents, rows of the table that was read, counted from 1."""
    old = len(made.kept)
    for place, (x, y) in enumerate(zip(made.rows.x, made.rows.y, strict=True)):
        told = ["", made.kept[place] + 1, ""] if place < old else [method, *_numbers(made.parents[place - old])]
        yield [*(_cell(value) for value in x), y, *told]


def _numbers(parents) -> list:
    one, other = (int(value) for value in parents)
    return ["" if one < 0 else one + 1, "" if other < 0 or other == one else other + 1]


def _cell(value) -> object:
    """A number as short as it can be written, and exact."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
