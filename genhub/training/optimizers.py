"""The optimiser of a part: AdamW, and Muon for the groups of matrices that a plan names.

Muon (Jordan et al. 2024) makes the momentum of a hidden matrix orthogonal before it steps, which takes small language models
through a text in clearly fewer steps; embeddings, heads, biases and norms stay with AdamW. Its rate is scaled so that a step
is as large as AdamW's at the same rate (Liu et al. 2025, "Muon is scalable for LLM training").
"""

from collections.abc import Mapping

import torch
from torch import nn

from genhub.training.plan import Plan


class Optimizers:
    """One or two optimisers that step together. `param_groups` of both have "name", the group of the plan's rates."""

    def __init__(self, named: Mapping[str, nn.Parameter], group_of: Mapping[str, str], plan: Plan, device: torch.device):
        groups: dict[tuple[str, bool], list[nn.Parameter]] = {}
        for name, tensor in named.items():
            groups.setdefault((group_of[name], tensor.ndim > 1), []).append(tensor)
        parts = [  # biases and norms do not decay
            {"params": tensors, "name": group, "weight_decay": plan.weight_decay if decays else 0.0}
            for (group, decays), tensors in groups.items()
        ]
        muon = [part for part in parts if part["name"] in plan.muon]
        adam = [part for part in parts if part["name"] not in plan.muon]
        # fused is five times faster on a CPU; on a GPU torch chooses
        self.parts = [torch.optim.AdamW(adam, betas=plan.betas, fused=device.type == "cpu")] if adam else []
        self.parts += [torch.optim.Muon(muon, adjust_lr_fn="match_rms_adamw")] if muon else []

    @property
    def param_groups(self) -> list[dict]:
        return [group for part in self.parts for group in part.param_groups]

    def step(self) -> None:
        for part in self.parts:
            part.step()

    def zero_grad(self) -> None:
        for part in self.parts:
            part.zero_grad(set_to_none=True)

    def state(self, tensor: nn.Parameter) -> dict[str, torch.Tensor]:
        """What is remembered of a parameter, empty before its first step; what is put in counts from the next step on."""
        for part in self.parts:
            if any(tensor is own for group in part.param_groups for own in group["params"]):
                return part.state[tensor]
        raise KeyError("a parameter that does not learn")
