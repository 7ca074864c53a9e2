"""Tables: each repetition splits the rows by class, evens out the training part alone, and asks every contender about the rows left over."""

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import lru_cache

import numpy as np

from genhub.augment.measure.contenders import CONTENDERS, MEASURES, coded, learner, scores
from genhub.augment.measure.study import ALL, AS_IT_IS, Key
from genhub.augment.tables.columns import Rows
from genhub.augment.tables.resample import Resampled, resample
from genhub.augment.tables.table import TABLES, ResampleConfig
from genhub.errors import UserError

WEIGHTED = "class-weights"
TEST = 0.25


class TablesStudy:
    """Ways to even out a table, and class weights, against the rows as they are; see `study.Study`."""

    contenders, measures, sizes, one = CONTENDERS, MEASURES, (ALL,), "rows"

    def __init__(self, rows: Rows, methods: Mapping[str, ResampleConfig], seeds: Sequence[int], test: float = TEST):
        self.rows, self.methods, self.seeds, self.test = rows, methods, seeds, test
        self.arms = {AS_IT_IS: "As it is", WEIGHTED: "Class weights", **{name: title(name) for name in methods}}
        self._evened = lru_cache(maxsize=1)(self._even)
        split(rows, seeds[0], test)  # a table that cannot be split is refused at once

    def parts(self, size: int) -> tuple[int, int]:
        training, test = split(self.rows, self.seeds[0], self.test)
        return len(training), len(test)

    def measured(self, key: Key, stopped: Callable[[], bool]) -> Generator[None, None, dict]:
        training, test = split(self.rows, key.seed, self.test)
        yield
        made = self._evened(key.seed, key.arm) if key.arm in self.methods else None
        learnt = made.rows if made else training
        model = learner(key.contender, self.rows, key.seed, weighted=key.arm == WEIGHTED)
        model.fit(learnt.x, coded(self.rows, learnt.y))
        return {"scores": scores(model, self.rows, test), "notes": made.notes if made else []}

    def _even(self, seed: int, arm: str) -> Resampled:
        training, _ = split(self.rows, seed, self.test)
        return resample(training, ResampleConfig.from_dict({**self.methods[arm].to_dict(), "seed": seed}))


def split(rows: Rows, seed: int, test: float = TEST) -> tuple[Rows, Rows]:
    """(training, test), by class. Raises UserError for a class of which neither could have a row."""
    from sklearn.model_selection import train_test_split

    label, fewest = min(rows.counts().items(), key=lambda item: item[1])
    if fewest < 2:
        what = f"Class “{label}” has one row."
        raise UserError(what, "One is needed to learn from and one to test on.", "Leave it out, or add rows.", "data")
    training, held = train_test_split(np.arange(len(rows)), test_size=test, stratify=rows.y, random_state=seed)
    return rows.part(np.sort(training)), rows.part(np.sort(held))


def named(methods: Sequence[ResampleConfig]) -> dict[str, ResampleConfig]:
    """Each by a name of its own."""
    found: dict[str, ResampleConfig] = {}
    for config in methods:
        found[config.method if config.method not in found else f"{config.method}-{len(found) + 1}"] = config
    return found


def title(arm: str) -> str:
    """What a method is called."""
    method, _, number = arm.rpartition("-") if arm not in TABLES else (arm, "", "")
    return f"{TABLES[method].title} ({number})" if number else TABLES[method].title
