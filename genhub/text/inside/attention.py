"""Attention as a model really computes it: queries, keys, values, weights and context vectors of every layer and head.

    weights = softmax(q kᵀ / √d + mask)          (H, T, T)
    context = weights v                          (H, T, d)

Vaswani et al. 2017, "Attention Is All You Need". Layers of transformers hand their queries and keys, rotated or grouped where the
architecture does that, to a function that can be replaced; for one pass it is replaced by ours, which keeps what it is given and
answers with the formula above. So the numbers are those that the model goes on with, whatever the architecture. A few
architectures do not ask such a function: of these only the weights can be had.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

NAME = "genhub-recorded"


@dataclass(frozen=True)
class Layer:
    """q, k, v, context (H, T, d); weights (H, T, T), a row a query; allowed (T, T): may the row look at the column; scaling: what
    q·k is multiplied by, 1/√d."""

    q: torch.Tensor
    k: torch.Tensor
    v: torch.Tensor
    weights: torch.Tensor
    context: torch.Tensor
    allowed: torch.Tensor
    scaling: float


@dataclass(frozen=True)
class Trace:
    """states: what enters each layer, and what leaves the last one, (T, D) each; output: the model's answer, logits (T, V) or states
    (T, D); difference: its largest deviation from the answer that the model gives with its own attention."""

    layers: list[Layer]
    states: list[torch.Tensor]
    output: torch.Tensor
    difference: float


@dataclass(frozen=True)
class Heat:
    """weights: (H, T, T) of each layer; allowed (T, T) of each."""

    weights: list[torch.Tensor]
    allowed: list[torch.Tensor]


def splits(model: nn.Module) -> bool:
    """Does this architecture hand its queries, keys and values to a function that can be replaced?"""
    return bool(model._can_set_attn_implementation())


@torch.inference_mode()
def trace(model: nn.Module, inputs: dict[str, torch.Tensor]) -> Trace | None:
    """Every layer of one pass over one row of T tokens; None for an architecture that does not let itself be split."""
    if not splits(model):
        return None
    usual = _plain(model, inputs)[0][0]
    with recording(model) as layers:
        answer = _plain(model, inputs, output_hidden_states=True)
    if len(layers) != model.config.num_hidden_layers:
        return None
    states = [state[0].float() for state in answer.hidden_states]
    return Trace(layers, states, answer[0][0].float(), float((answer[0][0] - usual).abs().max()))


@torch.inference_mode()
def heat(model: nn.Module, inputs: dict[str, torch.Tensor], causal: bool) -> Heat | None:
    """The weights alone, of any architecture; None where it does not tell them. `causal`: is a token kept from those after it?"""
    if found := trace(model, inputs):
        return Heat([layer.weights for layer in found.layers], [layer.allowed for layer in found.layers])
    told = _plain(model, inputs, output_attentions=True).attentions
    if not told or any(layer is None for layer in told):
        return None
    seen = torch.ones(told[0].shape[-2:], dtype=torch.bool)
    return Heat([layer[0].float() for layer in told], [seen.tril() if causal else seen] * len(told))


@contextlib.contextmanager
def recording(model: nn.Module) -> Iterator[list[Layer]]:
    """Passes within give one Layer each time attention is computed. The model's own attention is back afterwards, whatever happens."""
    from transformers.masking_utils import AttentionMaskInterface, eager_mask
    from transformers.modeling_utils import AttentionInterface

    layers: list[Layer] = []

    def attend(module, query, key, value, attention_mask, scaling=None, **_):
        layer = attended(query[0].float(), key[0].float(), value[0].float(), attention_mask, scaling)
        layers.append(layer)
        context = layer.context.transpose(0, 1)[None].to(query.dtype).contiguous()
        return context, layer.weights[None]

    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, eager_mask)
    before = model.config._attn_implementation
    model.set_attn_implementation(NAME)
    try:
        yield layers
    finally:
        model.set_attn_implementation(before)


def attended(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None, scaling: float | None) -> Layer:
    """q (H, T, d), k and v (H or fewer, T, d), mask (1, 1, T, T) to be added to the scores, or none → a Layer. Keys and values that
    several heads share are repeated for each; a q that came already scaled is scaled back, so that scaling is 1/√d always."""
    width = q.shape[-1]
    k, v = (states.repeat_interleave(q.shape[0] // states.shape[0], dim=0) for states in (k, v))
    if scaling is not None and scaling != width**-0.5:
        q = q * (scaling * width**0.5)
    scores = q @ k.transpose(1, 2) * width**-0.5
    allowed = torch.ones(scores.shape[-2:], dtype=torch.bool)
    if mask is not None:
        added = mask[0, 0, :, : k.shape[1]].float()
        scores, allowed = scores + added, added > torch.finfo(mask.dtype).min / 2
    weights = scores.softmax(-1)
    return Layer(q, k, v, weights, weights @ v, allowed, width**-0.5)


def _plain(model: nn.Module, inputs: dict[str, torch.Tensor], **wanted):
    """One pass without a memory of it; encoders do not know `use_cache`."""
    memory = {"use_cache": False} if model.can_generate() else {}
    return model(**inputs, **memory, **wanted)
