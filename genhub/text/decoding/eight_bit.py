"""A language model whose matrices are held in eight bits: on a CPU, where each token waits for the weights to come from memory, it
writes about twice as fast, and now and then another token (`bench/generate.py` says how often).

Each row of a matrix has a scale of its own, and so has each token's vector of activations, which is quantised as it comes; sums are
taken in integers. So nothing about a token depends on what is decoded beside it but the attention. What is not a large matrix (embeddings, norms, biases, attention itself) stays as it was, and shares its memory with the model.
"""

import copy
import warnings

import torch
from torch import nn

from genhub import catalog
from genhub.text.sharing import twin

SMALLEST = 64 * 64  # numbers of a matrix that is worth it
TOGETHER = 16  # rows whose places are kept
ENGINES = ("fbgemm", "x86", "onednn", "qnnpack")


class EightBit(nn.Module):
    """A linear map (out, in) in eight bits; called like the `nn.Linear` whose place it takes, without gradients."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None):
        super().__init__()
        scales = weight.abs().amax(dim=1).clamp(min=1e-12) / 127
        zeros = torch.zeros(len(weight), dtype=torch.long)
        wider = nn.functional.pad(weight, (0, 2))  # two columns that add nothing; what they are multiplied by fixes the kernel's range
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # such tensors go in a later torch than the pinned one
            self.packed = torch.ops.quantized.linear_prepack(torch.quantize_per_channel(wider, scales, zeros, 0, torch.qint8), None)
        self.bias = bias
        self.shape = tuple(weight.shape)
        self.rooms: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}  # by rows, see `_room`
        self.reduced = not torch.cpu._is_vnni_supported()  # without it sums of two products of bytes can overflow

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = x.reshape(-1, self.shape[1])
        largest = torch.linalg.vector_norm(rows, float("inf"), dim=1, keepdim=True).clamp_(min=1e-12)
        room, inner = self.rooms.get(len(rows)) or self._room(len(rows))
        torch.div(rows, largest, out=inner)
        told = torch.ops.quantized.linear_dynamic(room, self.packed, self.reduced)
        told = told * largest if self.bias is None else torch.addcmul(self.bias, told, largest)
        return told.view(*x.shape[:-1], self.shape[0])

    def _room(self, rows: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Where the activations of so many rows are put: all of it, whose last two columns hold 1 and -1 for good, and the part for them.
        Kept for as many rows as are decoded together, not for prompts."""
        room = torch.empty(rows, self.shape[1] + 2)
        room[:, -2], room[:, -1] = 1.0, -1.0
        if rows <= TOGETHER:
            self.rooms[rows] = room, room[:, :-2]
        return room, room[:, :-2]


def eight_bit(model: nn.Module) -> nn.Module | None:
    """A twin of a transformers model, adapter melted in, with its matrices in eight bits; None where that cannot be: on a GPU, for other
    models, for adapters that do not melt, or without the kernels for it."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    if inner.config.model_type not in catalog.CAUSAL_TYPES or inner.device.type != "cpu" or not _kernels():
        return None
    if inner is not model:
        melted = _melted(model)
        return None if melted is None else _quantise(melted)
    return _quantise(twin(model))


def packed_bytes(model: nn.Module) -> int:
    """What the matrices in eight bits take, beside what is shared."""
    return sum(module.shape[0] * (module.shape[1] + 6) for module in model.modules() if isinstance(module, EightBit))


def _kernels() -> bool:
    return torch.backends.quantized.engine in ENGINES and any(name in torch.backends.quantized.supported_engines for name in ENGINES)


def _melted(model: nn.Module) -> nn.Module | None:
    try:
        return copy.deepcopy(model).merge_and_unload()
    except (AttributeError, NotImplementedError, ValueError):  # prompt methods, and layers that PEFT cannot merge
        return None


def _quantise(model: nn.Module) -> nn.Module:
    from transformers.pytorch_utils import Conv1D

    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear | Conv1D) and module.weight.numel() >= SMALLEST:
            weight = module.weight.detach().float()
            weight = weight.t().contiguous() if isinstance(module, Conv1D) else weight
            bias = getattr(module, "bias", None)
            parent, _, last = name.rpartition(".")
            setattr(model.get_submodule(parent), last, EightBit(weight, None if bias is None else bias.detach().float()))
    return model.eval()
