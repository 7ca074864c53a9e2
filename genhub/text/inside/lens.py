"""What each layer of a language model would say next: its last norm and its head, applied to the state after every layer.

nostalgebraist 2020, "interpreting GPT: the logit lens" (LessWrong). Row 0 is the sum of the embeddings before any layer; the last
row is the model's own answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from genhub.errors import UserError
from genhub.text.causal import Causal

# Where the norm before the head is, by architecture; elsewhere as in Llama.
NORMS = {
    "gpt2": "transformer.ln_f",
    "gpt_neo": "transformer.ln_f",
    "bloom": "transformer.ln_f",
    "gpt_neox": "gpt_neox.final_layer_norm",
    "opt": "model.decoder.final_layer_norm",
    "phi": "model.final_layernorm",
}
LLAMA = "model.norm"
CLOSE = 1e-3  # of a logit: by how much the last row may differ from the model's own


@dataclass(frozen=True)
class Row:
    """After one layer, at each of T places: the ids of the most probable next tokens (T, top) and their probabilities; own: the
    probability of the token that does come next in the text, T - 1 of them."""

    ids: list[list[int]]
    probabilities: list[list[float]]
    own: list[float]


def rows(model: Causal, ids: list[int], top: int = 5) -> Iterator[Row]:
    """A row for the embeddings and for each layer, from the bottom. Raises UserError where the parts do not give the model's answer."""
    states, norm, answer = _states(model.model, ids)
    for state in states:
        logits = _said(model.model, norm, state)
        if state is states[-1] and float((logits - answer).abs().max()) > CLOSE:
            raise _closed(model.model)
        yield _row(logits, ids, top)


@torch.inference_mode()
def _states(model: nn.Module, ids: list[int]) -> tuple[list[torch.Tensor], nn.Module, torch.Tensor]:
    """(what the norm before the head is given after each layer, that norm, the model's own logits (T, V))"""
    norm = _at(model, NORMS.get(model.config.model_type, LLAMA))
    if norm is None:
        raise _closed(model)
    last: list[torch.Tensor] = []
    hook = norm.register_forward_hook(lambda _, given, __: last.append(given[0][0]))
    try:
        answer = model(input_ids=torch.tensor([ids]), use_cache=False, output_hidden_states=True)
    finally:
        hook.remove()
    return [*(state[0] for state in answer.hidden_states[:-1]), last[0]], norm, answer.logits[0].float()


@torch.inference_mode()
def _said(model: nn.Module, norm: nn.Module, state: torch.Tensor) -> torch.Tensor:
    """(T, D) → logits (T, V)"""
    return model.get_output_embeddings()(norm(state)).float()


def _row(logits: torch.Tensor, ids: list[int], top: int) -> Row:
    probabilities = logits.softmax(-1)
    best = probabilities.topk(min(top, logits.shape[-1]))
    own = probabilities[:-1].gather(1, torch.tensor(ids[1:], dtype=torch.int64)[:, None])[:, 0]
    return Row(best.indices.tolist(), best.values.tolist(), own.tolist())


def _at(model: nn.Module, path: str) -> nn.Module | None:
    for name in path.split("."):
        model = getattr(model, name, None)
    return model


def _closed(model: nn.Module) -> UserError:
    what = f"The layers of this “{model.config.model_type}” model cannot be read by its head alone."
    return UserError(what, "The logit lens needs a norm and a head that give the model's own answer.", "Choose another model.", "model")
