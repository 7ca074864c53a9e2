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
        """Images that the model of a run draws, or an embedded one, or a diffusion model of the Hub (owner/name), as one PNG in base64, in rows of `columns`. `options` are the fields of DrawConfig: n, label,
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

    def discriminator_moments() -> list[int]:
        """Of the embedded GAN that is kept along its training the steps of the generator at each moment; empty where it is not here."""
        return lab.moments()

    def deal_tiles(visitor: str, moment: int, seed: int, real: str = "") -> dict:
        """Twelve images, drawn ones among them, as one PNG in base64: of a `moment` from 1 on, the same for the same `seed`. `real` says what
        plays the real images: data, set:ID of a set that was read, or model:ID; empty: the best there is."""
        return lab.tiles(visitor, real or next(iter(lab.real_images(visitor)), ""), moment, seed)

    def judge_tiles(visitor: str, moment: int, seed: int, fake: list[bool], real: str = "") -> dict:
        """What the twelve of deal_tiles were, what the discriminator of that moment takes them for, and how often `fake` and it are right."""
        return lab.guessed(visitor, real or next(iter(lab.real_images(visitor)), ""), moment, seed, fake)

    return [
        *(read_bundled_images, read_hub_images, image_models, draw_images, image_map, images_at),
        *(look_at_code, image_models_beside, discriminator_moments, deal_tiles, judge_tiles),
    ]
