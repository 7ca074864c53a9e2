"""Signs that a translation may be wrong, found without a reference: each a sentence for the reader, none a verdict.

Thresholds are for what a reader would stumble over; a good translation may show one of these, and a bad one none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

TIMES = 3  # so often in a row a word is a repetition; of two or more words twice is enough
LONGEST_REPEAT = 6
COPIED = 4  # words in a row that stand in the source as they do in the translation
FEW_WORDS = 4  # below, lengths say nothing
SHORTER, LONGER = 0.5, 2.0  # words of the translation for one of the source
UNSEEN = 0.1  # the most attention any target word pays to a source word that nothing looked at


@dataclass(frozen=True)
class Doubt:
    """kind: "repeats", "copies", "short", "long", "unseen" or "unknown"; words: places in the source ("unseen", "unknown") or in the
    translation (the others)."""

    kind: str
    text: str
    words: tuple[int, ...] = ()


def doubts(source: Sequence[str], target: Sequence[str], looked: Sequence[float], unknown: Sequence[int] = ()) -> list[Doubt]:
    """Of the words of both sides. looked: the most attention that each source word got from any target word, empty where nobody knows;
    unknown: places of source words that the model has no pieces for."""
    found = [*_unknown(source, unknown), *_repeats(target), *_copies(source, target), *_lengths(source, target)]
    return [*found, *_unseen(source, looked, set(unknown))]


def _unknown(source: Sequence[str], places: Sequence[int]) -> list[Doubt]:
    if not places:
        return []
    named = ", ".join(f"“{source[place]}”" for place in places[:3])
    return [Doubt("unknown", f"The model has no letters for {named}: it cannot have read that.", tuple(places))]


def _repeats(target: Sequence[str]) -> list[Doubt]:
    """The longest run of the same words said again and again."""
    words = [word.casefold() for word in target]
    best: tuple[int, int, int] = (0, 0, 0)  # words said too often, place, words in all
    for size in range(1, LONGEST_REPEAT + 1):
        for place in range(len(words) - size):
            times = 1
            while words[place + times * size : place + (times + 1) * size] == words[place : place + size]:
                times += 1
            if times >= (TIMES if size == 1 else 2) and any(word.isalnum() for word in words[place : place + size]):
                best = max(best, ((times - 1) * size, -place, times * size))
    if not best[0]:
        return []
    place = -best[1]
    run = " ".join(target[place : place + best[2] - best[0]])
    return [Doubt("repeats", f"It repeats itself: “{run}”.", tuple(range(place, place + best[2])))]


def _copies(source: Sequence[str], target: Sequence[str]) -> list[Doubt]:
    """The longest run of words that stands in both."""
    here, there = [word.casefold() for word in source], [word.casefold() for word in target]
    best = (0, 0)
    for place in range(len(there)):
        for other in range(len(here)):
            size = 0
            while place + size < len(there) and other + size < len(here) and there[place + size] == here[other + size]:
                size += 1
            best = max(best, (sum(word.isalpha() for word in there[place : place + size]), -place))
    if best[0] < COPIED:
        return []
    return [
        Doubt(
            "copies", f"{best[0]} words in a row are as in the source: not translated, perhaps.", tuple(range(-best[1], -best[1] + best[0]))
        )
    ]


def _lengths(source: Sequence[str], target: Sequence[str]) -> list[Doubt]:
    here, there = (sum(any(map(str.isalnum, word)) for word in side) for side in (source, target))
    if here < FEW_WORDS or SHORTER <= there / here <= LONGER:
        return []
    kind, often = ("short", "left out") if there < here else ("long", "made up")
    return [Doubt(kind, f"{there} words for {here}: something may have been {often}.")]


def _unseen(source: Sequence[str], looked: Sequence[float], known: set[int]) -> list[Doubt]:
    some = [
        place
        for place, most in enumerate(looked)
        if most < UNSEEN and place not in known and any(map(str.isalnum, source[place]))
    ]  # fmt: skip
    if not some or len(source) < FEW_WORDS:
        return []
    named = ", ".join(f"“{source[place]}”" for place in some[:3])
    return [Doubt("unseen", f"Nothing in the translation looked at {named}.", tuple(some))]
