"""What all GANs here share (Goodfellow et al. 2014): a generator, which draws images of codes, and a discriminator, which says of an image
whether it takes it for real. A conditional pair (Mirza & Osindero 2014) is told the class on both sides."""

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from genhub.images.averaged import AveragedDrawer
from genhub.images.coder import Shape

LEAK = 0.2  # slope of the discriminator's leaky ReLU below 0 (Radford et al. 2016)


class Discriminator(nn.Module):
    """`body`: images (B, C, H, W) from −1 to 1 → (B, features). A class counts by its product with the features (the projection
    discriminator, Miyato & Koyama 2018).

    spread:   the features are followed by how much they vary over the batch (mini-batch standard deviation, Karras et al. 2018): images that
              are all alike give themselves away.
    spectral: every layer's matrix is divided by its largest singular value (Miyato et al. 2018), so that no step is steep.
    """

    def __init__(self, body: nn.Module, features: int, classes: int = 0, *, spread: bool = False, spectral: bool = False):
        super().__init__()
        self.body, self.spread = body, spread
        self.head = nn.Linear(features + spread, 1)
        self.classes = nn.Embedding(classes, features) if classes else None
        if self.classes is not None:
            nn.init.normal_(self.classes.weight, std=0.02)
        if spectral:
            for layer in [each for each in self.modules() if isinstance(each, nn.Conv2d | nn.Linear | nn.Embedding)]:
                spectral_norm(layer)

    def forward(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """Images from 0 to 1 → (B,) in float32: ln p / (1 − p) of being real; of a critic any number, higher for real."""
        features = self.body(2 * x - 1).flatten(1)
        believed = features if not self.spread else torch.cat([features, variation(features)], 1)
        logits = self.head(believed)[:, 0].float()
        if self.classes is not None:
            logits = logits + (features * self.classes(y)).sum(1).float()
        return logits


def variation(features: torch.Tensor) -> torch.Tensor:
    """(B, F) → (B, 1): the mean of the features' standard deviations over the batch, for every row the same."""
    each = (features.float().var(0, unbiased=False) + 1e-8).sqrt()
    return each.mean().to(features.dtype).expand(len(features), 1)


class GAN(AveragedDrawer):
    """generator: (B, coding + classes) → (B, C, H, W) from 0 to 1."""

    draws = "generator"

    def __init__(self, shape: Shape, coding: int, classes: int, generator: nn.Module, discriminator: Discriminator):
        super().__init__(shape, coding, classes)
        self.generator, self.discriminator = generator, discriminator

    def decode(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        return self.draw(z, y, self.generator if self.average is None else self.average).float()

    def draw(self, z: torch.Tensor, y: torch.Tensor | None = None, generator: nn.Module | None = None) -> torch.Tensor:
        """As `decode`, by the generator that learns unless another one is given."""
        return (generator or self.generator)(torch.cat([z, self.condition(y, z)], 1))

    def believe(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """(B, C, H, W) from 0 to 1 → (B,): see `Discriminator.forward`."""
        return self.discriminator(x, y if self.classes else None)
