"""Where images lie: codes on a plane, and the way back from the plane to codes.

Codes of two numbers are the plane. Of longer ones it is the plane of most variance (PCA): a place on it stands for the code that has these
two coordinates there and the mean of all others.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from genhub.errors import UserError
from genhub.images import figures
from genhub.images.coder import Coder
from genhub.images.pixels import Images, array

FILE = "map.safetensors"
MOST = 2_000  # images on a map


@dataclass(frozen=True)
class Plane:
    """places (N, 2); classes (N,), -1 where nobody named any; origin (D,) and axes (2, D): the code at (x, y) is origin + x·axes[0] +
    y·axes[1]; kept: the share of the codes' variance that the plane shows."""

    places: np.ndarray
    classes: np.ndarray
    origin: np.ndarray
    axes: np.ndarray
    kept: float

    def codes(self, places: np.ndarray) -> np.ndarray:
        """(K, 2) → (K, D)."""
        return (self.origin + np.asarray(places, np.float32) @ self.axes).astype(np.float32)


def plane(model: Coder, images: Images) -> Plane:
    """Where some images lie, as the model encodes them."""
    some = images.part(slice(0, MOST))
    codes = figures.codes(model, some)
    classes = np.full(len(some), -1) if some.y is None else some.y
    if model.coding == 2:
        return Plane(codes, classes, np.zeros(2, np.float32), np.eye(2, dtype=np.float32), 1.0)
    origin = codes.mean(0)
    _, sizes, directions = np.linalg.svd(codes - origin, full_matrices=False)
    axes = np.zeros((2, model.coding), np.float32)
    axes[: len(directions[:2])] = directions[:2]
    variance = np.square(sizes)
    kept = float(variance[:2].sum() / max(variance.sum(), 1e-12))
    return Plane(((codes - origin) @ axes.T).astype(np.float32), classes, origin.astype(np.float32), axes, kept)


def save(folder: Path, found: Plane) -> None:
    tensors = {"places": found.places, "classes": found.classes.astype(np.int16), "origin": found.origin, "axes": found.axes}
    save_file({**tensors, "kept": np.array([found.kept], np.float32)}, folder / FILE)


def load(folder: Path) -> Plane:
    """Raises UserError for a folder without a map."""
    try:
        told = load_file(folder / FILE)
        return Plane(told["places"], told["classes"].astype(int), told["origin"], told["axes"], float(told["kept"][0]))
    except (OSError, KeyError, SafetensorError):
        what = "This run has no map."
        raise UserError(
            what, "It is drawn when a training ends; a ZIP holds none, for it is of the images.", "Train it here.", "run"
        ) from None


@torch.inference_mode()
def decoded(model: Coder, codes: np.ndarray, label: int = 0) -> np.ndarray:
    """(K, D) → (K, H, W[, 3]) uint8; a conditional model is told the class `label`."""
    z = torch.from_numpy(np.asarray(codes, np.float32))
    return array(model.decode(z, torch.full((len(z),), label) if model.classes else None))
