"""What BERT adds up for each piece before its first layer: token, position and segment, then layer norm (Devlin et al. 2019).

x = LayerNorm(token[id] + position[i] + segment[s])          (T, D)
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from genhub.errors import UserError

TABLES = {"token": "word_embeddings", "position": "position_embeddings", "segment": "token_type_embeddings"}


@dataclass(frozen=True)
class Sum:
    """The parts by name (those of TABLES that the model has), their sum, and the sum after layer norm; (T, D) each."""

    parts: dict[str, torch.Tensor]
    sum: torch.Tensor
    normed: torch.Tensor


@torch.inference_mode()
def summed(model: nn.Module, inputs: dict[str, torch.Tensor]) -> Sum:
    """The embeddings of one row of tokens, caught where the model looks them up. Raises UserError for a model that adds up others."""
    tables = position_tables(model)
    norm = getattr(getattr(model, "embeddings", None), "LayerNorm", None)
    if "token" not in tables or "position" not in tables or norm is None:
        raise _others(model)
    told: dict[str, torch.Tensor] = {}
    hooks = [table.register_forward_hook(lambda _, __, output, name=name: told.update({name: output[0]})) for name, table in tables.items()]
    hooks.append(norm.register_forward_hook(lambda _, given, output: told.update(sum=given[0][0], normed=output[0])))
    with _removed(hooks):
        model(**inputs)
    length = inputs["input_ids"].shape[1]
    parts = {name: told[name].expand(length, -1) for name in tables}
    if not torch.allclose(sum(parts.values()), told["sum"], atol=1e-5):
        raise _others(model)
    return Sum(parts, told["sum"], told["normed"])


@contextlib.contextmanager
def without_positions(model: nn.Module) -> Iterator[None]:
    """Within, the model's position embeddings are all zero. Raises UserError for a model that knows positions in another way."""
    table = position_tables(model).get("position")
    if table is None or model.config.model_type in ("mpnet", "deberta-v2"):
        raise _others(model)
    with _removed([table.register_forward_hook(lambda _, __, output: torch.zeros_like(output))]):
        yield


def position_tables(model: nn.Module) -> dict[str, nn.Module]:
    """The tables of `model.embeddings` by the names of TABLES."""
    embeddings = getattr(model, "embeddings", None)
    found = {name: getattr(embeddings, attribute, None) for name, attribute in TABLES.items()}
    return {name: table for name, table in found.items() if isinstance(table, nn.Embedding)}


@contextlib.contextmanager
def _removed(hooks: list) -> Iterator[None]:
    """The hooks are gone afterwards, whatever happens: the model is everybody's."""
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _others(model: nn.Module) -> UserError:
    what = f"A “{model.config.model_type}” model adds no position embeddings to its tokens, or more than these."
    return UserError(what, "This is about BERT's sum of token, position and segment.", "Choose an encoder of BERT's kind.", "model")
