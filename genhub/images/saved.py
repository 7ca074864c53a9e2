"""Images as a file: one picture, a ZIP of pictures, or an array. As bytes, whoever writes them."""

import io
import zipfile
from collections.abc import Sequence

import numpy as np

from genhub.data.image_sets import grid, png

ENDINGS = ("png", "zip", "npz")
ABOUT = "Images drawn by a model in GenHub; where it was told their classes, in a folder for each.\n"


def as_file(x: np.ndarray, classes: np.ndarray | None, names: Sequence[str], ending: str) -> bytes:
    """(N, H, W[, 3]) uint8 and, where they were told, the number of each one's class. png: a grid, about square; zip: a PNG each, in a folder
    for each class; npz: x, and y, the classes' names. An array can be learnt from again, and so can a ZIP of at most 2,000 images of at least
    16 × 16 pixels."""
    if ending == "png":
        return png(grid(x, max(1, round(len(x) ** 0.5))))
    buffer = io.BytesIO()
    if ending == "npz":
        np.savez_compressed(buffer, x=x, **({} if classes is None else {"y": np.array(names)[classes]}))
        return buffer.getvalue()
    folders = _folders(names)
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("about.txt", ABOUT)  # beside the folders: one folder around everything is taken off where a ZIP is read
        for number, pixels in enumerate(x):
            folder = "" if classes is None else f"{folders[classes[number]]}/"
            archive.writestr(f"{folder}{number:05d}.png", png(pixels))
    return buffer.getvalue()


def _folders(names: Sequence[str]) -> list[str]:
    """What the classes' folders are called, each in its own way."""
    plain = [_plain(name) for name in names]
    return [name if plain.count(name) == 1 else f"{name} {number}" for number, name in enumerate(plain)]


def _plain(name: str) -> str:
    """A class's name as that of a folder."""
    return "".join(letter if letter.isalnum() or letter in " -_" else "_" for letter in name).strip() or "_"
