"""Sentence pairs for the translators: read, scored with every reference, and joined into longer inputs for each epoch."""

import csv
import gzip
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from genhub.text.translation.seq2seq import Pairs, Special
from genhub.zoo.recipes.subwords import SPACE, Cutter

FILES = tuple(f"translation/en_es_{part}.tsv.gz" for part in ("train", "valid", "test"))
CONJUNCTIONS = {  # words between two sentences that become one
    ("en", "es"): ((("and",), ("y",)), ((",", "but"), (",", "pero")), (("because",), ("porque",)), ((",", "so"), (",", "así", "que"))),
}
CONJUNCTIONS["es", "en"] = tuple((there, here) for here, there in CONJUNCTIONS["en", "es"])
# Of the pairs of an epoch: how many stay alone, and how many are joined with one, two or three others.
JOINED = {1: 0.6, 2: 0.2, 3: 0.1, 4: 0.1}
AS_ONE = 0.5  # of those joined with one other: the share that a conjunction makes one sentence
NO_STOP = 0.08  # of those alone: the share that loses its full stop on both sides
LOWER = 0.05  # the share whose source is in small letters
Pair = tuple[str, str]


@dataclass(frozen=True)
class Split:
    """Pairs (source, target) of one direction."""

    train: list[Pair]
    valid: list[Pair]
    test: list[Pair]


def read(paths: Sequence[Path], source: str, target: str) -> Split:
    """`paths` as FILES names them; the columns by language."""

    def rows(path: Path) -> list[Pair]:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            return [(row[source], row[target]) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]

    return Split(*map(rows, paths))


def with_references(pairs: Iterable[Pair]) -> dict[str, list[str]]:
    """Every source once, with all its translations."""
    found: dict[str, list[str]] = {}
    for source, target in pairs:
        found.setdefault(source, []).append(target)
    return found


def first(pairs: Iterable[Pair], sources: int) -> list[Pair]:
    """The pairs of the first so many sources."""
    known = with_references(pairs)
    return [(source, target) for source in list(known)[:sources] for target in known[source]]


def small_letters(texts: Iterable[Sequence[str]]) -> set[str]:
    """Words that begin a sentence with a capital only because they begin it: elsewhere they are mostly written small."""
    seen = Counter(word for words in texts for word in words[1:])
    return {word for word in seen if word[1:2].islower() and seen[word] > seen[word[:1] + word[1:].capitalize()]}


class Joined(Pairs):
    """The training pairs, cut anew each epoch; some are joined into longer ones, so that the model learns to go on after ten words.

    What an epoch holds is a function of (seed, epoch). The number of rows is always the same.
    """

    def __init__(self, texts: Sequence[Pair], cutter: Cutter, special: Special, languages: tuple[str, str], seed: int):
        super().__init__([], special)
        self.cutter, self.seed = cutter, seed
        self.words = [(cutter.words(source), cutter.words(target)) for source, target in texts]
        self.small = tuple(small_letters(side) for side in zip(*self.words, strict=True))
        self.conjunctions = CONJUNCTIONS[languages]
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Draw the rows of an epoch."""
        draw = random.Random(f"{self.seed} {epoch}")  # noqa: S311 - not for secrets
        rows = [self.row(group, draw) for group in self.groups(draw)]
        self.hold([(self.cutter.encode(source, draw), self.cutter.encode(target, draw)) for source, target in rows])

    def groups(self, draw: random.Random) -> list[list[int]]:
        """All pairs by number, in groups of the sizes that JOINED says."""
        order = list(range(len(self.words)))
        draw.shuffle(order)
        found, at = [], 0
        for size, share in JOINED.items():
            for _ in range(round(share * len(order) / size)):
                found.append(order[at : at + size])
                at += size
        return [group for group in found if group]

    def row(self, group: Sequence[int], draw: random.Random) -> tuple[list[str], list[str]]:
        """The words of both sides of some pairs, as one."""
        sides = [self.words[number] for number in group]
        if len(sides) == 2 and draw.random() < AS_ONE and all(plain(words) for side in sides for words in side):
            source, target = self.as_one(sides, draw)
        elif len(sides) == 1 and draw.random() < NO_STOP and all(plain(words) for words in sides[0]):
            source, target = (words[:-1] for words in sides[0])
        else:
            source, target = ([word for side in sides for word in side[which]] for which in (0, 1))
        if draw.random() < LOWER:
            source = [word.lower() for word in source]
        return source, target

    def as_one(self, sides: Sequence[tuple[list[str], list[str]]], draw: random.Random) -> tuple[list[str], list[str]]:
        first, second = sides
        made = []
        for which, between in enumerate(draw.choice(self.conjunctions)):
            head, *rest = second[which]
            head = head.lower() if head.lower() in self.small[which] else head
            if between == ("y",) and head[1:].lower().startswith(("i", "hi")) and not head[1:].lower().startswith("hie"):
                between = ("e",)
            made.append([*first[which][:-1], *(word if word == "," else SPACE + word for word in between), head, *rest])
        return made[0], made[1]


def plain(words: Sequence[str]) -> bool:
    """One statement: a full stop at its end and nowhere else, nothing quoted or asked."""
    return len(words) > 2 and words[-1] == "." and not any(mark in word for word in words[:-1] for mark in '.?!¿¡":;')


def texts(pairs: Iterable[Pair], languages: tuple[str, str], order: Sequence[str]) -> list[str]:
    """Both sides of every pair, in the order of languages that is asked for."""
    places = [languages.index(language) for language in order]
    return [pair[place] for pair in sorted(pairs, key=lambda pair: [pair[place] for place in places]) for place in places]


def facts(split: Split) -> dict[str, int]:
    """Pairs of each part."""
    return {part: len(getattr(split, part)) for part in ("train", "valid", "test")}
