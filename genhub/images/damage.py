"""Ways to damage images, for denoising: noise added, pixels missing, pixels white."""

from collections.abc import Callable

import torch

from genhub.training import draws

Damage = Callable[[torch.Tensor, float, torch.Generator | None], torch.Tensor]


def gaussian(x: torch.Tensor, amount: float, generator: torch.Generator | None = None) -> torch.Tensor:
    """Normal noise with a standard deviation of `amount` on every pixel. What leaves 0 to 1 stays outside, as in the course."""
    return x + amount * _drawn(torch.randn, x, generator)


def dropout(x: torch.Tensor, amount: float, generator: torch.Generator | None = None) -> torch.Tensor:
    """A share `amount` of the pixels is 0."""
    return x * (_drawn(torch.rand, x, generator) >= amount)


def white(x: torch.Tensor, amount: float, generator: torch.Generator | None = None) -> torch.Tensor:
    """A share `amount` of the pixels is 1."""
    return torch.where(_drawn(torch.rand, x, generator) < amount, torch.ones_like(x), x)


KINDS: dict[str, Damage] = {"gaussian": gaussian, "dropout": dropout, "white": white}


def _drawn(draw: Callable[..., torch.Tensor], x: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
    """A number for each pixel."""
    return draws.own(lambda rows: draw((rows, *x.shape[1:]), generator=generator, device=x.device), len(x))
