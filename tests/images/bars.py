"""A small set of images, and runs on it: 160 pictures of two classes, a bright bar that lies or stands somewhere."""

import json
from pathlib import Path

import numpy as np

from genhub import tasks
from genhub.data import image_sets
from genhub.jobs.folder import RunFolder
from genhub.jobs.new import make_job
from genhub.options import Config
from genhub.training.configs import CONFIGS


def bars(folder: Path) -> Path:
    """The rows, in a folder of their own."""
    draw, x, y = np.random.default_rng(0), np.zeros((160, 8, 8), np.uint8), np.arange(160) % 2
    for image, stands in zip(x, y, strict=True):
        at = draw.integers(0, 7)
        image[(slice(None), slice(at, at + 2)) if stands else (slice(at, at + 2), slice(None))] = 250
    np.savez(folder / "bars.npz", x=x, y=np.where(y, "stands", "lies"))
    image_sets.read_images({"path": str(folder / "bars.npz"), "folder": str(folder), "source": "file"})
    return folder / image_sets.ROWS


def config(family: str, **values) -> Config:
    filmed = {} if family == "transfer" else {"frames": 0}
    return CONFIGS[family].from_dict({"epochs": 2, "precision": "fp32", **filmed, **values})


def new_run(path: Path, family: str, chosen: Config, rows: Path) -> RunFolder:
    info = image_sets.ImagesInfo(**json.loads((rows.parent / image_sets.FACTS).read_text()))
    run = RunFolder.create(path, make_job(family, chosen, rows, {**image_sets.origin(info), "name": "bars"}))
    run.rows.write_bytes(rows.read_bytes())
    return run


def trained(path: Path, family: str, rows: Path, **values) -> RunFolder:
    chosen = config(family, **values)
    run = new_run(path, family, chosen, rows)
    for _ in tasks.get(family).load()(chosen, run):
        pass
    return run
