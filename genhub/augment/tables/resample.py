"""Classes of unequal size are evened out by imbalanced-learn, row for row as it does it itself; and how each new row came about is found out."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from genhub.augment.tables.columns import Rows
from genhub.augment.tables.table import NEIGHBOURLY, ResampleConfig
from genhub.errors import UserError

NEAREST = 60  # of the old rows to a new one, among which its parents are looked for
EXACT = 1e-6  # how far off its parents' line a row may be, of their distance


@dataclass(frozen=True)
class Resampled:
    """rows: those of before that are kept, then the new ones. kept: numbers of the old ones. parents: (new, 2) numbers of the old rows between which
    each new one lies, -1 where it does not. notes: what was done otherwise than asked for."""

    rows: Rows
    kept: np.ndarray
    parents: np.ndarray
    notes: list[str] = field(default_factory=list)

    @property
    def made(self) -> int:
        """How many rows are new."""
        return len(self.rows) - len(self.kept)


def resample(rows: Rows, config: ResampleConfig) -> Resampled:
    """Raises UserError where the method cannot work on this table."""
    counts, notes = rows.counts(), []
    largest = max(counts.values())
    wanted = {label: max(count, round(config.ratio * largest)) for label, count in counts.items()}
    if config.method == "random-under":
        return _fewer(rows, config)
    small = {label: counts[label] for label in counts if wanted[label] > counts[label]}
    if not small:
        return Resampled(rows, np.arange(len(rows)), np.zeros((0, 2), int), ["The classes are as large already: no row is made."])
    k = config.k
    check_columns(rows, config.method)
    if config.method in NEIGHBOURLY:
        k = _neighbours(small, config, notes)
    x, y = WAYS[config.method](rows, config, wanted, k)
    new = Rows(x[len(rows) :], np.asarray(y[len(rows) :]).astype(str), rows.names, rows.categorical, rows.target)
    together = Rows(np.concatenate([rows.x, new.x]), np.concatenate([rows.y, new.y]), rows.names, rows.categorical, rows.target)
    parents = _parents(rows, new) if config.method in NEIGHBOURLY else _copied(rows, new, config.method)
    return Resampled(together, np.arange(len(rows)), parents, notes)


def check_columns(rows: Rows, method: str) -> None:
    """Raises UserError for a method between neighbours that the columns do not suit; its `fix` is one that they do."""
    if method not in NEIGHBOURLY:
        return
    if not rows.numeric:
        what, limit = (
            "All columns are categories.",
            "Between categories there is nothing: SMOTE and its relatives need a column of numbers.",
        )
        raise UserError(what, limit, "Choose random over-sampling.", "method", fix="random-over")
    names = ", ".join(f"“{rows.names[place]}”" for place in rows.categorical[:5])
    if method == "smote-nc" and not rows.categorical:
        raise UserError("No column holds categories.", "SMOTE-NC is for tables that have some.", "Choose SMOTE.", "method", fix="smote")
    if method != "smote-nc" and rows.categorical:
        what = f"{names} {'holds' if len(rows.categorical) == 1 else 'hold'} categories, not numbers."
        raise UserError(what, "Between two categories there is nothing.", "Choose SMOTE-NC.", "method", fix="smote-nc")


def _neighbours(small: dict[str, int], config: ResampleConfig, notes: list[str]) -> int:
    """As many as asked for, or as the smallest class has. Raises UserError for a class of one row."""
    label, fewest = min(small.items(), key=lambda item: item[1])
    if fewest < 2:
        what = f"Class “{label}” has one row."
        raise UserError(what, "A new row lies between two of the same class.", "Choose random over-sampling.", "method", fix="random-over")
    if config.k >= fewest:
        notes.append(f"{fewest - 1} neighbours instead of {config.k}: class “{label}” has {fewest} rows.")
    return min(config.k, fewest - 1)


def _between(name: str, neighbours: str = "k_neighbors") -> Callable:
    """By a class of imbalanced-learn that makes rows between neighbours."""

    def make(rows: Rows, config: ResampleConfig, wanted: dict[str, int], k: int) -> tuple[np.ndarray, np.ndarray]:
        from imblearn import over_sampling

        options = {neighbours: k, "random_state": config.seed, "sampling_strategy": _asked(rows, wanted)}
        if name == "SMOTENC":
            options["categorical_features"] = list(rows.categorical)
        try:
            return getattr(over_sampling, name)(**options).fit_resample(rows.x, rows.y)
        except (RuntimeError, ValueError) as error:  # nothing near a border, or nothing but it
            what = "No row of a small class lies where this method looks for one."
            raise UserError(what, f"It says: {str(error).strip()[:160]}", "Choose SMOTE.", "method", fix="smote") from error

    return make


def _asked(rows: Rows, wanted: dict[str, int]) -> dict[str, int]:
    counts = rows.counts()
    return {label: count for label, count in wanted.items() if count > counts[label]}


def _again(rows: Rows, config: ResampleConfig, wanted: dict[str, int], k: int) -> tuple[np.ndarray, np.ndarray]:
    from imblearn.over_sampling import RandomOverSampler

    return RandomOverSampler(sampling_strategy=_asked(rows, wanted), random_state=config.seed).fit_resample(rows.x, rows.y)


def _with_noise(rows: Rows, config: ResampleConfig, wanted: dict[str, int], k: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = _again(rows, config, wanted, k)
    x, rng = x.copy(), np.random.default_rng(config.seed)
    new, numeric = slice(len(rows), None), rows.numeric
    if numeric:
        spread = config.deviation * rows.numbers().std(0)
        x[new, numeric] = x[new][:, numeric].astype(np.float64) + spread * rng.standard_normal((len(x) - len(rows), len(numeric)))
    return x, y


def _fewer(rows: Rows, config: ResampleConfig) -> Resampled:
    """Large classes lose rows until the smallest is the asked share of them."""
    from imblearn.under_sampling import RandomUnderSampler

    counts = rows.counts()
    most = round(min(counts.values()) / config.ratio)
    strategy = {label: min(count, most) for label, count in counts.items() if count > most}
    sampler = RandomUnderSampler(sampling_strategy=strategy, random_state=config.seed)
    sampler.fit_resample(rows.x, rows.y)
    kept = np.sort(sampler.sample_indices_)
    return Resampled(rows.part(kept), kept, np.zeros((0, 2), int))


WAYS = {
    "smote": _between("SMOTE"),
    "smote-nc": _between("SMOTENC"),
    "borderline-smote": _between("BorderlineSMOTE"),
    "adasyn": _between("ADASYN", "n_neighbors"),
    "random-over": _again,
    "noise": _with_noise,
}


# ---- where a row comes from -----------------------------------------------------------------------------------------


def _parents(old: Rows, new: Rows) -> np.ndarray:
    """(new, 2): the two old rows of its class on whose line each new one lies, by the numbers alone."""
    found = np.full((len(new), 2), -1)
    whole, made = old.numbers(), new.numbers()
    for label in set(new.y.tolist()):
        of, among = np.flatnonzero(new.y == label), np.flatnonzero(old.y == label)
        apart = _distances(whole[among], whole[among])
        for place in of:
            away = _distances(made[place][None], whole[among])[0]
            near = np.argsort(away, kind="stable")[:NEAREST]
            detour = away[near][:, None] + away[near][None] - apart[np.ix_(near, near)]
            detour[np.arange(len(near)), np.arange(len(near))] = np.inf
            one, other = np.unravel_index(detour.argmin(), detour.shape)
            if detour[one, other] <= EXACT * (1 + apart[near[one], near[other]]):
                found[place] = among[near[one]], among[near[other]]
    return found


def _distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.sqrt(((one[:, None] - other[None]) ** 2).sum(-1))


def _copied(old: Rows, new: Rows, method: str) -> np.ndarray:
    """(new, 2): the old row that each is a copy of, twice; of one with noise the nearest of its class."""
    found = np.full((len(new), 2), -1)
    if not old.numeric:
        return found
    whole, made = old.numbers(), new.numbers()
    spread = whole.std(0)
    spread[spread == 0] = 1
    for place in range(len(new)):
        among = np.flatnonzero(old.y == new.y[place])
        found[place] = among[_distances(made[place][None] / spread, whole[among] / spread)[0].argmin()]
    return found
