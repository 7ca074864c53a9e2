"""The course's convolutional GAN.

generator      dense to a small picture of 10 channels, then transposed convolutions of 32, 16 and 1 filters: 3 → 7 → 14 → 28
discriminator  convolutions of 16, 32 and 64 filters, each with max-pooling and dropout: 28 → 14 → 7 → 3
"""

import math

import torch
from torch import nn

from genhub.images.coder import Shape
from genhub.images.conv import doubling
from genhub.images.gans.pair import GAN, LEAK, Discriminator

CHANNELS = 10  # of the small picture
GENERATOR, DISCRIMINATOR = (32, 16), (16, 32, 64)


class ConvGenerator(nn.Module):
    def __init__(self, shape: Shape, told: int):
        super().__init__()
        sizes = [(shape.height >> times, shape.width >> times) for times in (3, 2, 1, 0)]
        self.small = (CHANNELS, *sizes[0])
        self.widen = nn.Linear(told, math.prod(self.small))
        channels = (CHANNELS, *GENERATOR, shape.channels)
        layers: list[nn.Module] = []
        for place in range(3):
            layers += [nn.ReLU(), doubling(channels[place], channels[place + 1], sizes[place], sizes[place + 1])]
        self.body = nn.Sequential(*layers, nn.Sigmoid())

    def forward(self, told: torch.Tensor) -> torch.Tensor:
        return self.body(self.widen(told).unflatten(1, self.small))


class ConvGAN(GAN):
    def __init__(self, shape: Shape, coding: int = 30, classes: int = 0, *, dropout: float = 0.3, **remedies):
        layers: list[nn.Module] = []
        there = shape.channels
        for here in DISCRIMINATOR:
            layers += [nn.Conv2d(there, here, 3, padding=1), nn.LeakyReLU(LEAK), nn.MaxPool2d(2), nn.Dropout(dropout)]
            there = here
        features = there * (shape.height >> 3) * (shape.width >> 3)
        discriminator = Discriminator(nn.Sequential(*layers), features, classes, **remedies)
        super().__init__(shape, coding, classes, ConvGenerator(shape, coding + classes), discriminator)
