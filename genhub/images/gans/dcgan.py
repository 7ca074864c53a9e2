"""DCGAN (Radford et al. 2016), by its five rules: strided and transposed convolutions in place of pooling, batch norm except at the ends, no
dense hidden layers, ReLU and a tanh in the generator, leaky ReLU in the discriminator. Weights are drawn from N(0, 0.02²).

    generator      code → 128 × 7 × 7 → 64 × 14 × 14 → 28 × 28, convolutions of 4 × 4; from 48 pixels on one more
    discriminator  the way back; without batch norm where a gradient penalty looks at each image alone (Gulrajani et al. 2017)
"""

import itertools
from collections.abc import Sequence

import torch
from torch import nn

from genhub.images.coder import Shape
from genhub.images.gans.pair import GAN, LEAK, Discriminator

FILTERS = (128, 64)
LARGE = 48  # pixels of a side from which on there is one more layer
STD = 0.02


class DCGenerator(nn.Module):
    def __init__(self, shape: Shape, told: int, filters: Sequence[int]):
        super().__init__()
        small = (shape.height >> len(filters), shape.width >> len(filters))
        layers: list[nn.Module] = [nn.ConvTranspose2d(told, filters[0], small, bias=False), nn.BatchNorm2d(filters[0]), nn.ReLU()]
        for there, here in itertools.pairwise(filters):
            layers += [nn.ConvTranspose2d(there, here, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(here), nn.ReLU()]
        self.body = nn.Sequential(*layers, nn.ConvTranspose2d(filters[-1], shape.channels, 4, stride=2, padding=1), nn.Tanh())

    def forward(self, told: torch.Tensor) -> torch.Tensor:
        return (self.body(told[:, :, None, None]) + 1) / 2


class DCGAN(GAN):
    """`normed`: batch norm in the discriminator. It is always that of the batch: statistics kept of real and fake images together fit neither."""

    def __init__(
        self, shape: Shape, coding: int = 100, classes: int = 0, *, filters: Sequence[int] = FILTERS, normed: bool = True, **remedies
    ):
        if min(shape.height, shape.width) >= LARGE and not shape.height % 8 and not shape.width % 8:
            filters = (2 * filters[0], *filters)
        layers: list[nn.Module] = []
        there = shape.channels
        for place, here in enumerate(reversed(filters)):
            norm = normed and place > 0
            layers += [
                nn.Conv2d(there, here, 4, stride=2, padding=1, bias=not norm),
                *([nn.BatchNorm2d(here, track_running_stats=False)] if norm else []),
            ]
            layers.append(nn.LeakyReLU(LEAK))
            there = here
        features = there * (shape.height >> len(filters)) * (shape.width >> len(filters))
        for layer in layers:
            _draw(layer)
        discriminator = Discriminator(nn.Sequential(*layers), features, classes, **remedies)
        super().__init__(shape, coding, classes, DCGenerator(shape, coding + classes, filters), discriminator)
        self.generator.apply(_draw)


def _draw(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, std=STD)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, STD)
