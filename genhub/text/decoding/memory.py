"""What a model remembers of the tokens it has read, for several rows at once that join and leave between steps.

A Decoder is a model as the batch sees it: `begin` reads a prompt, `step` reads one more token of each row. Rows of different
lengths lie side by side, padded on the left; the mask and the positions say where each begins, so that a row gets what it
would get alone (but for the order in which floating-point sums are taken).
"""

import contextlib
from collections.abc import Iterator
from typing import Protocol

import torch
from torch import nn
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from genhub.text.decoding.eight_bit import packed_bytes
from genhub.text.decoding.lean import lean

WEIGHTS_A_THREAD = 150_000_000  # a token of a smaller model is computed sooner by one thread: waking others takes longer than they save


class Memory(Protocol):
    """The state of some rows. `joinable`: rows of others can be put beside them."""

    joinable: bool

    def join(self, other: "Memory") -> None: ...

    def keep(self, rows: list[int]) -> None: ...


class Decoder(Protocol):
    """A language model, one token at a time. `positions`: the most tokens it can hold; 0 where there is no limit."""

    positions: int

    def begin(self, ids: list[int]) -> tuple[Memory, torch.Tensor]: ...

    def step(self, tokens: torch.Tensor, memory: Memory) -> torch.Tensor: ...


class KeyValues:
    """Keys and values of every layer, (B, heads, T, width) each, and how many of the T places each row uses."""

    def __init__(self, cache: DynamicCache, lengths: list[int]):
        self.cache, self.lengths = cache, lengths
        self.joinable = all(type(layer) is DynamicLayer for layer in cache.layers)  # a sliding window forgets where rows begin

    def join(self, other: "KeyValues") -> None:
        longest = max(*self.lengths, *other.lengths)
        for mine, theirs in zip(self.cache.layers, other.cache.layers, strict=True):
            mine.keys = torch.cat([_padded(mine.keys, longest), _padded(theirs.keys, longest)])
            mine.values = torch.cat([_padded(mine.values, longest), _padded(theirs.values, longest)])
        self.lengths += other.lengths

    def keep(self, rows: list[int]) -> None:
        """Only these rows, in this order; a row may be named twice (beams)."""
        self.lengths = [self.lengths[row] for row in rows]
        index, longest = torch.tensor(rows), max(self.lengths, default=0)
        for layer in self.cache.layers:
            layer.keys = layer.keys[index, :, layer.keys.shape[-2] - longest :]
            layer.values = layer.values[index, :, layer.values.shape[-2] - longest :]

    def places(self) -> dict[str, torch.Tensor]:
        """Mask and positions for the next token of each row; nothing where all rows are of one length, which is faster."""
        shortest, longest = min(self.lengths), max(self.lengths)
        if shortest == longest:
            return {}
        lengths = torch.tensor(self.lengths)
        mask = torch.arange(longest + 1) >= longest - lengths[:, None]
        return {"attention_mask": mask.long(), "position_ids": lengths[:, None]}


def _padded(states: torch.Tensor, length: int) -> torch.Tensor:
    """(B, heads, T, width) with zeros on the left, up to `length` places."""
    return nn.functional.pad(states, (0, 0, length - states.shape[-2], 0))


class TransformerDecoder:
    """A causal language model of transformers, without gradients, on whichever device it is. Logits come to the CPU, where tokens are chosen."""

    def __init__(self, model: nn.Module, positions: int):
        self.model, self.positions, self.lean = model, positions, None
        weights = sum(tensor.numel() for tensor in model.parameters()) + packed_bytes(model)
        self.threads = max(1, weights // WEIGHTS_A_THREAD)

    @torch.inference_mode()
    def begin(self, ids: list[int]) -> tuple[KeyValues, torch.Tensor]:
        """A prompt of at least one token → its memory and (1, V) logits of the token after it."""
        self.lean = lean(self.model)  # as its modules are now: an adapter may have been put in since
        cache, device = DynamicCache(config=self.model.config), self.model.device
        logits = self.model(input_ids=torch.tensor([ids], device=device), past_key_values=cache, use_cache=True, logits_to_keep=1).logits
        return KeyValues(cache, [len(ids)]), logits[:, -1].float().cpu()

    @torch.inference_mode()
    def step(self, tokens: torch.Tensor, memory: KeyValues) -> torch.Tensor:
        """One token of each row (B,) → (B, V) logits of the one after it."""
        with at_most(self.threads):
            return self._step(tokens.to(self.model.device), memory).float().cpu()

    def _step(self, tokens: torch.Tensor, memory: KeyValues) -> torch.Tensor:
        places = {name: tensor.to(tokens.device) for name, tensor in memory.places().items()}
        at = places["position_ids"][:, 0] if places else torch.tensor(memory.lengths[:1], device=tokens.device)
        memory.lengths = [length + 1 for length in memory.lengths]
        if self.lean and memory.joinable:
            return self.lean(tokens, memory.cache, places.get("attention_mask"), at)
        return self.model(input_ids=tokens[:, None], past_key_values=memory.cache, use_cache=True, **places).logits[:, -1]


@contextlib.contextmanager
def at_most(threads: int) -> Iterator[None]:
    """So many threads compute meanwhile, or as many as before if those are fewer."""
    before = torch.get_num_threads()
    if threads >= before:
        yield
        return
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
