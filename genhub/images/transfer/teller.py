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

from genhub.images.pixels import array, tensor
from genhub.images.transfer.networks import Network, load, names_of
from genhub.training.outcome import MODEL

PATCHES, STEPS = 4, 8  # a patch is a fourth of a side long, and is moved by an eighth


@dataclass(frozen=True)
class Teller:
    network: Network
    names: tuple[str, ...]

    @torch.inference_mode()
    def shares(self, x: np.ndarray) -> np.ndarray:
        """(N, C) probabilities."""
        return self.network(tensor(x)).softmax(1).numpy()

    def as_read(self, x: np.ndarray) -> np.ndarray:
        """(N, H, W[, 3]) uint8: the images as the network is shown them, but for their size where it scales them up."""
        return array(self.network.once(tensor(x)))

    @torch.inference_mode()
    def evidence(self, x: np.ndarray) -> np.ndarray:
        """One image (H, W[, 3]) → (h, w) of `as_read`: how much of the probability of its most probable class is lost when a patch around
        there is covered with the image's mean, from −1 to 1 (occlusion, Zeiler & Fergus 2014); where patches overlap, their mean."""
        image = self.network.once(tensor(x[None]))
        whole = self.network(image).softmax(1)[0]
        best, (height, width) = int(whole.argmax()), image.shape[2:]
        tall, wide = height // PATCHES, width // PATCHES
        corners = [(top, left) for top in _starts(height, tall) for left in _starts(width, wide)]
        covered = image.repeat(len(corners), 1, 1, 1)
        for number, (top, left) in enumerate(corners):
            covered[number, :, top : top + tall, left : left + wide] = image.mean((2, 3))[0, :, None, None]
        lost = whole[best] - self.network(covered).softmax(1)[:, best]
        sums, times = torch.zeros(height, width), torch.zeros(height, width)
        for (top, left), loss in zip(corners, lost, strict=True):
            sums[top : top + tall, left : left + wide] += loss
            times[top : top + tall, left : left + wide] += 1
        return (sums / times).numpy()


def open_teller(folder: Path) -> Teller:
    """Of a finished run's folder. Raises UserError for one that holds no image classifier."""
    home = folder / MODEL if (folder / MODEL).is_dir() else folder
    return Teller(load(home), names_of(home))


def heat(where: np.ndarray, x: np.ndarray, larger: int = 8) -> np.ndarray:
    """`Teller.evidence` over the image (h, w[, 3]) it is of → (h · larger, w · larger, 3) uint8: what speaks for the class in orange, what
    against it in blue, over the image in pale grey."""
    x = x if x.ndim == 2 else x.mean(2)
    most = max(float(np.abs(where).max()), 1e-6)
    share = F.interpolate(torch.from_numpy(where)[None, None] / most, scale_factor=larger, mode="bilinear")[0, 0].numpy()[..., None]
    grey = 255 - (255 - np.kron(x, np.ones((larger, larger)))[..., None]) * 0.55
    colours = np.where(share > 0, np.array([214, 94, 0]), np.array([0, 114, 178]))
    strength = np.abs(share) * 0.75
    return (grey * (1 - strength) + colours * strength).clip(0, 255).round().astype(np.uint8)


def _starts(side: int, patch: int) -> list[int]:
    """Where patches begin along a side, the last one at its end."""
    last = side - patch
    return sorted({*range(0, last, max(1, side // STEPS)), last})
