"""Words with similar embeddings: those of the table that an encoder begins with, one row for each piece of its vocabulary.

known = Neighbours(load_encoder(folder))
known.similar([("good", rng)])          # ["great"]
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from genhub.text.encoder import Encoder

NEAREST = 8  # among which one is drawn
LEAST = 0.45  # cosine: what is farther off is another word rather than a similar one
SHORTEST = 3  # letters
PART = 2_000  # words at once


class Neighbours:
    """Of whole words of letters alone: pieces that go on with a word are none."""

    def __init__(self, encoder: Encoder):
        table = encoder.model.get_input_embeddings().weight.detach().float()
        whole = letters_only(encoder.tokenizer.get_vocab(), SHORTEST)
        self.words = sorted(whole, key=whole.get)
        self.number = {word: place for place, word in enumerate(self.words)}
        self.vectors = torch.nn.functional.normalize(table[[whole[word] for word in self.words]], dim=-1)
        self._near: dict[str, list[str]] = {}

    def similar(self, asked: Sequence[tuple[str, np.random.Generator]]) -> list[str]:
        """For each word one of its nearest, the nearer the likelier; the word itself where it is not known, or has none."""
        self._look(sorted({word.lower() for word, _ in asked} & self.number.keys() - self._near.keys()))
        return [self._drawn(word, rng) for word, rng in asked]

    def jittered(self, asked: Sequence[tuple[str, np.random.Generator]], deviation: float) -> list[str]:
        """For each word the one nearest to its embedding with noise on it, `deviation` times as long as the embedding."""
        places = [place for place, (word, _) in enumerate(asked) if word.lower() in self.number]
        found = [word for word, _ in asked]
        for at in range(0, len(places), PART):
            part = places[at : at + PART]
            vectors = self.vectors[[self.number[asked[place][0].lower()] for place in part]]
            noise = np.stack([asked[place][1].standard_normal(vectors.shape[1], dtype=np.float32) for place in part])
            moved = vectors + deviation / vectors.shape[1] ** 0.5 * torch.from_numpy(noise)
            for place, nearest in zip(part, (moved @ self.vectors.T).argmax(-1).tolist(), strict=True):
                found[place] = self.words[nearest]
        return found

    def _look(self, words: Sequence[str]) -> None:
        for at in range(0, len(words), PART):
            part = words[at : at + PART]
            own = [self.number[word] for word in part]
            alike = self.vectors[own] @ self.vectors.T
            alike[range(len(part)), own] = -1
            values, places = alike.topk(min(NEAREST, len(self.words) - 1))
            for word, sure, near in zip(part, values.tolist(), places.tolist(), strict=True):
                self._near[word] = [self.words[place] for value, place in zip(sure, near, strict=True) if value >= LEAST]

    def _drawn(self, word: str, rng: np.random.Generator) -> str:
        """The nearest half of the time, the next one a quarter of it …"""
        near = self._near.get(word.lower(), ())
        return near[min(int(rng.geometric(0.5)) - 1, len(near) - 1)] if near else word


def letters_only(vocabulary: Mapping[str, int], shortest: int = 1) -> dict[str, int]:
    """Of a tokenizer's vocabulary whole words of lower-case letters, by the word."""
    begins = _marks(vocabulary)
    return {piece.removeprefix(begins): number for piece, number in vocabulary.items() if _is_word(piece, begins, shortest)}


def _marks(vocabulary: Mapping[str, int]) -> str:
    """With what pieces that begin a word begin: nothing in WordPiece, where those that go on do."""
    return next((mark for mark in ("Ġ", "▁") if sum(piece.startswith(mark) for piece in vocabulary) > len(vocabulary) / 10), "")


def _is_word(piece: str, begins: str, shortest: int) -> bool:
    word = piece.removeprefix(begins)
    return piece.startswith(begins) and len(word) >= shortest and word.isalpha() and word.islower()
