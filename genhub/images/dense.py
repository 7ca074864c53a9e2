"""Autoencoders of dense layers: linear, stacked, with tied weights, and one layer at a time.

    linear     784 – 30 – 784 without activation: it learns the plane that PCA finds (Baldi & Hornik 1989)
    stacked    784 – 100 – 30 – 100 – 784, SELU
    tied       the same, the decoder's matrices being the encoder's transposed
    layerwise  the same, each pair of layers trained on the codes of those before it (Bengio et al. 2007)

Layers and activations after Géron, “Hands-On Machine Learning”, chapter 17.
"""

import itertools
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from genhub.images.coder import Coder, Shape, Terms, squared_error

HIDDEN = (100,)


class DenseAutoencoder(Coder):
    """Layers of `hidden` sizes down to the code, and back through the same sizes.

    activation: after every layer but the code and the output; None: nowhere. dropout: after each hidden layer of the encoder.
    depth: how many pairs of layers are in use; all of them unless somebody trains them one by one.
    """

    def __init__(self, shape: Shape, coding: int, hidden: Sequence[int] = HIDDEN, activation=F.selu, dropout: float = 0.0):
        super().__init__(shape, coding)
        sizes = [shape.pixels, *hidden, coding]
        pairs = list(itertools.pairwise(sizes))
        self.encoder = nn.ModuleList(nn.Linear(wide, narrow) for wide, narrow in pairs)
        self.decoder = nn.ModuleList(nn.Linear(narrow, wide) for wide, narrow in reversed(pairs))
        self.activation = activation or (lambda hidden: hidden)
        self.dropout = nn.Dropout(dropout)
        self.depth = len(pairs)
        for layer in (*self.encoder, *self.decoder):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")  # LeCun's: what SELU is made for
            nn.init.zeros_(layer.bias)

    def code(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        hidden = x.flatten(1)
        for number, layer in enumerate(self.encoder[: self.depth], start=1):
            hidden = layer(hidden)
            if number < len(self.encoder):
                hidden = self.dropout(self.activation(hidden))
        return hidden

    def pixels(self, z: torch.Tensor) -> torch.Tensor:
        """(B, coding) → (B, C, H, W) as the last layer gives it: a little below 0 and above 1 here and there."""
        layers = self.decoder[len(self.decoder) - self.depth :]
        for layer in layers[:-1]:
            z = self.activation(layer(z))
        return layers[-1](z).unflatten(1, (self.shape.channels, self.shape.height, self.shape.width))

    def decode(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        return self.pixels(z).clamp(0, 1)

    def terms(self, x: torch.Tensor, y: torch.Tensor | None = None) -> Terms:
        return {"reconstruction": squared_error(x, self.pixels(self.code(x)))}


class TiedAutoencoder(DenseAutoencoder):
    """The decoder has biases of its own, and the encoder's matrices transposed: half the weights, and less to learn by heart."""

    def __init__(self, shape: Shape, coding: int, hidden: Sequence[int] = HIDDEN, activation=F.selu):
        super().__init__(shape, coding, hidden, activation)
        self.decoder = nn.ParameterList(nn.Parameter(torch.zeros(layer.in_features)) for layer in reversed(self.encoder))

    def pixels(self, z: torch.Tensor) -> torch.Tensor:
        layers = list(zip(reversed(self.encoder), self.decoder, strict=True))
        for number, (layer, bias) in enumerate(layers, start=1):
            z = F.linear(z, layer.weight.t(), bias)
            if number < len(layers):
                z = self.activation(z)
        return z.unflatten(1, (self.shape.channels, self.shape.height, self.shape.width))
