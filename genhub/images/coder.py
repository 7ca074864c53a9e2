"""What every model here with an encoder and a decoder can do: images in, a code, images out, and the terms of its loss."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

Terms = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Shape:
    """Of one image, as a model sees it: channels first."""

    channels: int
    height: int
    width: int

    @property
    def pixels(self) -> int:
        """Numbers of an image."""
        return self.channels * self.height * self.width


class Coder(nn.Module):
    """Images are (B, C, H, W) with intensities from 0 to 1, codes (B, coding), classes (B,) whole numbers.

    weights:    what each term of the loss counts.
    generative: codes drawn from N(0, 1) are meant to be decoded.
    """

    weights: Mapping[str, float] = {"reconstruction": 1.0}
    generative = False

    def __init__(self, shape: Shape, coding: int, classes: int = 0):
        super().__init__()
        self.shape, self.coding, self.classes = shape, coding, classes

    def code(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """(B, C, H, W) → (B, coding): where an image lies; of a VAE the mean."""
        raise NotImplementedError

    def decode(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """(B, coding) → (B, C, H, W), from 0 to 1."""
        raise NotImplementedError

    def terms(self, x: torch.Tensor, y: torch.Tensor | None = None) -> Terms:
        """The loss by term, each (B,) in float32; `reconstruction` is among them."""
        raise NotImplementedError

    def reconstruct(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """(B, C, H, W) → (B, C, H, W)."""
        return self.decode(self.code(x, y), y)


def parameters(model: nn.Module) -> int:
    """Numbers that learn."""
    return sum(tensor.numel() for tensor in model.parameters() if tensor.requires_grad)


def squared_error(x: torch.Tensor, reconstruction: torch.Tensor) -> torch.Tensor:
    """(B, …) twice → (B,): the mean over an image's pixels."""
    return (x.float() - reconstruction.float()).square().flatten(1).mean(1)
