"""Several models over the same weights."""

import copy

from torch import nn


def twin(model: nn.Module) -> nn.Module:
    """A module tree of its own over the same parameters and buffers (no copy): what is put into it leaves no trace in `model`."""
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    return copy.deepcopy(model, shared)
