"""What is known of the images that a trained model has not learnt from: their codes, where they lie on a plane, how well each is given back.

Codes of two numbers are the plane. Of longer ones it is the plane of most variance (PCA): a place on it stands for the code that has these
two coordinates there and the mean of all others.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from genhub.errors import UserError
from genhub.images import figures
from genhub.images.coder import Coder
from genhub.images.pixels import Images

FILE = "map.safetensors"
MOST = 2_000  # images on a map
MOST_CODING = 128  # longer codes are not kept whole: they would be larger than the images
KEPT = 24  # coordinates of such ones, in the directions of most variance


@dataclass(frozen=True)
class Plane:
    """places (N, 2); classes (N,), -1 where nobody named any; origin (D,) and axes (2, D): the code at (x, y) is origin + x·axes[0] +
    y·axes[1]; kept: the share of the codes' variance that the plane shows; errors (N,): squared errors of the reconstructions; middle, spread (D,):
    mean and standard deviation of each number of a code; means (K, D): the mean code of each class, not a number of one without images. codes
    (N, C): the codes, or what is kept of long ones: coordinates along `basis` (C, D) from the middle. images (N, H, W[, 3]) uint8, where the
    images may be."""

    places: np.ndarray
    classes: np.ndarray
    origin: np.ndarray
    axes: np.ndarray
    kept: float
    errors: np.ndarray
    middle: np.ndarray
    spread: np.ndarray
    means: np.ndarray
    codes: np.ndarray
    basis: np.ndarray | None = None
    images: np.ndarray | None = None

    @property
    def whole(self) -> bool:
        """Are the codes kept as they are?"""
        return self.basis is None

    def known(self, rows: np.ndarray | slice) -> np.ndarray:
        """Codes (K, D) of some of the images, as far as they are kept."""
        some = self.codes[rows]
        return some if self.basis is None else (self.middle + some @ self.basis).astype(np.float32)

    def at(self, places: np.ndarray) -> np.ndarray:
        """Codes (K, D) of places (K, 2)."""
        return (self.origin + np.asarray(places, np.float32) @ self.axes).astype(np.float32)

    def place(self, codes: np.ndarray) -> np.ndarray:
        """Places (K, 2) of codes (K, D)."""
        return ((codes - self.origin) @ self.axes.T).astype(np.float32)

    def nearest(self, code: np.ndarray, count: int) -> np.ndarray:
        """Which images lie closest to a code (D,), by as much of their codes as is kept."""
        own = code if self.basis is None else (code - self.middle) @ self.basis.T
        return np.argsort(np.square(self.codes - own).sum(1), kind="stable")[:count]

    def first(self, count: int) -> "Plane":
        """With the first so many images alone; what is known of the codes as a whole stays."""
        each = {name: getattr(self, name)[:count] for name in ("places", "classes", "errors", "codes")}
        return replace(self, **each, images=None if self.images is None else self.images[:count])

    def worse(self, error: float) -> float:
        """The share of the images that are given back no better than with this squared error."""
        return float((self.errors >= error).mean())


def plane(model: Coder, images: Images, *, with_images: bool = True) -> Plane:
    """Where some images lie, as the model encodes them."""
    some = images.part(slice(0, MOST))
    codes = figures.codes(model, some)
    classes = np.full(len(some), -1) if some.y is None else some.y
    origin, axes, kept = np.zeros(2, np.float32), np.eye(2, dtype=np.float32), 1.0
    if model.coding != 2:
        origin, axes, kept = _of_most_variance(codes)
    means = np.full((len(some.names), model.coding), np.nan, np.float32)
    for number in np.unique(classes[classes >= 0]):
        means[number] = codes[classes == number].mean(0)
    middle, basis = codes.mean(0), None
    if model.coding > MOST_CODING:
        basis = np.linalg.svd(codes - middle, full_matrices=False)[2][:KEPT].astype(np.float32)
    return Plane(
        places=((codes - origin) @ axes.T).astype(np.float32),
        classes=classes,
        origin=origin,
        axes=axes,
        kept=kept,
        errors=figures.errors(model, some),
        middle=middle,
        spread=codes.std(0),
        means=means,
        codes=codes if basis is None else ((codes - middle) @ basis.T).astype(np.float32),
        basis=basis,
        images=some.x if with_images else None,
    )


def _of_most_variance(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """(origin, axes, share of the variance) of the first two principal components."""
    origin = codes.mean(0)
    _, sizes, directions = np.linalg.svd(codes - origin, full_matrices=False)
    axes = np.zeros((2, codes.shape[1]), np.float32)
    axes[: len(directions[:2])] = directions[:2]
    variance = np.square(sizes)
    return origin.astype(np.float32), axes, float(variance[:2].sum() / max(variance.sum(), 1e-12))


def save(folder: Path, found: Plane) -> None:
    tensors = {name: getattr(found, name).astype(np.float16) for name in HALVES}
    tensors |= {"classes": found.classes.astype(np.int16), "origin": found.origin, "axes": found.axes}
    tensors["kept"] = np.array([found.kept], np.float32)
    if found.basis is not None:
        tensors["basis"] = found.basis.astype(np.float16)
    if found.images is not None:
        tensors["images"] = np.ascontiguousarray(found.images)
    save_file(tensors, folder / FILE)


HALVES = ("places", "errors", "middle", "spread", "means", "codes")


def load(folder: Path) -> Plane:
    """Raises UserError for a folder without a map."""
    try:
        told = load_file(folder / FILE)
        halves = {name: told[name].astype(np.float32) for name in HALVES}
        basis = told["basis"].astype(np.float32) if "basis" in told else None
        shape = {"classes": told["classes"].astype(int), "origin": told["origin"], "axes": told["axes"], "kept": float(told["kept"][0])}
        return Plane(**halves, **shape, basis=basis, images=told.get("images"))
    except (OSError, KeyError, SafetensorError):
        what = "This run has no map."
        raise UserError(
            what, "It is drawn when a training ends; a ZIP holds none, for it is of the images.", "Train it here.", "run"
        ) from None
