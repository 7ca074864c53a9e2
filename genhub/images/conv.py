"""The convolutional autoencoder of the course: convolutions and pooling down to a small picture of many channels, and back.

    encoder  16 – 32 – 64 filters of 3 × 3, each followed by 2 × 2 max-pooling: 28 → 14 → 7 → 3
    decoder  transposed convolutions of 32 – 16 – 1 filters, each twice as wide as what it reads: 3 → 7 → 14 → 28

After Géron, “Hands-On Machine Learning”, chapter 17. The code is that small picture, flat: 3 × 3 × 64 = 576 numbers of 28 × 28 pixels.
With a `coding` of its own a dense layer on each side makes it shorter.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from genhub.images.coder import Coder, Shape, Terms, squared_error

FILTERS = (16, 32, 64)


class ConvAutoencoder(Coder):
    """`coding`: None for the small picture itself."""

    def __init__(self, shape: Shape, coding: int | None = None, filters: Sequence[int] = FILTERS):
        sizes = [(shape.height, shape.width)]
        for _ in filters:
            sizes.append(tuple(side // 2 for side in sizes[-1]))
        small = (filters[-1], *sizes[-1])
        flat = small[0] * small[1] * small[2]
        super().__init__(shape, coding or flat)
        self.small = small
        channels = (shape.channels, *filters)
        self.encoder = nn.ModuleList(nn.Conv2d(here, there, 3, padding=1) for here, there in zip(channels, filters, strict=False))
        self.decoder = nn.ModuleList(
            doubling(there, here, smaller, larger)
            for here, there, smaller, larger in reversed(list(zip(channels, filters, sizes[1:], sizes, strict=False)))
        )
        self.narrow = nn.Linear(flat, coding) if coding else nn.Identity()
        self.widen = nn.Linear(coding, flat) if coding else nn.Identity()

    def code(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        for layer in self.encoder:
            x = F.max_pool2d(F.relu(layer(x)), 2)
        return self.narrow(x.flatten(1))

    def pixels(self, z: torch.Tensor) -> torch.Tensor:
        """(B, coding) → (B, C, H, W) as the last layer gives it."""
        hidden = self.widen(z).unflatten(1, self.small)
        for layer in self.decoder[:-1]:
            hidden = F.relu(layer(hidden))
        return self.decoder[-1](hidden)

    def decode(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        return self.pixels(z).clamp(0, 1)

    def terms(self, x: torch.Tensor, y: torch.Tensor | None = None) -> Terms:
        return {"reconstruction": squared_error(x, self.pixels(self.code(x)))}


def doubling(inputs: int, outputs: int, smaller: tuple[int, int], larger: tuple[int, int]) -> nn.ConvTranspose2d:
    """3 × 3 with stride 2 from one size to the other: an even side needs one more row and one less around it."""
    odd = [large % 2 for large in larger]
    padding = tuple(0 if rest else 1 for rest in odd)
    more = tuple(large - ((small - 1) * 2 - 2 * pad + 3) for small, large, pad in zip(smaller, larger, padding, strict=True))
    return nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=padding, output_padding=more)
