"""Ways to damage images, for denoising: noise added, pixels missing, pixels white."""

from collections.abc import Callable

import torch

Damage = Callable[[torch.Tensor, float, torch.Generator | None], torch.Tensor]


def gaussian(x: torch.Tensor, amount: float, generator: torch.Generator | None = None) -> torch.Tensor:
    """Normal noise with a standard deviation of `amount` on every pixel. What leaves 0 to 1 stays outside, as in the course."""
    return x + amount * torch.randn(x.shape, generator=generator, device=x.device)


def dropout(x: torch.Tensor, amount: float, generator: torch.Generator | None = None) -> torch.Tensor:
    """A share `amount` of the pixels is 0."""
    return x * (torch.rand(x.shape, generator=generator, device=x.device) >= amount)


def white(x: torch.Tensor, amount: float, generator: torch.Generator | None = None) -> torch.Tensor:
    """A share `amount` of the pixels is 1."""
    return torch.where(torch.rand(x.shape, generator=generator, device=x.device) < amount, torch.ones_like(x), x)


KINDS: dict[str, Damage] = {"gaussian": gaussian, "dropout": dropout, "white": white}
