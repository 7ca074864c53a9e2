"""Sparse autoencoders: a wide code of which few units are on at a time.

L1  the sum of the activations is part of the loss
KL  the mean activation of each unit over a batch is drawn to a target (Ng 2011):
    KL(ρ ‖ q) = ρ ln(ρ / q) + (1 − ρ) ln((1 − ρ) / (1 − q))
"""

import torch

from genhub.images.coder import Shape, Terms, squared_error
from genhub.images.dense import DenseAutoencoder

CODING = 300
L1_WEIGHT, KL_WEIGHT, TARGET = 1e-4, 5e-3, 0.1


class SparseAutoencoder(DenseAutoencoder):
    """The code's units lie between 0 and 1. penalty: "l1" or "kl"; target: the share of images that a unit is to be on for."""

    def __init__(self, shape: Shape, coding: int = CODING, penalty: str = "kl", weight: float | None = None, target: float = TARGET):
        super().__init__(shape, coding)
        self.penalty, self.target = penalty, target
        self.weights = {"reconstruction": 1.0, "sparsity": weight or (L1_WEIGHT if penalty == "l1" else KL_WEIGHT)}

    def code(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        return super().code(x).sigmoid()

    def terms(self, x: torch.Tensor, y: torch.Tensor | None = None) -> Terms:
        z = self.code(x)
        on = z.float()
        sparsity = on.sum(1) if self.penalty == "l1" else divergence(self.target, on.mean(0)).sum().expand(len(x))
        return {"reconstruction": squared_error(x, self.pixels(z)), "sparsity": sparsity}


def divergence(target: float, mean: torch.Tensor) -> torch.Tensor:
    """KL(ρ ‖ q) in nats, of each unit's mean activation (D,)."""
    q = mean.clamp(1e-6, 1 - 1e-6)
    rho = torch.tensor(target)
    return rho * (rho / q).log() + (1 - rho) * ((1 - rho) / (1 - q)).log()
