"""The judge: a small convolutional classifier by which generated images are measured.

It says of which class an image is (does a conditional model draw what it was asked for?), and the layer before its last one gives the
features in which two sets of images are compared.

    2 × (convolution 3 × 3, ReLU) and max-pooling, with 32 and then 64 filters; dense to 128 features; dense to the classes
"""

import torch
from torch import nn
from torch.nn import functional as F

from genhub.images.coder import Shape

FEATURES = 128
FILTERS = (32, 64)


class Judge(nn.Module):
    """Images are (B, C, H, W) from 0 to 1."""

    def __init__(self, shape: Shape, classes: int, dropout: float = 0.3):
        super().__init__()
        self.shape, self.classes = shape, classes
        layers: list[nn.Module] = []
        here = shape.channels
        for there in FILTERS:
            layers += [nn.Conv2d(here, there, 3, padding=1), nn.ReLU(), nn.Conv2d(there, there, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
            here = there
        self.body = nn.Sequential(*layers)
        self.dense = nn.Linear(here * (shape.height // 4) * (shape.width // 4), FEATURES)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(FEATURES, classes)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """(B, FEATURES), not negative."""
        return F.relu(self.dense(self.dropout(self.body(x).flatten(1))))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, classes) logits."""
        return self.head(self.dropout(self.features(x)))
