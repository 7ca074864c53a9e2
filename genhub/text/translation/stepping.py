"""An encoder–decoder of transformers that has read a source, one target token at a time: a `Decoder` for beam search and its tree.

    decoder = Seq2SeqDecoder(model, source_ids, hidden={2, 3})      # the decoder cannot see source places 2 and 3
    tree = search(decoder, [start], config, ends)

What is hidden is hidden from the decoder alone: the encoder has read it, so that a neighbour may still tell of it.
"""

from collections.abc import Collection, Sequence

import torch
from torch import nn
from transformers import DynamicCache, EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput


class SourceMemory:
    """Keys and values of both attentions for some rows; implements `Memory`."""

    joinable = False  # every source is its own

    def __init__(self, rows: int):
        self.cache, self.rows = EncoderDecoderCache(DynamicCache(), DynamicCache()), rows

    def join(self, other: "SourceMemory") -> None:
        raise TypeError("rows of two sources are not decoded together")

    def keep(self, rows: list[int]) -> None:
        """Only these rows, in this order; a row may be named twice (beams)."""
        index, self.rows = torch.tensor(rows), len(rows)
        for cache in (self.cache.self_attention_cache, self.cache.cross_attention_cache):
            for layer in cache.layers:
                layer.keys, layer.values = layer.keys[index], layer.values[index]


class Seq2SeqDecoder:
    """`source`: ids with the ones that close it. `positions`: the most target tokens, 0 without limit."""

    def __init__(self, model: nn.Module, source: Sequence[int], hidden: Collection[int] = (), positions: int = 0):
        self.model, self.positions, self.device = model, positions, model.device
        self.states, self.mask = encode(model, source, hidden)

    @torch.inference_mode()
    def begin(self, ids: list[int]) -> tuple[SourceMemory, torch.Tensor]:
        """The first target tokens, the starting one among them → memory and (1, V) logits of the next."""
        memory = SourceMemory(1)
        return memory, self._read(torch.tensor([ids], device=self.device), memory)

    @torch.inference_mode()
    def step(self, tokens: torch.Tensor, memory: SourceMemory) -> torch.Tensor:
        """One token of each row (B,) → (B, V) logits of the one after it."""
        return self._read(tokens[:, None].to(self.device), memory)

    def _read(self, ids: torch.Tensor, memory: SourceMemory) -> torch.Tensor:
        read = BaseModelOutput(last_hidden_state=self.states.expand(memory.rows, -1, -1))
        mask = self.mask.expand(memory.rows, -1)
        answer = self.model(encoder_outputs=read, attention_mask=mask, decoder_input_ids=ids, past_key_values=memory.cache, use_cache=True)
        return answer.logits[:, -1].float().cpu()


@torch.inference_mode()
def encode(model: nn.Module, source: Sequence[int], hidden: Collection[int] = ()) -> tuple[torch.Tensor, torch.Tensor]:
    """The encoder's states of a source (1, S, width), and what of them the decoder sees (1, S)."""
    ids = torch.tensor([list(source)], device=model.device)
    seen = torch.ones_like(ids)
    states = model.get_encoder()(input_ids=ids, attention_mask=seen).last_hidden_state
    mask = seen.clone()
    mask[:, sorted(hidden)] = 0
    return states, mask
