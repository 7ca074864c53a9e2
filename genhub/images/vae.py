"""Variational autoencoders (Kingma & Welling 2014), dense and convolutional, plain or conditional, with β (Higgins et al. 2017).

    encoder   q(z|x) = N(μ, σ²), μ and ln σ² being two dense layers
    sample    z = μ + σ·ε with ε ~ N(0, 1): the draw does not stand in the way of the gradient
    decoder   p(x|z), a Bernoulli for each pixel
    loss      −ELBO = −E[ln p(x|z)] + β · KL(q(z|x) ‖ N(0, 1)), in nats an image, both summed

The KL of two normals is ½ Σ (μ² + σ² − ln σ² − 1). A conditional model (Sohn et al. 2015) is told the class on both sides.

    dense  784 – 128 – 4 – 128 – 784
    conv   strided 3 × 3 convolutions of 32 and 64 filters, dense 16; back through transposed ones. After Keras' example of a VAE.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from genhub.images.coder import Coder, Shape, Terms
from genhub.training import draws

LARGEST_LOG_VAR = 20.0  # beyond it e^x leaves what bf16 and a squared error can bear


@dataclass(frozen=True)
class Posterior:
    """q(z|x): `mu` and `log_var` (B, coding), in float32."""

    mu: torch.Tensor
    log_var: torch.Tensor

    def sample(self) -> torch.Tensor:
        """One draw of each, by the reparameterisation trick."""
        return self.mu + (0.5 * self.log_var).exp() * draws.randn_like(self.mu)

    def kl(self) -> torch.Tensor:
        """(B, coding): nats of each dimension to N(0, 1)."""
        return 0.5 * (self.mu.square() + self.log_var.exp() - self.log_var - 1)


class VAE(Coder):
    """What dense and convolutional ones share. beta: what the KL counts. averaged: the pixels' term is divided by their number, the KL is not
    (a mistake of many a course: the KL then counts that many times too much). Subclasses have `body` and `pixel_logits`."""

    generative = True

    def __init__(self, shape: Shape, coding: int, hidden: int, classes: int = 0, *, beta: float = 1.0, averaged: bool = False):
        super().__init__(shape, coding, classes)
        self.weights = {"reconstruction": 1.0 / shape.pixels if averaged else 1.0, "kl": beta}
        self.mu = nn.Linear(hidden, coding)
        self.log_var = nn.Linear(hidden, coding)

    def body(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) and (B, classes) → (B, hidden)."""
        raise NotImplementedError

    def pixel_logits(self, z: torch.Tensor) -> torch.Tensor:
        """(B, coding + classes) → (B, C, H, W): ln p / (1 − p) of each pixel."""
        raise NotImplementedError

    def encode(self, x: torch.Tensor, y: torch.Tensor | None = None) -> Posterior:
        hidden = self.body(x, self.condition(y, x))
        return Posterior(self.mu(hidden).float(), self.log_var(hidden).float().clamp(max=LARGEST_LOG_VAR))

    def code(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        return self.encode(x, y).mu

    def logits(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        return self.pixel_logits(torch.cat([z, self.condition(y, z)], 1))

    def decode(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        return self.logits(z, y).float().sigmoid()

    def terms(self, x: torch.Tensor, y: torch.Tensor | None = None) -> Terms:
        """`mu`, which counts nothing, tells which dimensions say something of the image."""
        posterior = self.encode(x, y)
        logits = self.logits(posterior.sample(), y).float()
        nats = F.binary_cross_entropy_with_logits(logits, x.float(), reduction="none").flatten(1).sum(1)
        return {"reconstruction": nats, "kl": posterior.kl().sum(1), "mu": posterior.mu.detach()}


class DenseVAE(VAE):
    def __init__(self, shape: Shape, coding: int = 4, classes: int = 0, hidden: int = 128, **terms):
        super().__init__(shape, coding, hidden, classes, **terms)
        self.encoder = nn.Linear(shape.pixels + classes, hidden)
        self.decoder = nn.Sequential(nn.Linear(coding + classes, hidden), nn.ReLU(), nn.Linear(hidden, shape.pixels))

    def body(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        return F.relu(self.encoder(torch.cat([x.flatten(1), condition], 1)))

    def pixel_logits(self, z: torch.Tensor) -> torch.Tensor:
        return self.decoder(z).unflatten(1, (self.shape.channels, self.shape.height, self.shape.width))


class ConvVAE(VAE):
    """Sides must be multiples of 4."""

    def __init__(self, shape: Shape, coding: int = 2, classes: int = 0, *, filters: Sequence[int] = (32, 64), hidden: int = 16, **terms):
        super().__init__(shape, coding, hidden, classes, **terms)
        narrow, wide = filters
        self.small = (wide, shape.height // 4, shape.width // 4)
        flat = math.prod(self.small)
        self.encoder = nn.Sequential(
            nn.Conv2d(shape.channels, narrow, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(narrow, wide, 3, stride=2, padding=1), nn.ReLU()
        )
        self.dense = nn.Linear(flat + classes, hidden)
        self.widen = nn.Linear(coding + classes, flat)
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(wide, wide, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(wide, narrow, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(narrow, shape.channels, 3, padding=1),
        )

    def body(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        return F.relu(self.dense(torch.cat([self.encoder(x).flatten(1), condition], 1)))

    def pixel_logits(self, z: torch.Tensor) -> torch.Tensor:
        return self.decoder(F.relu(self.widen(z)).unflatten(1, self.small))
