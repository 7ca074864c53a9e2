"""Images as arrays and as the tensors that models read.

x: (N, H, W) or (N, H, W, 3) uint8; y: (N,) whole numbers, or None where nobody named classes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from genhub.images.coder import Shape


@dataclass(frozen=True)
class Images:
    x: np.ndarray
    y: np.ndarray | None = None
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.x)

    @property
    def shape(self) -> Shape:
        return Shape(1 if self.x.ndim == 3 else self.x.shape[3], *self.x.shape[1:3])

    def part(self, rows: np.ndarray | slice) -> "Images":
        return Images(self.x[rows], None if self.y is None else self.y[rows], self.names)


def tensor(x: np.ndarray) -> torch.Tensor:
    """(N, H, W[, 3]) uint8 → (N, C, H, W) float32 from 0 to 1, laid out as convolutions are fastest."""
    pixels = torch.from_numpy(np.ascontiguousarray(x))
    pixels = pixels[:, None] if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2)
    return (pixels.float() / 255).to(memory_format=torch.channels_last)


def array(x: torch.Tensor) -> np.ndarray:
    """(N, C, H, W) from 0 to 1 → (N, H, W[, 3]) uint8."""
    pixels = (x.detach().float().clamp(0, 1) * 255).round().byte().cpu()
    return (pixels[:, 0] if pixels.shape[1] == 1 else pixels.permute(0, 2, 3, 1)).numpy()


class Examples:
    """Images as the training loop takes them. `vary`: what is done to a batch of tensors before a model sees it."""

    def __init__(self, images: Images, vary: Callable[[torch.Tensor], torch.Tensor] | None = None):
        self.images, self.vary = images, vary
        self.lengths = [1] * len(images)

    def batch(self, indices: Sequence[int]) -> dict[str, torch.Tensor]:
        rows = np.asarray(indices)
        x = tensor(self.images.x[rows])
        if self.vary is not None:
            x = self.vary(x)
        return {"x": x} if self.images.y is None else {"x": x, "y": torch.from_numpy(self.images.y[rows].astype(np.int64))}

    def weight(self, indices: Sequence[int]) -> float:
        return float(len(indices))


class Coded(Examples):
    """Images, and beside each a code that is always the same."""

    def __init__(self, images: Images, coding: int, seed: int = 0):
        super().__init__(images)
        self.codes = torch.randn(len(images), coding, generator=torch.Generator().manual_seed(seed))

    def batch(self, indices: Sequence[int]) -> dict[str, torch.Tensor]:
        return {**super().batch(indices), "z": self.codes[list(indices)]}


def shifted(x: torch.Tensor, most: int = 2, flip: bool = False) -> torch.Tensor:
    """(B, C, H, W) moved by up to `most` pixels, a draw for each image, and mirrored half the time where that makes sense."""
    count, _, height, width = x.shape
    padded = torch.nn.functional.pad(x, (most,) * 4)
    down, right = (torch.randint(0, 2 * most + 1, (count, 1)) + torch.arange(side) for side in (height, width))
    if flip:
        right = torch.where(torch.rand(count, 1) < 0.5, right.flip(1), right)
    rows = torch.arange(count)[:, None, None]
    return padded.permute(0, 2, 3, 1)[rows, down[:, :, None], right[:, None, :]].permute(0, 3, 1, 2)


def softened(x: torch.Tensor) -> torch.Tensor:
    """(B, C, H, W), half of them blurred (two means over 3 × 3 pixels), each as much as a draw says: what a model draws is seldom sharp."""
    blurred = x
    for _ in range(2):
        blurred = torch.nn.functional.avg_pool2d(blurred, 3, stride=1, padding=1)
    share = (2 * torch.rand(len(x), 1, 1, 1) - 1).clamp(min=0)
    return torch.lerp(x, blurred, share)
