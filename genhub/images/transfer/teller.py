"""An image classifier in use: of which class an image is, and which part of it says so.

teller = open_teller(folder)
shares = teller.shares(x)           # (N, C) of (N, H, W[, 3]) uint8 of any size
where = teller.evidence(x[0])       # what each patch of the image adds to the probability of its class
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from genhub.errors import UserError
from genhub.images import stored
from genhub.images.eye import prepared
from genhub.images.judge import Judge
from genhub.images.pixels import array, tensor

PATCH = 7  # pixels of a side of what is covered, on an image of the network's size
STRIDE = 3


@dataclass(frozen=True)
class Teller:
    judge: Judge
    names: tuple[str, ...]

    def read(self, x: np.ndarray) -> torch.Tensor:
        """(N, H, W[, 3]) uint8 → (N, 1, H, W) from 0 to 1, as the network reads them."""
        return prepared(self.judge, tensor(x))

    @torch.inference_mode()
    def shares(self, x: np.ndarray) -> np.ndarray:
        """(N, C) probabilities."""
        return self.judge(self.read(x)).softmax(1).numpy()

    def as_read(self, x: np.ndarray) -> np.ndarray:
        """(N, H, W) uint8: the images as the network reads them."""
        return array(self.read(x))

    @torch.inference_mode()
    def evidence(self, x: np.ndarray) -> np.ndarray:
        """One image (H, W[, 3]) → (h, w) of the network's own size: how much of the probability of its most probable class is lost when
        a patch around there is covered with the image's mean, from −1 to 1 (occlusion, Zeiler & Fergus 2014); where patches overlap, their mean."""
        image = self.read(x[None])
        whole = self.judge(image).softmax(1)[0]
        best, (height, width) = int(whole.argmax()), image.shape[2:]
        corners = [(top, left) for top in _starts(height) for left in _starts(width)]
        covered = image.repeat(len(corners), 1, 1, 1)
        for number, (top, left) in enumerate(corners):
            covered[number, :, top : top + PATCH, left : left + PATCH] = image.mean()
        lost = whole[best] - self.judge(covered).softmax(1)[:, best]
        sums, times = torch.zeros(height, width), torch.zeros(height, width)
        for (top, left), loss in zip(corners, lost, strict=True):
            sums[top : top + PATCH, left : left + PATCH] += loss
            times[top : top + PATCH, left : left + PATCH] += 1
        return (sums / times).numpy()


def open_teller(folder: Path) -> Teller:
    """Of a finished run's folder. Raises UserError for one that holds no image classifier."""
    home = folder / "model" if (folder / "model").is_dir() else folder
    found = stored.load(home)
    if not isinstance(found, Judge):
        raise UserError("This model tells no classes apart.", "It draws images, or gives them back.", "Choose a run of Transfer.", "run")
    return Teller(found, stored.names_of(home))


def heat(where: np.ndarray, x: np.ndarray, larger: int = 8) -> np.ndarray:
    """`Teller.evidence` over the image (h, w) it is of → (h · larger, w · larger, 3) uint8: what speaks for the class in orange, what
    against it in blue, over the image in pale grey."""
    most = max(float(np.abs(where).max()), 1e-6)
    share = F.interpolate(torch.from_numpy(where)[None, None] / most, scale_factor=larger, mode="bilinear")[0, 0].numpy()[..., None]
    grey = 255 - (255 - np.kron(x, np.ones((larger, larger)))[..., None]) * 0.55
    colours = np.where(share > 0, np.array([214, 94, 0]), np.array([0, 114, 178]))
    strength = np.abs(share) * 0.75
    return (grey * (1 - strength) + colours * strength).clip(0, 255).round().astype(np.uint8)


def _starts(side: int) -> list[int]:
    """Where patches begin along a side, the last one at its end."""
    last = max(0, side - PATCH)
    return sorted({*range(0, last, STRIDE), last})
