"""AdaLoRA's business beside the gradient: it measures how important each rank is and prunes, and a checkpoint has to know of it."""

import torch
from torch import nn

_IMPORTANCE = ("ipt", "exp_avg_ipt", "exp_avg_unc")


class Ranks:
    """The rank allocation of a model with an AdaLoRA adapter; of any other model it does nothing."""

    def __init__(self, model: nn.Module):
        tuner = getattr(model, "base_model", None)
        self.allocator = tuner if hasattr(tuner, "update_and_allocate") else None

    def after_step(self, step: int) -> None:
        """Measure the gradients of optimiser step `step` (from 0) and prune ranks."""
        if self.allocator is not None:
            self.allocator.update_and_allocate(step)

    def state(self) -> dict[str, torch.Tensor]:
        """The running importance of each weight, and which ranks are left."""
        if self.allocator is None:
            return {}
        ranks = self.allocator.rankallocator
        state = {f"{kind}/{name}": tensor for kind in _IMPORTANCE for name, tensor in getattr(ranks, kind).items()}
        pattern = self.allocator.peft_config[ranks.adapter_name].rank_pattern or {}
        return state | {f"rank_pattern/{name}": torch.tensor(kept, dtype=torch.bool) for name, kept in pattern.items()}

    def set_state(self, tensors: dict[str, torch.Tensor]) -> None:
        """Put back what `state` gave."""
        pattern = {}
        for key, tensor in tensors.items():
            kind, _, name = key.partition("/")
            if kind == "rank_pattern":
                pattern[name] = tensor.tolist()
            else:
                getattr(self.allocator.rankallocator, kind)[name] = tensor
        if pattern:
            self.allocator.peft_config[self.allocator.rankallocator.adapter_name].rank_pattern = pattern
