"""Images as a file: one picture, a ZIP of pictures, an array, or a set that `datasets` reads. As bytes, whoever writes them."""

import io
import zipfile
from collections import Counter
from collections.abc import Sequence

import numpy as np

from genhub.data.image_sets import grid, png

ENDINGS = ("png", "zip", "npz")
DATASETS = "datasets"
SETS = ("zip", "npz", DATASETS)  # what a set of images can be written as
UNSURE = "A class is what the model was told, not what anybody saw: look at the images before you learn from them."
CARD = """\
---
pretty_name: {title}
task_categories:
- {task}
tags:
- synthetic
- genhub
---

# {count:,} {title}

Images of {width} × {height} pixels, synthetic: {told}
{table}
```python
from datasets import load_dataset

images = load_dataset("imagefolder", data_dir="this-folder", split="train")
```

Before you add them to real images, measure whether they help: learn with and without them, and judge both on real images that neither
has seen.
"""
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


def as_set(x: np.ndarray, classes: np.ndarray | None, names: Sequence[str], kind: str, told: str, title: str = "drawn images") -> bytes:
    """As `as_file`, or for DATASETS a ZIP that unpacks to a folder for `datasets.load_dataset("imagefolder", data_dir=…)`, with a card for
    the Hub. `told`: who drew the images, and how, as a sentence; title: what they are."""
    if kind != DATASETS:
        return as_file(x, classes, names, kind)
    folders, buffer = _folders(names), io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("README.md", card(x, None if classes is None else [names[number] for number in classes], told, title))
        for number, pixels in enumerate(x):
            folder = "" if classes is None else f"{folders[classes[number]]}/"
            archive.writestr(f"train/{folder}{number:05d}.png", png(pixels))
    return buffer.getvalue()


def card(x: np.ndarray, classes: Sequence[str] | None, told: str, title: str = "drawn images") -> str:
    """What a set of drawn images says of itself on the Hub. `classes`: of each image, where one was told."""
    task = "unconditional-image-generation" if classes is None else "image-classification"
    counts = Counter(classes or ())
    rows = "".join(f"| {_cell(name)} | {count:,} |\n" for name, count in sorted(counts.items()))
    table = f"\n| class | images |\n| --- | ---: |\n{rows}\n{UNSURE}\n" if counts else ""
    return CARD.format(task=task, count=len(x), height=x.shape[1], width=x.shape[2], told=told, table=table, title=title)


def _cell(name: str) -> str:
    """A class's name in a table of Markdown."""
    return " ".join(name.replace("|", "\\|").split())


def _folders(names: Sequence[str]) -> list[str]:
    """What the classes' folders are called, each in its own way."""
    plain = [_plain(name) for name in names]
    return [name if plain.count(name) == 1 else f"{name} {number}" for number, name in enumerate(plain)]


def _plain(name: str) -> str:
    """A class's name as that of a folder."""
    return "".join(letter if letter.isalnum() or letter in " -_" else "_" for letter in name).strip() or "_"
