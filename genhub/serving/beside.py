"""Two image models side by side: what the model worker can be asked, from JSON to JSON. Pictures are PNG in base64.

images.beside   {run_dir, other, third, seed} → {picture: images, and what each of the two gives back of them, one row each; errors: [a, b],
                squared, a pixel, over `count` images, None of one that reads no images, which has no row; kept: 0 or 1, by whose run,
                None where they are drawn; samples: [picture, or "" of an autoencoder without a map, …]; sizes, parameters: of each;
                unseen: by both, as far as is known}

The images are those that the first model's run kept for its verdict, else those of the second one's; where neither has any, a third model, a
conditional one, draws them. Classes go by their names: the two models may number them differently.
"""

from collections.abc import Generator
from typing import Any

import numpy as np

from genhub import steps
from genhub.errors import UserError
from genhub.images.painter import Painter
from genhub.images.pixels import Images
from genhub.serving.imaging import picture
from genhub.training.configs import DrawConfig

SHOWN, DRAWN, COLUMNS = 10, 200, 10
MOST = 1_000  # images that are compared on
SAMPLES = 30


def beside(context: Any, args: dict) -> Generator[None, None, dict]:
    first, second = (context.models.painter(args.get(name)) for name in ("run_dir", "other"))
    if first.model.shape != second.model.shape:
        sizes = [f"{one.model.shape.width} × {one.model.shape.height} × {one.model.shape.channels}" for one in (first, second)]
        raise UserError(
            f"One model reads images of {sizes[0]}, the other of {sizes[1]}.", "They must be of one size.", "Choose another.", "other"
        )
    seed, samples = int(args.get("seed") or 0), []
    for painter in (first, second):
        samples.append((yield from _samples(painter, seed)))
    return {
        **_given_back(context, (first, second), args.get("third") or ""),
        "unseen": _same_images(first, second),
        "samples": samples,
        "sizes": [painter.model.coding for painter in (first, second)],
        "parameters": [painter.learnt for painter in (first, second)],
    }


def _given_back(context: Any, two: tuple[Painter, Painter], third: str) -> dict:
    """{picture, errors, count, kept}."""
    if not any(painter.reads for painter in two):
        return {"picture": "", "errors": [None, None], "count": 0, "kept": None}
    images, kept = _images(context, two, third)
    rows, errors = [images.x[:SHOWN]], []
    for painter in two:
        back, off = painter.back(images) if painter.reads else (None, None)
        errors.append(None if off is None else float(off.mean()))
        rows += [] if back is None else [back[:SHOWN]]
    return {"picture": picture(np.concatenate(rows), SHOWN), "errors": errors, "count": len(images), "kept": kept}


def _images(context: Any, two: tuple[Painter, Painter], third: str) -> tuple[Images, int | None]:
    """Images, with classes where somebody named them, and which of the two runs kept them."""
    for number, painter in enumerate(two):
        if _has_images(painter):
            plane = painter.plane
            classes = plane.classes if (plane.classes >= 0).all() else None
            return Images(plane.images, classes, painter.names).part(slice(0, MOST)), number
    if not third:
        what = "There are no images to compare these models on."
        raise UserError(what, "Models that came without images need one that draws them.", "Choose a run of yours.", "other")
    painter = context.models.painter(third)
    return Images(*painter.draw(DrawConfig(n=DRAWN, seed=1)), painter.names), None


def _has_images(painter: Painter) -> bool:
    return painter.mapped and painter.plane.images is not None


def _same_images(first: Painter, second: Painter) -> bool:
    """Were the images that are compared on kept from both?"""
    return _has_images(first) and _has_images(second) and np.array_equal(first.plane.images, second.plane.images)


def _samples(painter: Painter, seed: int) -> Generator[None, None, str]:
    """Drawn images; of an autoencoder, which is not made to draw, of codes with the middle and spread of those that its map knows."""
    if painter.model.generative:
        x, _ = yield from steps.quietly(painter.drawing(DrawConfig(n=SAMPLES, seed=seed)))
        return picture(x, COLUMNS)
    if not painter.mapped:
        return ""
    plane = painter.plane
    draws = np.random.default_rng(seed).standard_normal((SAMPLES, painter.model.coding)).astype(np.float32)
    return picture(painter.decode(plane.middle + plane.spread * draws), COLUMNS)


OPS = {"images.beside": beside}
