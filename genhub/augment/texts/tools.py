"""The models that operations on texts ask, each opened when the first operation asks for it."""

import copy
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from genhub.augment.texts.proposals import Asked, Proposals
from genhub.augment.texts.similar import Neighbours
from genhub.errors import UserError
from genhub.hub import ZOO
from genhub.text import masked
from genhub.text.encoder import Encoder, open_base
from genhub.text.translation.bulk import Bulk, open_bulk

ENCODER = "embedded/minilm-l6"
MASKED = "bert-mlm"  # in the zoo
THERE_AND_BACK = ("en-es", "es-en")  # in the zoo
WAYS = 4  # translations of a text, at most, that one is drawn from, each way
LEAVE_OUT = "Leave this operation out."


class Tools:
    """See `effects.Tools`. opened: gives the encoder behind an id; its embeddings say which words are similar. translator: gives the one
    behind an id."""

    def __init__(self, opened: Callable[[str], Encoder] = open_base, translator: Callable[[str], Bulk] = open_bulk):
        self.opened, self.translator = opened, translator

    @cached_property
    def neighbours(self) -> Neighbours:
        return Neighbours(self.opened(ENCODER))

    def similar(self, asked: Sequence[tuple[str, np.random.Generator]]) -> list[str]:
        return self.neighbours.similar(asked) if asked else []

    def jittered(self, asked: Sequence[tuple[str, np.random.Generator]], deviation: float) -> list[str]:
        return self.neighbours.jittered(asked, deviation) if asked else []

    @cached_property
    def proposals(self) -> Proposals:
        folder = ZOO / MASKED
        if not folder.is_dir():
            raise UserError("There is no masked-language model here.", "Words in context are its proposals.", LEAVE_OUT, "ops")
        encoder = self.opened(ENCODER)
        return Proposals(masked.load(folder, copy.deepcopy(encoder.model)), encoder.tokenizer)

    def in_context(self, asked: Asked) -> list[list[str]]:
        return self.proposals.words(asked) if any(places for _, _, places, _ in asked) else [[] for _ in asked]

    @cached_property
    def translators(self) -> list[Bulk]:
        if not all((ZOO / name).is_dir() for name in THERE_AND_BACK):
            raise UserError("There is no translator back into English here.", "It takes one for each way.", LEAVE_OUT, "ops")
        return [self.translator(f"embedded/{name}") for name in THERE_AND_BACK]

    def there_and_back(self, asked: Sequence[tuple[str, np.random.Generator]]) -> list[str]:
        if not asked:
            return []
        told = [text for text, _ in asked]
        for translator in self.translators:
            ways = translator.ways(told, WAYS)
            told = [of[int(rng.integers(len(of)))] for of, (_, rng) in zip(ways, asked, strict=True)]
        return [new or text for new, (text, _) in zip(told, asked, strict=True)]
