"""A table that was resampled as rows to write: the columns as they came, and where each row is from."""

from collections.abc import Iterator

import numpy as np

from genhub.augment.tables.columns import Rows
from genhub.augment.tables.resample import Resampled

ADDED = MADE, FIRST, SECOND = "made_by", "between_row", "and_row"


def columns(rows: Rows) -> list[str]:
    return [*rows.names, rows.target, MADE, FIRST, SECOND]


def lines(rows: Rows, made: Resampled, method: str) -> Iterator[list]:
    """Every row with its label; of a new one the method and its parents, rows of the table that was read, counted from 1. rows: what `made` was
    made of."""
    old, origin = len(made.kept), np.arange(len(rows)) if rows.origin is None else rows.origin
    for place, (x, y) in enumerate(zip(made.rows.x, made.rows.y, strict=True)):
        told = ["", int(origin[made.kept[place]]) + 1, ""] if place < old else [method, *_numbers(made.parents[place - old], origin)]
        yield [*(_cell(value) for value in x), y, *told]


def _numbers(parents, origin) -> list:
    one, other = (int(value) for value in parents)
    return ["" if one < 0 else int(origin[one]) + 1, "" if other < 0 or other == one else int(origin[other]) + 1]


def _cell(value) -> object:
    """A number as short as it can be written, and exact."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
