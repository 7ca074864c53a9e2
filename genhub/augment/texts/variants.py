"""Variants of texts: for each a chain of operations is drawn, and done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from genhub.augment.chain import Chain, generator
from genhub.augment.texts.effects import EFFECTS, Tools

PART = 4_000  # characters


@dataclass(frozen=True)
class Variant:
    """of: the number of the text that it was made of. done: what was done to it, in its order."""

    text: str
    of: int
    done: tuple[str, ...]


def variants(chain: Chain, texts: Sequence[str], copies: int, tools: Tools, first: int = 0) -> list[Variant]:
    """`copies` of every text, one text after the other. Each is the same whatever is made beside it, where no model rounds otherwise; `first` is the
    number of the first text among all."""
    return _made(chain, texts, [(number, copy) for number in range(len(texts)) for copy in range(copies)], tools, first)


def in_parts(chain: Chain, texts: Sequence[str], copies: Sequence[int], tools: Tools, first: int = 0) -> Iterator[list[Variant]]:
    """The same for copies of these numbers, in parts of about PART characters, so that something else may be done between them."""
    which, chars = [], 0
    for number, text in enumerate(texts):
        for copy in copies:
            which.append((number, copy))
            chars += len(text)
            if chars >= PART:
                yield _made(chain, texts, which, tools, first)
                which, chars = [], 0
    if which:
        yield _made(chain, texts, which, tools, first)


def _made(chain: Chain, texts: Sequence[str], which: Sequence[tuple[int, int]], tools: Tools, first: int) -> list[Variant]:
    rngs = [generator(chain.seed, first + number, copy) for number, copy in which]
    drawn = [set(chain.drawn(rng)) for rng in rngs]
    made, done = [texts[number] for number, _ in which], [[] for _ in which]
    for turn, step in enumerate(chain.steps):
        of = [place for place, turns in enumerate(drawn) if turn in turns]
        if not of:
            continue
        amount = step.amount if step.amount is not None else 1.0
        changed = EFFECTS[step.name]([made[place] for place in of], [rngs[place] for place in of], amount, tools)
        for place, text in zip(of, changed, strict=True):
            made[place] = text
            done[place].append(step.name)
    return [Variant(text, number, tuple(names)) for text, (number, _), names in zip(made, which, done, strict=True)]
