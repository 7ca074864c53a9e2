"""Endpoints for scripts: images that a model learns, and images that it draws."""

from collections.abc import Callable
from dataclasses import asdict

from genhub.lab import Lab


def endpoints(lab: Lab) -> list[Callable]:
    def read_bundled_images(visitor: str, sample: str, options: dict) -> dict:
        """Read a set of images that comes with scikit-learn (digits). Returns its id, how many images of which size, its classes. `options`
        are the fields of ImageSetConfig: side, grey."""
        return asdict(lab.take_images_sample(visitor, sample, options))

    def draw_images(visitor: str, run: str, options: dict) -> dict:
        """Images that the model of a run draws, as one PNG in base64, in rows of `columns`. `options` are the fields of DrawConfig: n, label,
        temperature, seed."""
        return lab.draw(visitor, run, options)

    def image_map(visitor: str, run: str) -> dict:
        """Where the unseen images of a run lie, as the model encodes them: `places` on a plane, their classes, and the share of the codes'
        variance that the plane shows (1 for codes of two numbers)."""
        return lab.image_map(visitor, run)

    def images_at(visitor: str, run: str, places: list[list[float]], label: str = "") -> dict:
        """What the model of a run decodes at some places of its map: one row of images as a PNG in base64, and the codes."""
        return lab.images_at(visitor, run, places, label)

    return [read_bundled_images, draw_images, image_map, images_at]
