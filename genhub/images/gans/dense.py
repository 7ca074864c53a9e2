"""The course's dense GANs.

dense        generator 100 – 256 – 512 – 1024 – pixels, tanh; discriminator pixels – 1024 – 512 – 256 – 1; leaky ReLU and dropout
dense-small  generator 30 – 100 – 150 – pixels, sigmoid; discriminator pixels – 150 – 100 – 1; SELU (Géron, “Hands-On Machine
             Learning”, chapter 17)
"""

import itertools
from collections.abc import Sequence

import torch
from torch import nn

from genhub.images.coder import Shape
from genhub.images.gans.pair import GAN, LEAK, Discriminator


class DenseGenerator(nn.Module):
    """`small`: SELU and a sigmoid in place of leaky ReLU and tanh."""

    def __init__(self, shape: Shape, told: int, hidden: Sequence[int], small: bool):
        super().__init__()
        self.shape, self.small = shape, small
        self.body = nn.Sequential(*_layers((told, *hidden), small, 0.0), nn.Linear(hidden[-1], shape.pixels))

    def forward(self, told: torch.Tensor) -> torch.Tensor:
        pixels = self.body(told)
        shown = pixels.sigmoid() if self.small else (pixels.tanh() + 1) / 2
        return shown.unflatten(1, (self.shape.channels, self.shape.height, self.shape.width))


class DenseGAN(GAN):
    def __init__(
        self,
        shape: Shape,
        coding: int = 100,
        classes: int = 0,
        *,
        hidden: Sequence[int] = (256, 512, 1024),
        small: bool = False,
        dropout: float = 0.3,
        **remedies,
    ):
        body = nn.Sequential(nn.Flatten(), *_layers((shape.pixels, *reversed(hidden)), small, dropout))
        discriminator = Discriminator(body, hidden[0], classes, **remedies)
        super().__init__(shape, coding, classes, DenseGenerator(shape, coding + classes, hidden, small), discriminator)


def _layers(sizes: Sequence[int], small: bool, dropout: float) -> list[nn.Module]:
    found: list[nn.Module] = []
    for there, here in itertools.pairwise(sizes):
        layer = nn.Linear(there, here)
        if small:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")  # LeCun's: what SELU is made for
        found += [layer, nn.SELU() if small else nn.LeakyReLU(LEAK), nn.Dropout(dropout)]
    return found
