"""Which word stands for which: alignments read off attention, and how far they are from people's (Och and Ney 2003).

A source word is linked to a target word when the target word looks at no other more. The alignment error rate of links A against
links S that a person drew is 1 − 2 |A ∩ S| / (|A| + |S|): 0 is perfect.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from genhub.text.translation.attending import SPACE, by_words, look, words
from genhub.text.translation.translator import Translator

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


def as_text(words: Sequence[str]) -> str:
    """Words as they are written: no blank before closing marks, none after opening ones."""
    return re.sub(r"\s+([.,;:?!%…)»])", r"\1", re.sub(r"([¿¡(«])\s+", r"\1", " ".join(words)))


def errors(translator: Translator, drawn: Sequence[Aligned]) -> dict | None:
    """The error rate of each head's links, and which attention aligns best: {"heads": layers × heads, "layers": of the mean of each
    layer's heads, "mean": of all, "best": {"layer", "head" (-1: the mean)}, "pairs"}. The end of a text is no word. A pair with a letter
    that the model does not have is left out; None when no pair is left."""
    both = [(_looked(translator, one), one) for one in drawn]
    seen, drawn = [weights for weights, _ in both if weights is not None], [one for weights, one in both if weights is not None]
    if not seen:
        return None

    def rate(pick: Callable[[torch.Tensor], torch.Tensor]) -> float:
        return error_rate((links(pick(weights)), one.links) for weights, one in zip(seen, drawn, strict=True))

    layers, heads = seen[0].shape[:2]
    single = [[rate(lambda all_, at=(layer, head): all_[at]) for head in range(heads)] for layer in range(layers)]
    means = [rate(lambda all_, at=layer: all_[at].mean(0)) for layer in range(layers)]
    mean = rate(lambda all_: all_.mean((0, 1)))
    known = {(-1, -1): mean, **{(layer, -1): one for layer, one in enumerate(means)}}
    known |= {(layer, head): one for layer, row in enumerate(single) for head, one in enumerate(row)}
    best = min(known, key=known.__getitem__)
    return {"heads": single, "layers": means, "mean": mean, "best": {"layer": best[0], "head": best[1]}, "pairs": len(drawn)}


def _looked(translator: Translator, one: Aligned) -> torch.Tensor | None:
    """(layers, heads, target words, source words) of a person's translation, read by the model; None where it lacks a letter."""
    source, target = translator.encode(as_text(one.source)), translator.encode_target(as_text(one.target))
    if translator.tokenizer.unk_token_id in (*source, *target):
        return None
    found = look(translator.model, source, target, translator.first)
    sides = []
    for ids, said in ((source, one.source), (target, one.target)):
        pieces = translator.pieces(ids)[:-1]
        together = words(pieces)
        groups = grouped(["".join(pieces[place] for place in places).replace(SPACE, "") for places in together], said)
        sides.append([[place for word in group for place in together[word]] for group in groups])
    return by_words(found.attention, sides[1], sides[0])
