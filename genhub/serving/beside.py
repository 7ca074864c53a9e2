"""Two image models side by side: what the model worker can be asked, from JSON to JSON. Pictures are PNG in base64.

images.beside   {run_dir, other, third, seed} → {picture: images, and what each of the two gives back of them, one row each; errors: [a, b],
                squared, a pixel, over `count` images; whose: "own" | "drawn"; samples: [picture or "", …], drawn from the same seed where
                both have codes of one size; sizes, parameters: of each; unseen: by both, as far as is known}

The images are those that the first model's run kept for its verdict, else those of the second one's; where neither has any, a third model, a
conditional one, draws them.
"""

from typing import Any

import numpy as np
import torch

from genhub.errors import UserError
from genhub.images import figures, verdict
from genhub.images.painter import Painter
from genhub.images.pixels import Images, array, tensor
from genhub.serving.imaging import picture

SHOWN, DRAWN, COLUMNS = 10, 200, 10
SAMPLES = 30


def beside(context: Any, args: dict) -> dict:
    first, second = (context.models.painter(args.get(name)) for name in ("run_dir", "other"))
    if first.model.shape != second.model.shape:
        sizes = [f"{one.model.shape.width} × {one.model.shape.height} × {one.model.shape.channels}" for one in (first, second)]
        raise UserError(
            f"One model reads images of {sizes[0]}, the other of {sizes[1]}.", "They must be of one size.", "Choose another.", "other"
        )
    images, whose = _images(context, first, second, args.get("third") or "")
    rows, errors = [images.x[:SHOWN]], []
    for painter in (first, second):
        errors.append(float(figures.errors(painter.model, images).mean()))
        rows.append(_given_back(painter, images.part(slice(0, SHOWN))))
    seed = int(args.get("seed") or 0)
    return {
        "picture": picture(np.concatenate(rows), SHOWN),
        "errors": errors,
        "count": len(images),
        "whose": whose,
        "unseen": _same_images(first, second),
        "samples": [_samples(painter, seed) for painter in (first, second)],
        "sizes": [painter.model.coding for painter in (first, second)],
        "parameters": [sum(tensor.numel() for tensor in painter.model.parameters()) for painter in (first, second)],
    }


def _images(context: Any, first: Painter, second: Painter, third: str) -> tuple[Images, str]:
    """Images with classes where a conditional model needs them, and whose they are."""
    for painter in (first, second):
        if _has_images(painter):
            plane = painter.plane
            classes = plane.classes if (plane.classes >= 0).all() else None
            return Images(plane.images, classes, painter.names), "own"
    if not third:
        what = "There are no images to compare these models on."
        raise UserError(what, "Models that came without images need one that draws them.", "Choose a run of yours.", "other")
    painter = context.models.painter(third)
    classes = painter.classes(DRAWN, "")
    return Images(verdict.drawn(painter.model, DRAWN, 1, 1.0, classes), classes, painter.names), "drawn"


def _has_images(painter: Painter) -> bool:
    try:
        return painter.plane.images is not None
    except UserError:
        return False


def _same_images(first: Painter, second: Painter) -> bool:
    """Were the images that are compared on kept from both?"""
    return _has_images(first) and _has_images(second) and np.array_equal(first.plane.images, second.plane.images)


def _given_back(painter: Painter, images: Images) -> np.ndarray:
    with torch.inference_mode():
        y = None if images.y is None else torch.from_numpy(images.y.astype(np.int64))
        return array(painter.model.reconstruct(tensor(images.x), y))


def _samples(painter: Painter, seed: int) -> str:
    """Drawn images; none of an autoencoder that is not made to draw: its codes drawn by the middle and spread of those it knows."""
    if painter.model.generative:
        return picture(verdict.drawn(painter.model, SAMPLES, seed, 1.0, painter.classes(SAMPLES, "")), COLUMNS)
    plane = painter.plane
    draws = np.random.default_rng(seed).standard_normal((SAMPLES, painter.model.coding)).astype(np.float32)
    return picture(painter.decode(plane.middle + plane.spread * draws), COLUMNS)


OPS = {"images.beside": beside}
