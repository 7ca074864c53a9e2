"""Which rows teach, which choose the best epoch, which give the verdict: stratified, seeded, duplicates kept together.

Rows with the same `group` (the same text, case, blanks and punctuation aside) always land in the same part, otherwise the
verdict would rest on rows that were seen. Within each label the groups are shuffled by the seed and dealt out, so that
every class with three groups is in every part. The same rows and seed give the same split on every machine.
"""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass

from genhub.errors import UserError

# Rows below which a hold-out test would be too small to say much, and how many folds there are instead. Each fold trains a model:
# with few rows five are cheap, and four fifths to learn from count; with more, three keep the wait at a minute or two.
FOLDS_BELOW = {300: 5, 1_000: 3}


@dataclass(frozen=True)
class Split:
    """Indices into the rows, ascending; the three parts are disjoint and together complete."""

    train: list[int]
    validation: list[int]
    test: list[int]


@dataclass(frozen=True)
class _Group:
    """Rows that stay together; `label` is the one most of them carry."""

    label: str
    rows: tuple[int, ...]


def choose_folds(config_folds: int | None, rows: int, given_test: bool) -> int:
    """How many folds: as asked for, else 5 below 300 rows, 3 below 1,000, and 0 (one hold-out split) above or when a test table is given."""
    if config_folds == 1:
        what = "Cross-validation with one fold was asked for."
        raise UserError(what, "0 (one hold-out split) or 2 to 10 folds.", "Leave it empty to have it chosen.", "folds")
    if given_test:
        return 0
    if config_folds is not None:
        return config_folds
    return next((folds for below, folds in FOLDS_BELOW.items() if rows < below), 0)


def holdout(rows: list[dict], test_share: float, validation_share: float, seed: int) -> Split:
    """One split. Rows with `part` == "test" are the test part where there are any; `validation_share` is of the other rows."""
    given = [index for index, row in enumerate(rows) if row.get("part") == "test"]
    groups = _groups(rows, set(given))
    if given:
        return _with_validation(groups, given, validation_share, seed)
    test, rest = _take(groups, test_share, seed, "test", leave=2)
    return _with_validation(rest, _indices(test), validation_share, seed)


def k_folds(rows: list[dict], k: int, validation_share: float, seed: int) -> list[Split]:
    """k splits whose test parts together hold every row once. Raises UserError when there are fewer than k different texts."""
    groups = _groups(rows, set())
    if not 2 <= k <= len(groups):
        what = f"{k} folds were asked for, and there are {len(groups)} different texts."
        raise UserError(what, "2 folds at least, and at most one a text.", "Ask for fewer folds.", "folds")
    folds = _deal(groups, k, seed)
    splits = []
    for number, test in enumerate(folds):
        rest = [group for other, fold in enumerate(folds) if other != number for group in fold]
        splits.append(_with_validation(rest, _indices(test), validation_share, seed))
    return splits


def kept_together(rows: list[dict]) -> int:
    """How many groups have more than one row."""
    return sum(count > 1 for count in Counter(row["group"] for row in rows).values())


def _groups(rows: list[dict], without: set[int]) -> list[_Group]:
    """The groups in the order of their first rows; a tie between labels goes to the rarer one, which needs the row more."""
    frequency = Counter(row["label"] for row in rows)
    members: dict[object, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        if index not in without:
            members[row["group"]].append(index)
    groups = []
    for indices in members.values():
        labels = Counter(rows[index]["label"] for index in indices)
        label = min(labels, key=lambda name: (-labels[name], frequency[name], name))
        groups.append(_Group(label, tuple(indices)))
    return groups


def _by_label(groups: list[_Group], seed: int, purpose: str) -> dict[str, list[_Group]]:
    """The groups of each label, shuffled; adding rows of one class does not reshuffle another."""
    shelves: dict[str, list[_Group]] = defaultdict(list)
    for group in groups:
        shelves[group.label].append(group)
    for label in sorted(shelves):
        shelves[label].sort(key=lambda group: group.rows)
        random.Random(f"{seed}/{purpose}/{label}").shuffle(shelves[label])  # noqa: S311 - a split is no secret
    return {label: shelves[label] for label in sorted(shelves)}


def _take(groups: list[_Group], share: float, seed: int, purpose: str, leave: int) -> tuple[list[_Group], list[_Group]]:
    """(about `share` of each label's rows, the rest): at least one group of each label, and at least `leave` groups left."""
    taken, rest = [], []
    for shelf in _by_label(groups, seed, purpose).values():
        target = max(1, round(share * sum(len(group.rows) for group in shelf)))
        most = max(0, len(shelf) - leave)
        chosen: set[int] = set()
        filled = 0
        for place, group in enumerate(shelf):
            if len(chosen) < most and filled + len(group.rows) <= target:
                chosen.add(place)
                filled += len(group.rows)
        if not chosen and most:  # every group is larger than the target: the smallest comes nearest
            chosen.add(min(range(len(shelf)), key=lambda place: len(shelf[place].rows)))
        for place, group in enumerate(shelf):
            (taken if place in chosen else rest).append(group)
    return taken, rest


def _with_validation(groups: list[_Group], test: list[int], share: float, seed: int) -> Split:
    validation, train = _take(groups, share, seed, "validation", leave=1)
    return Split(_indices(train), _indices(validation), sorted(test))


def _deal(groups: list[_Group], k: int, seed: int) -> list[list[_Group]]:
    """Each label's groups, large ones first, to the fold that has fewest rows of the label, then fewest in all."""
    folds: list[list[_Group]] = [[] for _ in range(k)]
    totals = [0] * k
    for shelf in _by_label(groups, seed, "folds").values():
        counts = [0] * k
        for group in sorted(shelf, key=lambda group: -len(group.rows)):
            fold = min(range(k), key=lambda number: (counts[number], totals[number], number))
            folds[fold].append(group)
            counts[fold] += len(group.rows)
            totals[fold] += len(group.rows)
    return folds


def _indices(groups: list[_Group]) -> list[int]:
    return sorted(index for group in groups for index in group.rows)
