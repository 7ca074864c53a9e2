"""Bottleneck adapters (Houlsby et al. 2019, "Parameter-Efficient Transfer Learning for NLP").

After the attention and after the feed-forward part of each layer, before the residual sum, stands a small network with a
skip connection:

    adapter(x) = x + W_up · gelu(W_down · x + b_down) + b_up         down: H → m,  up: m → H,  m << H

W_up starts near zero, so that the adapted encoder starts as the one it was. The layer norms learn too, as in the paper.
The encoder's code is untouched: each adapter hangs on the last linear map of its part as a forward hook, and
`remove` takes all of them off again. PEFT has no such adapter; ours has its own file, and does not claim to be PEFT's.
"""

from pathlib import Path

import torch
from torch import nn

from genhub.errors import UserError

FILE = "bottleneck.safetensors"
INIT_STD = 1e-3
NAME = "bottleneck"  # attribute of the encoder that holds the adapters


class Bottleneck(nn.Module):
    """x + up(gelu(down(x))), near the identity at first; (…, H) → (…, H)."""

    def __init__(self, hidden: int, width: int):
        super().__init__()
        self.down = nn.Linear(hidden, width)
        self.up = nn.Linear(width, hidden)
        for layer in (self.down, self.up):
            nn.init.normal_(layer.weight, std=INIT_STD)
            nn.init.zeros_(layer.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.up(nn.functional.gelu(self.down(x)))


class Hook:
    """Puts an adapter behind a module. An object and not a closure, so that deepcopy copies it with the module tree."""

    def __init__(self, adapter: Bottleneck):
        self.adapter = adapter

    def __call__(self, module: nn.Module, inputs: tuple, output: torch.Tensor) -> torch.Tensor:
        return self.adapter(output)


def add(model: nn.Module, ends: tuple[str, ...], width: int) -> None:
    """Hang an adapter of `width` on every linear map whose name ends in one of `ends`, and give the encoder layer norms of
    its own to train, so that an encoder sharing its weights with this one keeps the old ones."""
    adapters, handles = nn.ModuleDict(), []
    for name, module in _places(model, ends):
        adapters[name.replace(".", "-")] = adapter = Bottleneck(module.out_features, width).to(module.weight.device)
        handles.append(module.register_forward_hook(Hook(adapter)))
    before = {name: (norm.weight, norm.bias) for name, norm in _norms(model)}
    for _, norm in _norms(model):
        norm.weight = nn.Parameter(norm.weight.detach().clone())
        norm.bias = None if norm.bias is None else nn.Parameter(norm.bias.detach().clone())
    model.add_module(NAME, adapters)
    model.bottleneck_undo = (handles, before)


def remove(model: nn.Module) -> None:
    """Take the adapters off and put the old layer norms back: the encoder answers as before `add`."""
    handles, before = model.bottleneck_undo
    for handle in handles:
        handle.remove()
    for name, norm in _norms(model):
        norm.weight, norm.bias = before[name]
    delattr(model, NAME)
    del model.bottleneck_undo


def tensors(model: nn.Module) -> dict[str, torch.Tensor]:
    """What is learnt, by name: `bottleneck.<place>.down.weight` …, `<norm>.weight`, `<norm>.bias`."""
    found = {f"{NAME}.{name}": tensor for name, tensor in getattr(model, NAME).named_parameters()}
    for name, norm in _norms(model):
        found |= {f"{name}.{part}": tensor for part, tensor in norm.named_parameters()}
    return found


def save(model: nn.Module, folder: Path) -> None:
    from safetensors.torch import save_file

    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors(model).items()}, folder / FILE)


def load(model: nn.Module, folder: Path, ends: tuple[str, ...], width: int) -> None:
    """`add`, then fill in from the file. Raises UserError when the file is missing, damaged or of another encoder."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    add(model, ends, width)
    wanted = tensors(model)
    try:
        found = load_file(folder / FILE)
    except (OSError, SafetensorError) as error:
        raise UserError(f"{FILE} cannot be read ({type(error).__name__}).", "", "Download the run again.", "run") from error
    if {name: tensor.shape for name, tensor in found.items()} != {name: tensor.shape for name, tensor in wanted.items()}:
        raise UserError(f"{FILE} does not fit this encoder.", "Names and shapes must be those of the base it was trained on.", "", "run")
    with torch.no_grad():
        for name, tensor in wanted.items():
            tensor.copy_(found[name])


def _places(model: nn.Module, ends: tuple[str, ...]) -> list[tuple[str, nn.Linear]]:
    dotted = tuple(f".{end}" for end in ends)
    return [(name, module) for name, module in model.named_modules() if isinstance(module, nn.Linear) and name.endswith(dotted)]


def _norms(model: nn.Module) -> list[tuple[str, nn.LayerNorm]]:
    return [(name, module) for name, module in model.named_modules() if isinstance(module, nn.LayerNorm)]
