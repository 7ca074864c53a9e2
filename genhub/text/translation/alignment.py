"""Which word stands for which: alignments read off attention, and how far they are from people's (Och and Ney 2003).

A source word is linked to a target word when the target word looks at no other more. The alignment error rate of links A against
links S that a person drew is 1 − 2 |A ∩ S| / (|A| + |S|): 0 is perfect.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

Link = tuple[int, int]  # place in the source, place in the target


@dataclass(frozen=True)
class Aligned:
    """A pair of sentences in words, and the links that a person drew."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    links: frozenset[Link]

    def turned(self) -> "Aligned":
        """The other direction."""
        return Aligned(self.target, self.source, frozenset((there, here) for here, there in self.links))


def read(path: Path) -> list[Aligned]:
    """Lines of “source ||| target ||| 0-0 1-2 …”, words apart by blanks. Raises ValueError for links to words that are not there."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        source, target, links = (part.split() for part in line.split("|||"))
        pairs = frozenset((int(here), int(there)) for here, _, there in (link.partition("-") for link in links))
        if any(here >= len(source) or there >= len(target) for here, there in pairs):
            raise ValueError(f"line {number} links words that are not there")
        found.append(Aligned(tuple(source), tuple(target), pairs))
    return found


def links(attention: torch.Tensor) -> frozenset[Link]:
    """Of (target words, source words): each target word to the source word it looks at most."""
    return frozenset((int(here), there) for there, here in enumerate(attention.argmax(-1)))


def error_rate(pairs: Iterable[tuple[frozenset[Link], frozenset[Link]]]) -> float:
    """Over all sentences: (found, drawn) each. Raises ZeroDivisionError when nothing was found and nothing drawn."""
    same = both = 0
    for found, drawn in pairs:
        same += len(found & drawn)
        both += len(found) + len(drawn)
    return 1 - 2 * same / both


def grouped(words: Sequence[str], text_words: Sequence[str]) -> list[list[int]]:
    """Places of `words` (as a tokeniser splits them) that make up each of `text_words`. Raises ValueError where they do not match."""
    found, place = [], 0
    for wanted in text_words:
        group, said = [], ""
        while said != wanted and place < len(words):
            said += words[place]
            group.append(place)
            place += 1
        if said != wanted:
            raise ValueError(f"“{wanted}” is not made of {list(words)}")
        found.append(group)
    return found
