"""A network whose weights are an exponential moving average of those of another one, which learns: what it draws
changes less from step to step, and is better (Polyak & Juditsky 1992; for GANs Yazıcı et al. 2019)."""

import copy

import torch
from torch import nn

YOUNG = 10  # moves in which a mean forgets how it began


def begun(network: nn.Module) -> nn.Module:
    """The mean, before its first move."""
    return copy.deepcopy(network).requires_grad_(False)


@torch.no_grad()
def move(mean: nn.Module, network: nn.Module, share: float) -> None:
    """It takes over `share` of the network as it is; statistics of batch norms as they are."""
    for own, now in zip(mean.parameters(), network.parameters(), strict=True):
        own.lerp_(now, share)
    for own, now in zip(mean.buffers(), network.buffers(), strict=True):
        own.copy_(now)


def share(keeps: float, moves: int) -> float:
    """What a mean that keeps `keeps` of itself takes over at its next move, so many having been made: more while it is young."""
    return 1 - min(keeps, (moves + 1) / (moves + 1 + YOUNG))
