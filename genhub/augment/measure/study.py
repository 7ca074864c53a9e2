"""A study: the same training with and without augmentation, split after split, and what the differences say.

study = TablesStudy(rows, arms, config)
for done, of in run(study, found, stopped): …       what is in `found` already is not measured again
told = judged(study, found)

In every repetition the test part is split off first and never augmented; all arms of a repetition learn from the same part and are judged on the same one.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np

from genhub.augment.measure.effect import paired, sentence
from genhub.errors import UserError

AS_IT_IS = "as-it-is"
MANY = 5  # comparisons, from which on chance is spoken of
ALL = 0  # a size: as many as there are


@dataclass(frozen=True)
class Key:
    """One training. size: rows that it learns from before they are augmented; ALL: as many as there are."""

    seed: int
    size: int
    arm: str
    contender: str


class Study(Protocol):
    """arms: name → what it is called; the first one is AS_IT_IS. contenders: what learns, likewise. measures: figures, the one first that decides the
    sentences. one: what the rows are, in the plural. test: the share of them that is split off."""

    arms: Mapping[str, str]
    contenders: Mapping[str, str]
    measures: Mapping[str, str]
    sizes: Sequence[int]
    seeds: Sequence[int]
    one: str

    test: float

    def parts(self, size: int) -> tuple[int, int]:
        """How many rows there are to learn from, and how many to judge on."""
        ...

    def measured(self, key: Key, stopped: Callable[[], bool]) -> Generator[None, None, dict | None]:
        """{"scores": by measure, "notes": [sentences]}, None when it was stopped; yields now and then."""
        ...


def units(study: Study) -> list[Key]:
    """All trainings, in the order in which they are done: a repetition is whole before the next one begins."""
    return [
        Key(seed, size, arm, contender)
        for seed in study.seeds
        for size in study.sizes
        for arm in study.arms
        for contender in study.contenders
    ]


def run(study: Study, found: list[dict], stopped: Callable[[], bool] = lambda: False) -> Iterator[tuple[int, int]]:
    """Measure what is not among `found` yet and add it there; yields (measured, to measure), now and then in between too."""
    known, wanted = {key_of(each) for each in found}, units(study)
    for key in wanted:
        if key in known:
            continue
        if stopped():
            return
        work = study.measured(key, stopped)
        while True:
            try:
                next(work)
            except StopIteration as end:
                result = end.value
                break
            yield len(found), len(wanted)
        if result is None:
            return
        found.append({**asdict(key), **result})
        yield len(found), len(wanted)


def key_of(result: Mapping) -> Key:
    return Key(result["seed"], result["size"], result["arm"], result["contender"])


def judged(study: Study, found: Sequence[dict]) -> dict:
    """{"table": of every contender and size each arm's mean scores and effects against the rows as they are, "sentences", "notes", "effects": how
    many are clear, in words, "repetitions", "measures", "contenders", "train_rows", "test_rows", "one"}, of repetitions that are whole."""
    scored = {key_of(each): each["scores"] for each in found}
    whole = [seed for seed in study.seeds if all(key in scored for key in units(study) if key.seed == seed)]
    table, sentences, clear, main = [], [], 0, next(iter(study.measures))
    for contender, called in study.contenders.items():
        for size in study.sizes:
            learnt, _ = study.parts(size)
            for arm, title in study.arms.items():
                mine = [scored[Key(seed, size, arm, contender)] for seed in whole]
                plain = [scored[Key(seed, size, AS_IT_IS, contender)] for seed in whole]
                row = {"contender": contender, "size": learnt, "arm": arm, "title": title, "scores": {}, "effects": {}}
                for measure in study.measures:
                    row["scores"][measure] = float(np.mean([each[measure] for each in mine])) if mine else None
                    if arm != AS_IT_IS and len(whole) > 1:
                        pairs = ([each[measure] for each in one] for one in (plain, mine))
                        row["effects"][measure] = paired(*pairs, study.test / (1 - study.test)).to_dict()
                table.append(row)
                if row["effects"]:
                    clear += row["effects"][main]["clear"]
                    of = called if len(study.sizes) == 1 else f"{called}, {learnt:,} {study.one}"
                    sentences.append(sentence(row["effects"][main], title, study.measures[main], of))
    notes = list(dict.fromkeys(note for each in found for note in each.get("notes", ())))
    if (count := len(sentences)) >= MANY:
        notes.append(f"{count} comparisons at 95 %: about one of twenty would leave out zero by chance alone.")
    learnt, test = study.parts(study.sizes[0])
    return {
        "table": table,
        "sentences": sentences,
        "notes": notes,
        "effects": f"{clear} of {len(sentences)} differences are clear",
        "repetitions": len(whole),
        "measures": dict(study.measures),
        "contenders": dict(study.contenders),
        "train_rows": learnt,
        "test_rows": test,
        "one": study.one,
    }


def sizes_of(told: str, most: int) -> tuple[int, ...]:
    """ "50,200,all" → (50, 200, ALL), ascending. Raises UserError for what is no size, and for one beyond `most`."""
    found = []
    for part in filter(None, (part.strip() for part in told.split(","))):
        if part.lower() == "all":
            found.append(ALL)
            continue
        if not part.isdecimal() or int(part) < 2:
            raise UserError(
                f"“{part[:20]}” is no size.", "Whole numbers from 2 on, separated by commas, or all.", "Such as 50,200,all.", "sizes"
            )
        if int(part) > most:
            limit = f"{most:,} are left to learn from once the test part is split off."
            raise UserError(f"{int(part):,} is more than there is.", limit, "Ask for fewer, or for all.", "sizes")
        found.append(int(part))
    if not found:
        raise UserError("No size was named.", "At least one.", "Such as 50,200,all.", "sizes")
    return tuple(sorted(dict.fromkeys(found), key=lambda size: size or most + 1))


def drawn(y: np.ndarray, places: np.ndarray, size: int, seed: int) -> np.ndarray:
    """`size` of the places, of every class its share and at least one; all of them for ALL."""
    if size == ALL or size >= len(places):
        return places
    rng, kinds = np.random.default_rng([seed, size]), sorted(set(y[places].tolist()))
    shelves = [rng.permutation(places[y[places] == kind]) for kind in kinds]
    counts = [max(1, int(size * len(shelf) / len(places))) for shelf in shelves]
    for at in np.argsort([count - size * len(shelf) / len(places) for count, shelf in zip(counts, shelves, strict=True)]):
        if sum(counts) < size and counts[at] < len(shelves[at]):
            counts[at] += 1
    return np.sort(np.concatenate([shelf[:count] for shelf, count in zip(shelves, counts, strict=True)]))
