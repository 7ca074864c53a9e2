"""What every image model here can do: draw images of codes; and those with an encoder: images in, a code, images out, the terms of its loss."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

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


class Drawer(nn.Module):
    """Images are (B, C, H, W) with intensities from 0 to 1, codes (B, coding), classes (B,) whole numbers.

    generative: codes drawn from N(0, 1) are meant to be decoded.
    """

    generative = True

    def __init__(self, shape: Shape, coding: int, classes: int = 0):
        super().__init__()
        self.shape, self.coding, self.classes = shape, coding, classes

    def decode(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """(B, coding) → (B, C, H, W), from 0 to 1."""
        raise NotImplementedError

    def condition(self, y: torch.Tensor | None, like: torch.Tensor) -> torch.Tensor:
        """(B, classes) of zeros and ones; (B, 0) for a model without classes. Raises ValueError for a conditional model without `y`."""
        told = self.needed(y)
        return like.new_zeros((len(like), 0)) if told is None else F.one_hot(told, self.classes).to(like.dtype)

    def needed(self, y: torch.Tensor | None) -> torch.Tensor | None:
        """(B,) the classes that the model is told; None of a model without. Raises ValueError as `condition`."""
        if not self.classes:
            return None
        if y is None:
            raise ValueError("a conditional model needs the classes")
        return y.long()

    def settle(self) -> None:
        """The training is over: what was kept for it goes."""


class Coder(Drawer):
    """weights: what each term of the loss counts."""

    weights: Mapping[str, float] = {"reconstruction": 1.0}
    generative = False

    def code(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """(B, C, H, W) → (B, coding): where an image lies; of a VAE the mean."""
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
