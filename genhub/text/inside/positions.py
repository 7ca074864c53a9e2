"""How a loaded model knows the order of its tokens; the table of positions where it has learnt one."""

from dataclasses import dataclass

import torch
from torch import nn

from genhub.text.encoder import POSITION_OFFSET

COMPARED = 48  # positions in the matrix of cosines
MEASURED = 1_024  # positions whose length is told, at most
NAMES = ("position_embeddings", "wpe", "embed_positions")
OFFSETS = {**POSITION_OFFSET, "opt": 2}  # rows before that of the first position
OTHER = {
    "bloom": "It takes from each score a penalty that grows with the distance (ALiBi, Press et al. 2022).",
    "deberta-v2": "It keeps position and content apart in every layer (He et al. 2021).",
}
ROTARY = "It turns queries and keys by an angle that grows with the position (RoPE, Su et al. 2021)."


@dataclass(frozen=True)
class Learned:
    """norms: the length of each row of the table; cosines: (N, N) between the first of them."""

    norms: list[float]
    cosines: torch.Tensor


@torch.inference_mode()
def learned(model: nn.Module) -> Learned | None:
    """The position table of a model; None where it has none, see `otherwise`."""
    table = _table(model)
    if table is None:
        return None
    rows = table.weight[OFFSETS.get(model.config.model_type, 0) :].float()
    unit = nn.functional.normalize(rows[:COMPARED], dim=-1)
    return Learned(rows[:MEASURED].norm(dim=-1).tolist(), unit @ unit.T)


def otherwise(model: nn.Module) -> str:
    """How a model without a table knows positions, in a sentence."""
    return OTHER.get(model.config.model_type, ROTARY)


def _table(model: nn.Module) -> nn.Embedding | None:
    found = (module for name, module in model.named_modules() if name.rpartition(".")[2] in NAMES and isinstance(module, nn.Embedding))
    return next(found, None)
