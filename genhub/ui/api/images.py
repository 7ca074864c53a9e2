"""Endpoints for scripts: images that a model learns, and images that it draws."""

from collections.abc import Callable
from dataclasses import asdict

from genhub.data import streamed
from genhub.lab import Lab


def endpoints(lab: Lab) -> list[Callable]:
    def read_bundled_images(visitor: str, sample: str, options: dict) -> dict:
        """Read a set of images that comes with scikit-learn (digits). Returns its id, how many images of which size, its classes. `options`
        are the fields of ImageSetConfig: side, grey."""
        return asdict(lab.take_images_sample(visitor, sample, options))

    def read_hub_images(visitor: str, dataset: str, options: dict, column: str = "") -> dict:
        """Read the pictures of a data set on the Hub, owner/name:configuration:split (the last two may be left out); of one beyond the limits a
        part is drawn. `column` names the classes; empty: label, or the first column of classes. Returns as read_bundled_images."""
        return asdict(lab.take_images_hub(visitor, *streamed.address(dataset).values(), column=column or "", values=options))

    def image_models() -> list[dict]:
        """The image models that come with GenHub and are here: their ids, which the endpoints below take in place of a run's."""
        return [asdict(entry) for entry in lab.image_models()]

    def draw_images(visitor: str, run: str, options: dict) -> dict:
        """Images that the model of a run draws, as one PNG in base64, in rows of `columns`. `options` are the fields of DrawConfig: n, label,
        temperature, truncation, seed; of a diffusion model steps, guidance, chance, and `film` tells what it expected to draw on the way."""
        return lab.draw(visitor, run, options)

    def look_at_code(visitor: str, run: str, of: dict, label: str = "") -> dict:
        """One code of the model of a run: what is decoded there, the known images nearest to it, codes alike. `of` is {"drawn": options of
        draw_images, "index": which of them} or {"place": [x, y] of the map}, and may have {"moved": {number: value}}."""
        return lab.look(visitor, run, of, label)

    def image_models_beside(visitor: str, run: str, other: str, seed: int = 0) -> dict:
        """Two image models on the same images: squared errors, what each gives back and draws, sizes, parameters, seconds of training."""
        return lab.painters_beside(visitor, run, other, seed)

    def image_map(visitor: str, run: str) -> dict:
        """Where the unseen images of a run lie, as the model encodes them: `places` on a plane, their classes, and the share of the codes'
        variance that the plane shows (1 for codes of two numbers)."""
        return lab.image_map(visitor, run)

    def images_at(visitor: str, run: str, places: list[list[float]], label: str = "") -> dict:
        """What the model of a run decodes at some places of its map: one row of images as a PNG in base64, and the codes."""
        return lab.images_at(visitor, run, places, label)

    return [
        *(read_bundled_images, read_hub_images, image_models, draw_images, image_map, images_at),
        *(look_at_code, image_models_beside),
    ]
