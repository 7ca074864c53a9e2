"""Tables: each repetition splits the rows by class, evens out the training part alone, and asks every contender about the rows left over.

for done, of in study(rows, arms, seeds=5, keep=found): …
judged(found, …)
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from genhub.augment.measure.contenders import CONTENDERS, MEASURES, learner, scores
from genhub.augment.measure.effect import paired, sentence
from genhub.augment.tables.columns import Rows
from genhub.augment.tables.resample import resample
from genhub.augment.tables.table import TABLES, ResampleConfig
from genhub.errors import UserError

AS_IT_IS, WEIGHTED = "as-it-is", "class-weights"
TEST = 0.25
Result = dict  # seed, arm, contender, scores, notes


def split(rows: Rows, seed: int) -> tuple[Rows, Rows]:
    """(training, test), by class. Raises UserError for a class of which neither could have a row."""
    from sklearn.model_selection import train_test_split

    label, fewest = min(rows.counts().items(), key=lambda item: item[1])
    if fewest < 2:
        what = f"Class “{label}” has one row."
        raise UserError(what, "One is needed to learn from and one to test on.", "Leave it out, or add rows.", "data")
    training, test = train_test_split(np.arange(len(rows)), test_size=TEST, stratify=rows.y, random_state=seed)
    return rows.part(np.sort(training)), rows.part(np.sort(test))


def arms_of(methods: Sequence[ResampleConfig]) -> dict[str, ResampleConfig | None]:
    """By name; the two without new rows come first."""
    named: dict[str, ResampleConfig | None] = {AS_IT_IS: None, WEIGHTED: None}
    for config in methods:
        name = config.method if config.method not in named else f"{config.method}-{len(named)}"
        named[name] = config
    return named


def title(arm: str) -> str:
    """What an arm is called."""
    if arm in (AS_IT_IS, WEIGHTED):
        return {AS_IT_IS: "As it is", WEIGHTED: "Class weights"}[arm]
    method, _, number = arm.rpartition("-") if arm not in TABLES else (arm, "", "")
    return f"{TABLES[method].title} ({number})" if number else TABLES[method].title


def study(
    rows: Rows, arms: Mapping[str, ResampleConfig | None], seeds: int, found: list[Result], stopped: Callable[[], bool]
) -> Iterator[tuple[int, int]]:
    """Whatever is not among `found` yet is measured and added; yields (measured, to measure) after each."""
    known = {(each["seed"], each["arm"], each["contender"]) for each in found}
    total = seeds * len(arms) * len(CONTENDERS)
    for seed in range(seeds):
        training, test = split(rows, seed)
        for arm, config in arms.items():
            left = [contender for contender in CONTENDERS if (seed, arm, contender) not in known]
            if not left:
                continue
            made = resample(training, ResampleConfig.from_dict({**config.to_dict(), "seed": seed})) if config else None
            for contender in left:
                if stopped():
                    return
                model = learner(contender, rows, seed, weighted=arm == WEIGHTED)
                learnt = made.rows if made else training
                model.fit(learnt.x, learnt.y)
                notes = made.notes if made else []
                found.append({"seed": seed, "arm": arm, "contender": contender, "scores": scores(model, test), "notes": notes})
                yield len(found), total


def judged(rows: Rows, found: Sequence[Result]) -> dict:
    """metrics: of every contender each arm's mean scores, its effect against the rows as they are, and sentences. Of repetitions that are whole."""
    training, test = split(rows, 0)
    arms = list(dict.fromkeys(each["arm"] for each in found))
    scored = {(each["seed"], each["arm"], each["contender"]): each["scores"] for each in found}
    seeds = [
        seed for seed in sorted({each["seed"] for each in found}) if all((seed, arm, one) in scored for arm in arms for one in CONTENDERS)
    ]
    table, sentences = [], []
    for contender in CONTENDERS:
        for arm in arms:
            row = {"contender": contender, "arm": arm, "title": title(arm), "scores": {}, "effects": {}}
            for measure in MEASURES:
                mine = [scored[seed, arm, contender][measure] for seed in seeds]
                row["scores"][measure] = float(np.mean(mine)) if mine else None
                if arm != AS_IT_IS and len(seeds) > 1:
                    plain = [scored[seed, AS_IT_IS, contender][measure] for seed in seeds]
                    row["effects"][measure] = paired(plain, mine, len(test) / len(training)).to_dict()
            table.append(row)
            if row["effects"]:
                sentences.append(sentence(row["effects"]["balanced_accuracy"], title(arm), "balanced accuracy", CONTENDERS[contender]))
    notes = list(dict.fromkeys(note for each in found for note in each["notes"]))
    counts = {"train_rows": len(training), "test_rows": len(test), "repetitions": len(seeds)}
    return {"table": table, "sentences": sentences, "notes": notes, "classes": rows.counts(), **counts}
