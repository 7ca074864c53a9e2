"""What the two networks of a GAN lose; `real` and `fake` are what the discriminator says of images, (B,) in float32.

non-saturating  the discriminator's cross-entropy; the generator raises the probability of being taken for real (Goodfellow et al. 2014)
saturating      the same discriminator; the generator lowers the probability of being found out, as the game is written down: its
                gradient vanishes as soon as the discriminator is sure
wasserstein     a critic's difference between both (Arjovsky et al. 2017), which means something with a gradient penalty only
hinge           only what is on the wrong side of a margin counts (Lim & Ye 2017)
least-squares   squared distance to 1 for real, to 0 for fake (Mao et al. 2017)
"""

from collections.abc import Callable

import torch
from torch.nn import functional as F

from genhub.training import draws

NOISE = 0.05  # label noise of the course: the most that is added to a target of 0 and taken from one of 1


def cross_entropy(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """(B,) and (B,) from 0 to 1 → (B,)."""
    return F.binary_cross_entropy_with_logits(logits, target, reduction="none")


def targets(real: torch.Tensor, smoothing: float = 0.0, noisy: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    """What the discriminator is to say of real images and of fake ones: 1 and 0. smoothing: real ones count 1 − smoothing (one-sided, Salimans
    et al. 2016). noisy: both are off by a draw from 0 to NOISE, towards each other."""
    ones, zeros = torch.full_like(real, 1.0 - smoothing), torch.zeros_like(real)
    if not noisy:
        return ones, zeros
    return ones - NOISE * draws.rand_like(real), zeros + NOISE * draws.rand_like(real)


def discriminator_loss(kind: str, real: torch.Tensor, fake: torch.Tensor, *, smoothing: float = 0.0, noisy: bool = False) -> torch.Tensor:
    """(B,); smoothing and noise are of the cross-entropy's targets and of those of least squares."""
    if kind == "wasserstein":
        return fake - real
    if kind == "hinge":
        return F.relu(1 - real) + F.relu(1 + fake)
    one, zero = targets(real, smoothing, noisy)
    if kind == "least-squares":
        return (real - one).square() + (fake - zero).square()
    return cross_entropy(real, one) + cross_entropy(fake, zero)


def generator_loss(kind: str, fake: torch.Tensor) -> torch.Tensor:
    """(B,)."""
    if kind in ("wasserstein", "hinge"):
        return -fake
    if kind == "least-squares":
        return (fake - 1).square()
    if kind == "saturating":
        return -F.softplus(fake)  # ln(1 − p)
    return F.softplus(-fake)  # −ln p


def gradient_penalty(critic: Callable[[torch.Tensor], torch.Tensor], real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    """(B,): (‖∇ critic‖ − 1)² at an image drawn between a real and a fake one (Gulrajani et al. 2017)."""
    share = draws.own(lambda rows: torch.rand(rows, 1, 1, 1, device=real.device), len(real))
    between = torch.lerp(real.float(), fake.float(), share).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square()
