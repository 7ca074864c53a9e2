"""The models that operations on texts ask, each opened when the first operation asks for it."""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from genhub.augment.texts.similar import Neighbours
from genhub.errors import UserError
from genhub.text.encoder import Encoder, open_base

ENCODER = "embedded/minilm-l6"
LEAVE_OUT = "Leave this operation out."


class Tools:
    """See `effects.Tools`. opened: gives the encoder behind an id; its embeddings say which words are similar."""

    def __init__(self, opened: Callable[[str], Encoder] = open_base):
        self.opened = opened

    @cached_property
    def neighbours(self) -> Neighbours:
        return Neighbours(self.opened(ENCODER))

    def similar(self, asked: Sequence[tuple[str, np.random.Generator]]) -> list[str]:
        return self.neighbours.similar(asked) if asked else []

    def jittered(self, asked: Sequence[tuple[str, np.random.Generator]], deviation: float) -> list[str]:
        return self.neighbours.jittered(asked, deviation) if asked else []

    def in_context(self, asked: Sequence) -> list[list[str]]:
        if any(places for _, _, places, _ in asked):
            raise UserError("There is no masked-language model here.", "Words in context are its proposals.", LEAVE_OUT, "ops")
        return [[] for _ in asked]

    def there_and_back(self, texts: Sequence[str]) -> list[str]:
        raise UserError("There is no translator back into English here.", "It takes one for each way.", LEAVE_OUT, "ops")
