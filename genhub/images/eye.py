"""The eye by which sets of images are compared: the features of an embedded judge, for images of any size and colour.

eye = choose(images)                # the judge that tells the images' classes apart best
eye.features(x)                     # (N, 128)

A judge knows small grey pictures of digits or of clothes; larger and coloured ones are scaled and greyed for it, so that what it says of
them is coarse. Figures by it are not comparable with published ones, which rest on another network.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from genhub.hub import ZOO
from genhub.images import stored
from genhub.images.judge import Judge
from genhub.images.pixels import Images, tensor

JUDGES = ("fashion-judge", "mnist-judge")  # the first one where nobody named classes
BATCH = 500
TRIED = 1_000  # images by which a judge is chosen


@dataclass(frozen=True)
class Eye:
    """name: of the judge, as the catalog's models are named."""

    name: str
    judge: Judge

    @torch.no_grad()
    def features(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) from 0 to 1 → (B, F) in float32."""
        self.judge.to(x.device)
        return self.judge.features(prepared(self.judge, x))

    def of(self, x: np.ndarray) -> torch.Tensor:
        """(N, H, W[, 3]) uint8 → (N, F)."""
        return torch.cat([self.features(tensor(x[at : at + BATCH])) for at in range(0, len(x), BATCH)])


def prepared(judge: Judge, x: torch.Tensor) -> torch.Tensor:
    """(B, C, H, W) from 0 to 1 → grey images of the size that a judge reads."""
    grey, shape = x.float().mean(1, keepdim=True), judge.shape
    if grey.shape[2:] == (shape.height, shape.width):
        return grey
    return F.interpolate(grey, (shape.height, shape.width), mode="bilinear", antialias=True).clamp(0, 1)


def choose(images: Images) -> Eye:
    """Of images with classes the judge by whose features the class means tell most of them apart."""
    eyes = [opened(name) for name in JUDGES]
    if images.y is None or len(set(images.y.tolist())) < 2:
        return eyes[0]
    return max(eyes, key=lambda eye: _apart(eye, images.part(slice(0, TRIED))))


def opened(name: str, home: Path = ZOO) -> Eye:
    return Eye(f"embedded/{name}", stored.load(home / name))


def _apart(eye: Eye, images: Images) -> float:
    """Share of the images that lie nearest to the mean of their own class."""
    features, classes = eye.of(images.x), torch.from_numpy(images.y.astype(np.int64))
    present = classes.unique()
    means = torch.stack([features[classes == one].mean(0) for one in present])
    return float((present[torch.cdist(features, means).argmin(1)] == classes).float().mean())
