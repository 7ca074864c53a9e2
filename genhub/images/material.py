"""What a training on images starts from: the images in three parts, and a model drawn for them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from genhub.data import image_sets
from genhub.errors import UserError
from genhub.images.coder import Coder, Drawer
from genhub.images.pixels import Images
from genhub.images.variants import Blueprint, Variant, build, get
from genhub.training.configs import AutoencoderConfig, DiffusionConfig, GANConfig, ImageConfig, VAEConfig

FAMILY = {AutoencoderConfig: "autoencoder", VAEConfig: "vae", GANConfig: "gan", DiffusionConfig: "diffusion"}
LEAST = 8  # images of a part


@dataclass(frozen=True)
class Material:
    train: Images
    validation: Images
    test: Images
    blueprint: Blueprint
    model: Drawer

    @property
    def variant(self) -> Variant:
        return get(self.blueprint.family, self.blueprint.variant)

    def sizes(self) -> dict[str, int]:
        return {name: len(getattr(self, name)) for name in ("train", "validation", "test")}

    def notes(self) -> list[str]:
        """What was decided, in plain words."""
        sizes, shape = self.sizes(), self.blueprint.shape
        colours = "grey" if shape.channels == 1 else "coloured"
        told = [
            f"{sizes['train']:,} {colours} images of {shape.height} × {shape.width} pixels to learn from, {sizes['validation']:,} to watch "
            f"the training by, {sizes['test']:,} for the verdict."
        ]
        if isinstance(self.model, Coder) and self.model.coding >= shape.pixels:
            told.append(f"The code has {self.model.coding:,} numbers, an image {shape.pixels:,}: nothing has to be left out.")
        return told


def read_rows(path: Path, most: int | None = None) -> Images:
    """The images of a run, or `most` from all over them; classes in the order of their names. Raises UserError where the file cannot be read."""
    try:
        x, labels = image_sets.read_rows(path, most)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"The images of this run cannot be read ({type(error).__name__}).", "", "Start it again.", "data") from None
    names = tuple(sorted(set(labels), key=_natural))
    place = {name: number for number, name in enumerate(names)}
    return Images(x, np.array([place[label] for label in labels]) if labels else None, names)


def _natural(name: str) -> tuple:
    """“10” after “9”."""
    return (0, int(name), name) if name.isdecimal() else (1, 0, name)


def gather(config: ImageConfig, images: Images) -> Material:
    """Divide the images and draw the model. Raises UserError for too few, for classes that are not there, for a size that does not fit."""
    test, validation = (max(LEAST, round(share * len(images))) for share in (config.test_share, config.validation_share))
    if len(images) - test - validation < LEAST:
        what = f"{len(images):,} images are too few to be divided into three parts."
        raise UserError(what, f"At least {LEAST} in each.", "Add images, or keep smaller shares.", "test_share")
    order = np.random.default_rng(config.seed).permutation(len(images))
    held, seen, rest = order[:test], order[test : test + validation], order[test + validation :]
    blueprint = blueprint_of(config, images)
    torch.manual_seed(config.seed)
    return Material(images.part(rest), images.part(seen), images.part(held), blueprint, build(blueprint))


def blueprint_of(config: ImageConfig, images: Images) -> Blueprint:
    """What the options ask for. Raises UserError for a conditional model of images without two classes."""
    classes = 0
    if getattr(config, "conditional", False):
        if len(images.names) < 2:
            have = "There are no classes." if not images.names else f"All images are of one class, “{images.names[0][:40]}”."
            limit = "A conditional model is told one of at least two classes."
            raise UserError(have, limit, "Train it without, or put the images of each class into a folder of its own.", "conditional")
        classes = len(images.names)
    family = FAMILY[type(config)]
    variant = get(family, config.variant)
    options = {name: getattr(config, name) for name in variant.options if getattr(config, name) is not None}
    return Blueprint(family, config.variant, images.shape, getattr(config, "coding", 0), classes, options)
