"""LoRA while it learns, in fewer passes over memory than PEFT's own layers take.

    with lean(model):
        … training steps …

    y = W x + b        then        y ← y + s · B (A x)          in one product that adds

PEFT multiplies, scales and sums in three passes over the whole output. The parameters are PEFT's, and after the block its layers
compute as before: only the order of the same sums differs. Measured on embedded/shakespeare with LoRA on every linear map (8 windows of
128, bf16, one core): 13 % more tokens a second.
"""

import contextlib
from collections.abc import Iterator

import torch
from torch import nn


@contextlib.contextmanager
def lean(model: nn.Module) -> Iterator[int]:
    """For the length of the block, plain LoRA layers in `model` compute the lean way; says how many. All others are left as they are."""
    from peft.tuners.lora.layer import Linear

    changed = [module for module in model.modules() if isinstance(module, Linear) and _is_plain(module)]
    for module in changed:
        module.forward = _Lean(module)
    try:
        yield len(changed)
    finally:
        for module in changed:
            del module.forward


def _is_plain(layer: nn.Module) -> bool:
    """One adapter, switched on, without a variant (DoRA), dropout or biases of its own, on a map whose sum we know."""
    from transformers.pytorch_utils import Conv1D

    return (
        list(layer.lora_A) == list(layer.active_adapters) == ["default"]
        and not (layer.merged or layer.disable_adapters or layer.lora_variant)
        and isinstance(layer.lora_dropout["default"], nn.Identity)
        and layer.lora_B["default"].bias is None
        and type(layer.base_layer) in (nn.Linear, Conv1D)
    )


class _Lean:
    """The forward pass of one layer; (…, in) → (…, out)."""

    def __init__(self, layer: nn.Module):
        self.base, self.scaling = layer.base_layer, layer.scaling["default"]
        self.down, self.up = layer.lora_A["default"], layer.lora_B["default"]
        self.turned = isinstance(self.base, nn.Linear)  # GPT-2 stores its weights the other way round

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        rows = x.flatten(0, -2)
        weight = self.base.weight.T if self.turned else self.base.weight
        y = rows @ weight if self.base.bias is None else torch.addmm(self.base.bias, rows, weight)
        y = torch.addmm(y, rows @ self.down.weight.T, self.up.weight.T, alpha=self.scaling)
        return y.unflatten(0, x.shape[:-1])
