"""What a transfer starts from: images in three parts, each with its share of every class, and the base that is taken over."""

from dataclasses import dataclass

import numpy as np

from genhub.errors import UserError
from genhub.images.pixels import Images, array, tensor
from genhub.images.transfer.networks import Base, Network, open_base
from genhub.training.configs import TransferConfig

LEAST = 3  # images of a class: one for each part
MOST_CLASSES = 200
CHUNK = 1_000


@dataclass(frozen=True)
class Material:
    """train, validation, test: as far as they are prepared for the base. shown: the test images as they are. rows: their places in the set."""

    base: Base
    train: Images
    validation: Images
    test: Images
    shown: Images
    rows: np.ndarray

    @property
    def names(self) -> tuple[str, ...]:
        return self.test.names

    def sizes(self) -> dict[str, int]:
        return {name: len(getattr(self, name)) for name in ("train", "validation", "test")}

    def notes(self) -> list[str]:
        """What was decided, in plain words."""
        sizes, shape, known = self.sizes(), self.shown.shape, self.base.network.reads
        told = [
            f"{sizes['train']:,} images of {len(self.names)} classes to learn from, {sizes['validation']:,} to choose the best epoch by, "
            f"{sizes['test']:,} for the verdict; each part has its share of every class."
        ]
        if shape != known:
            own, reads = ("coloured" if one.channels == 3 else "grey" for one in (shape, known))
            told.append(
                f"The base reads {reads} images of {known.height} × {known.width} pixels: yours, {own} ones of {shape.height} × {shape.width}, "
                "are turned into such."
            )
        return told


def gather(config: TransferConfig, images: Images) -> Material:
    """Divide the images and open the base. Raises UserError for images without two classes, or with too few of one."""
    _check_classes(images)
    base, parts = open_base(config.model), divided(images.y, config.test_share, config.validation_share, config.seed)
    train, validation, test = (_prepared(images.part(rows), base.network) for rows in parts)
    return Material(base, train, validation, test, images.part(parts[2]), parts[2])


def divided(y: np.ndarray, test_share: float, validation_share: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows to learn from, to validate on, and unseen ones: of every class its share, and at least one in each part."""
    generator = np.random.default_rng(seed)
    parts: tuple[list[np.ndarray], ...] = ([], [], [])
    for one in np.unique(y):
        rows = generator.permutation(np.flatnonzero(y == one))
        test = min(max(1, round(test_share * len(rows))), len(rows) - 2)
        validation = min(max(1, round(validation_share * len(rows))), len(rows) - test - 1)
        for part, cut in zip(parts, (rows[test + validation :], rows[test : test + validation], rows[:test]), strict=True):
            part.append(cut)
    train, seen, held = (generator.permutation(np.concatenate(part)) for part in parts)
    return train, seen, np.sort(held)


def _check_classes(images: Images) -> None:
    if images.y is None or len(images.names) < 2:
        have = "There are no classes." if images.y is None else f"All images are of one class, “{images.names[0][:40]}”."
        raise UserError(have, "At least two are told apart.", "Put the images of each class into a folder of its own.", "data")
    if len(images.names) > MOST_CLASSES:
        raise UserError(f"There are {len(images.names):,} classes.", f"At most {MOST_CLASSES}.", "Choose fewer, or join some.", "data")
    counts = np.bincount(images.y, minlength=len(images.names))
    few = [f"“{name[:40]}” ({count})" for name, count in zip(images.names, counts, strict=True) if count < LEAST]
    if few:
        more = f" and {len(few) - 5} more" if len(few) > 5 else ""
        what = f"Too few images of {', '.join(few[:5])}{more}."
        limit = f"At least {LEAST} of a class: one to learn from, one to choose the epoch by, one for the verdict."
        raise UserError(what, limit, "Add images of it, or leave the class out.", "data")


def _prepared(images: Images, network: Network) -> Images:
    """The images as far as they are prepared once."""
    chunks = [images.x[at : at + CHUNK] for at in range(0, len(images), CHUNK)]
    return Images(np.concatenate([array(network.once(tensor(chunk))) for chunk in chunks]), images.y, images.names)
