"""A table as numbers and categories, to be resampled and learnt from.

rows = columns.of(table, "survived")                  # categories recognised
rows = columns.of(table, "survived", ["grade"])       # or said
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genhub.data.fixes import FILL, LEAVE_OUT
from genhub.data.tables import Table
from genhub.errors import UserError

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "none", "-"})
ODD = 0.1  # of a column's cells that may be no numbers before it is one of categories
FEWEST_ROWS, MOST_CLASSES, MOST_COLUMNS = 20, 50, 500


@dataclass(frozen=True)
class Rows:
    """x: (n, d), float64 where every column is of numbers, else object with floats and texts. categorical: which columns are of categories.
    y: (n,) texts. names: of the columns of x. target: of y. origin: (n,) which rows of the table that was read they are, counted from 0; none: all of them."""

    x: np.ndarray
    y: np.ndarray
    names: tuple[str, ...]
    categorical: tuple[int, ...]
    target: str
    origin: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.y)

    @property
    def numeric(self) -> list[int]:
        return [place for place in range(len(self.names)) if place not in self.categorical]

    def numbers(self) -> np.ndarray:
        """(n, numeric columns) float64."""
        return self.x[:, self.numeric].astype(np.float64)

    def counts(self) -> dict[str, int]:
        """Of each class, the largest first."""
        return dict(Counter(self.y.tolist()).most_common())

    def part(self, places: np.ndarray) -> "Rows":
        origin = None if self.origin is None else self.origin[places]
        return Rows(self.x[places], self.y[places], self.names, self.categorical, self.target, origin)


def of(table: Table, target: str, categorical: Sequence[str] | None = None, fixes: Sequence[str] = ()) -> Rows:
    """Raises UserError for a table that has too little, or holes in it that no remedy of `fixes` mends."""
    labels = table.index(target, "label")
    names = tuple(name for place, name in enumerate(table.columns) if place != labels)
    if not 1 <= len(names) <= MOST_COLUMNS:
        raise _refused(f"Beside “{target}” there are {len(names):,} columns.", f"From 1 to {MOST_COLUMNS}.", "Choose another table.")
    cells = np.array([[cell.strip() for cell in row] for row in table.rows], dtype=object)
    y, cells = cells[:, labels].astype(str), np.delete(cells, labels, axis=1)
    known = recognised(cells, names) if categorical is None else [_place(name, names) for name in categorical]
    holes = np.vectorize(lambda cell: cell.lower() in MISSING, otypes=[bool])(cells)
    holes |= _not_numbers(cells, [place for place in range(len(names)) if place not in known])
    origin = np.arange(len(y))
    if holes.any() or (y == "").any():
        whole = ~holes.any(1) & (y != "") if LEAVE_OUT in fixes else np.ones(len(y), bool)
        cells, y = _mended(cells, y, holes, names, known, fixes)
        origin = origin[whole]
    x = cells if known else cells.astype(np.float64)
    if known:
        x = cells.copy()
        for place in set(range(len(names))) - set(known):
            x[:, place] = cells[:, place].astype(np.float64)
    _check(x, y, names, known)
    return Rows(x, y, names, tuple(sorted(known)), target, origin)


def recognised(cells: np.ndarray, names: Sequence[str]) -> list[int]:
    """Columns that look like categories: those in which more than a few of the cells that are there are no numbers."""
    found = []
    for place in range(len(names)):
        there = [cell for cell in cells[:, place].tolist() if cell.lower() not in MISSING]
        if sum(_number(cell) is None for cell in there) > ODD * len(there):
            found.append(place)
    return found


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _not_numbers(cells: np.ndarray, numeric: Sequence[int]) -> np.ndarray:
    wrong = np.zeros(cells.shape, bool)
    for place in numeric:
        wrong[:, place] = [_number(cell) is None for cell in cells[:, place]]
    return wrong


def _mended(cells, y, holes: np.ndarray, names, known, fixes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    if LEAVE_OUT in fixes:
        whole = ~holes.any(1) & (y != "")
        return cells[whole], y[whole]
    if FILL in fixes and not (y == "").any():
        cells = cells.copy()
        for place in np.flatnonzero(holes.any(0)):
            kept = cells[~holes[:, place], place]
            if not len(kept):
                raise _refused(f"Column “{names[place]}” is empty.", "Nothing can be put in its place.", "Leave the column out.")
            usual = Counter(kept.tolist()).most_common(1)[0][0] if place in known else str(np.median(kept.astype(np.float64)))
            cells[holes[:, place], place] = usual
        return cells, y
    rows, worst = int((holes.any(1) | (y == "")).sum()), int(holes.sum(0).argmax())
    where = f", most of them in “{names[worst]}”" if holes.any() else ""
    remedy = "Leave those rows out, or fill the holes with the median or the most frequent category."
    raise UserError(f"{rows:,} of {len(y):,} rows have missing values{where}.", "Every cell needs a value.", remedy, "data", fix=LEAVE_OUT)


def _check(x: np.ndarray, y: np.ndarray, names: Sequence[str], known: Sequence[int]) -> None:
    if len(y) < FEWEST_ROWS:
        raise _refused(f"The table has {len(y)} rows.", f"At least {FEWEST_ROWS}.", "Choose a larger one.")
    classes = len(set(y.tolist()))
    if not 2 <= classes <= MOST_CLASSES:
        what = f"The label has {classes:,} different values."
        raise UserError(what, f"From 2 to {MOST_CLASSES} classes.", "Choose another column as the label.", "label")


def _place(name: str, names: Sequence[str]) -> int:
    if name not in names:
        raise _refused(f"There is no column “{str(name)[:80]}”.", f"Columns: {', '.join(names[:20])}.", "Choose one of them.")
    return list(names).index(name)


def _refused(what: str, limit: str, remedy: str) -> UserError:
    return UserError(what, limit, remedy, "data")
