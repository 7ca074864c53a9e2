"""A translation of one sentence with all that can be said of it: how sure each word was, what it looked at, what may be wrong."""

import math
from collections.abc import Collection
from dataclasses import dataclass

import torch

from genhub.text.translation.attending import SPACE, Look, by_words, look, words
from genhub.text.translation.doubts import Doubt, doubts
from genhub.text.translation.translator import Translator

MEAN = -1  # in place of a layer or a head: the mean of all
END_TOKEN, END = "</s>", "(end)"  # as all models that we know have it, and as it is shown


@dataclass(frozen=True)
class Told:
    """pieces: of both sides, special tokens included; words: places of the pieces of each word; spelled: the words; probability: of each
    target word (the product of its pieces'); look: over pieces."""

    source_pieces: list[str]
    target_pieces: list[str]
    source_words: list[list[int]]
    target_words: list[list[int]]
    look: Look
    doubts: list[Doubt]

    @property
    def probability(self) -> list[float]:
        return [math.exp(sum(self.look.logprobs[place] for place in places)) for places in self.target_words]

    def attention(self, layer: int, head: int, merged: bool = True) -> torch.Tensor:
        """(target, source) of words or pieces; MEAN for all layers or heads. Raises IndexError for those that are not there."""
        weights = self.look.attention
        weights = weights.mean(0) if layer == MEAN else weights[layer]
        weights = weights.mean(0) if head == MEAN else weights[head]
        return by_words(weights, self.target_words, self.source_words) if merged else weights


def tell(translator: Translator, source: list[int], target: list[int], hidden: Collection[int] = ()) -> Told:
    """`source` as `encode` gives it, `target` with the end token; hidden: places of the source that the decoder does not see."""
    source_pieces, target_pieces = translator.pieces(source), translator.pieces(target)
    source_words, target_words = words(source_pieces), words(target_pieces)
    found = look(translator.model, source, target, translator.first, hidden)
    seen = by_words(found.attention.mean((0, 1)), target_words, source_words)
    unknown = getattr(translator.tokenizer, "unk_token_id", None)
    strange = [place for place, places in enumerate(source_words) if any(source[piece] == unknown for piece in places)]
    signs = doubts(
        spelled(source_pieces, source_words),
        spelled(target_pieces[:-1], words(target_pieces[:-1])),
        seen.max(0).values.tolist() if not hidden else (),
        strange,
    )
    return Told(source_pieces, target_pieces, source_words, target_words, found, signs)


def spelled(pieces: list[str], groups: list[list[int]]) -> list[str]:
    """Words as they are read; special tokens by their names, the one that ends a sentence in words."""
    found = ["".join(pieces[place] for place in places).replace(SPACE, "") or SPACE for places in groups]
    return [END if word == END_TOKEN else word for word in found]
