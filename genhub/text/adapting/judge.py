"""How well models know a text that none of them has seen, in losses that can be paired: sums over short pieces of it.

Every token is predicted from at least half a window of tokens before it (all there are at the beginning). The text is measured in
windows that come in random order, so that what was reached when somebody pressed Stop is a fair sample.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from genhub.text.adapting.material import Tokens
from genhub.text.figures import Difference
from genhub.text.kneser_ney import BITS, KneserNey
from genhub.text.lm import sliding_windows

PIECE = 64  # tokens that are drawn together in the bootstrap: neighbours are not independent
LEAST_PIECES = 30  # a short text is cut finer
DRAWS = 2_000
ORDER = 5


@dataclass(frozen=True)
class Pieces:
    """Sums over P pieces of text: `nats` (P,) by model; `tokens`, `characters` and `bytes` (P,)."""

    nats: Mapping[str, np.ndarray]
    tokens: np.ndarray
    characters: np.ndarray
    bytes: np.ndarray

    def figures(self, model: str) -> dict:
        """{loss (nats a token), perplexity, bits_per_character, bits_per_byte} of a model."""
        nats = float(self.nats[model].sum())
        bits, loss = nats / math.log(2), nats / int(self.tokens.sum())
        return {
            "loss": loss,
            "perplexity": math.exp(min(loss, 700.0)),
            "bits_per_character": bits / int(self.characters.sum()),
            "bits_per_byte": bits / int(self.bytes.sum()),
        }

    def interval(self, model: str, seed: int = 0) -> tuple[float, float]:
        """95 % interval of a model's bits a character."""
        return _interval(self.nats[model] / math.log(2), self.characters, seed)

    def gain(self, model: str, other: str, seed: int = 0) -> Difference:
        """Bits a character that `model` needs fewer than `other`, with a 95 % interval: pieces are drawn in pairs."""
        saved = (self.nats[other] - self.nats[model]) / math.log(2)
        return Difference(float(saved.sum() / self.characters.sum()), *_interval(saved, self.characters, seed))


def _interval(bits: np.ndarray, characters: np.ndarray, seed: int) -> tuple[float, float]:
    """Percentile bootstrap (Efron 1979) of Σ bits / Σ characters over pieces that are drawn with replacement."""
    drawn = np.random.default_rng(seed).multinomial(len(bits), np.full(len(bits), 1 / len(bits)), size=DRAWS)
    low, high = np.quantile((drawn @ bits) / np.maximum(1, drawn @ characters), (0.025, 0.975))
    return float(low), float(high)


@dataclass(frozen=True)
class Measured:
    """Losses of the tokens of a text, (N,) nats by model, NaN where a token was not reached; the first is predicted by nothing."""

    text: Tokens
    nats: Mapping[str, np.ndarray]

    @property
    def known(self) -> np.ndarray:
        """(N,) True where every model was measured."""
        return np.logical_and.reduce([np.isfinite(values) for values in self.nats.values()])

    def pieces(self) -> Pieces:
        """The text that was reached, cut into pieces. Raises ValueError where that is nothing."""
        known = np.flatnonzero(self.known)
        if not len(known):
            raise ValueError("nothing was measured")
        size = max(1, min(PIECE, len(known) // LEAST_PIECES))
        starts = np.arange(0, len(known), size)

        def sums(values: np.ndarray) -> np.ndarray:
            return np.add.reduceat(values[known], starts)

        nats = {model: sums(values) for model, values in self.nats.items()}
        return Pieces(nats, sums(np.ones(len(self.text), dtype=np.int64)), sums(self.text.characters), sums(self.text.bytes))


def begun(text: Tokens, start: int | None) -> Tokens:
    """The text after the token that begins a text, where the model has one: then its first token is predicted too."""
    if start is None:
        return text
    return Tokens(np.append(start, text.ids), np.append(0, text.characters), np.append(0, text.bytes))


Logits = Callable[[torch.Tensor], torch.Tensor]  # (1, T) tokens → (1, T, V)


def measuring(
    models: Mapping[str, Logits], text: Tokens, window: int, most: int, seed: int, share: tuple[int, int] = (0, 1)
) -> Iterator[Measured]:
    """What is known after each window; ends when the text does, or after `most` tokens. `share` = (i, n): every n-th window, from the
    i-th on."""
    nats = {name: np.full(len(text), np.nan) for name in models}
    windows = sliding_windows(len(text), window, window // 2)
    first, step = share
    reached = 0
    for number in np.random.default_rng(seed).permutation(len(windows))[first::step]:
        start, end, new = windows[number]
        ids = torch.from_numpy(text.ids[start : end + 1])
        for name, model in models.items():
            nats[name][new + 1 : end + 1] = losses(model(ids[None, :-1])[0], ids[1:])[new - start :]
        yield Measured(text, nats)
        reached += end - new
        if reached * step >= most:
            return


def losses(logits: torch.Tensor, labels: torch.Tensor) -> np.ndarray:
    """(T, V) logits and (T,) tokens → (T,) nats."""
    return nn.functional.cross_entropy(logits.float(), labels.to(logits.device), reduction="none").double().cpu().numpy()


@dataclass(frozen=True)
class Counted:
    """Nats (N,) of the tokens of a text under an n-gram model that learnt `tokens` of `of` tokens."""

    nats: np.ndarray
    order: int
    tokens: int
    of: int


def counted(learnt: np.ndarray, text: np.ndarray, vocabulary: int, order: int, most: int) -> Counted:
    """An n-gram model with modified Kneser–Ney smoothing, of the last `most` tokens of `learnt`, asked about `text`.

    `order` is smaller where the text has too many different tokens for n-grams of that length to be counted.
    """
    taught = learnt[-most:]
    types = np.unique(taught)
    width = max(1, len(types).bit_length())  # one number more, for all tokens that were never seen
    order = min(order, BITS // width)
    model = KneserNey(_numbered(taught, types), vocabulary, order, width)
    bits = model.bits(_numbered(text, types))
    return Counted(np.append(np.nan, bits * math.log(2)), order, len(taught), len(learnt))


def _numbered(ids: np.ndarray, types: np.ndarray) -> np.ndarray:
    """Each token as its place among `types`, those that are not there as the number after the last."""
    places = np.minimum(np.searchsorted(types, ids), len(types) - 1)
    return np.where(types[places] == ids, places, len(types))
