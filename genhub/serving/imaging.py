"""What the model worker can be asked of image models, each from JSON to JSON.

images.draw   {run_dir, config: a DrawConfig} → {picture: PNG in base64, a grid; columns, side, count, classes: names, drawn; seconds}
"""

import base64
import time
from typing import Any

from genhub.data.image_sets import grid, png, usual_gap
from genhub.errors import UserError
from genhub.images import verdict
from genhub.images.coder import Coder
from genhub.images.judge import Judge
from genhub.jobs.folder import RunFolder
from genhub.training.configs import DrawConfig

MOST = 256  # images at once
COLUMNS = 10


def draw(context: Any, args: dict) -> dict:
    """Codes are drawn from N(0, temperature²). A conditional model is told one class, or every class in turn."""
    config = DrawConfig.from_dict(args["config"])
    if config.n > MOST:
        raise UserError(f"{config.n:,} images are too many at once.", f"At most {MOST}.", "Draw fewer, or use the command line.", "n")
    folder = context.models.folder(args.get("run_dir"))
    model, names = context.models.images(folder), RunFolder(folder).read("passport.json")["classes"]
    drawn, began = classes(model, names, config), time.monotonic()
    x = verdict.drawn(model, config.n, config.seed, config.temperature, drawn)
    return {
        "picture": base64.b64encode(png(grid(x, COLUMNS, usual_gap(x.shape[1])))).decode("ascii"),
        "columns": COLUMNS,
        "side": x.shape[1],
        "count": config.n,
        "classes": [] if drawn is None else [names[number] for number in drawn],
        "seconds": time.monotonic() - began,
    }


def classes(model: Coder | Judge, names: list[str], config: DrawConfig):
    """(n,) class numbers that a drawing asks for; None of a model that is told none. Raises UserError for a model that cannot draw, and for
    a class that there is not."""
    import numpy as np

    if not getattr(model, "generative", False):
        what = "An autoencoder is not made to draw images."
        raise UserError(what, "Its codes lie wherever training left them.", "Train a VAE.", "run")
    if not model.classes:
        if config.label:
            raise UserError("This model is told no class.", "A conditional one is.", "Leave the class out.", "label")
        return None
    if not config.label:
        return np.arange(config.n) % len(names)
    if config.label not in names:
        raise UserError(f"There is no class “{config.label}”.", f"Classes: {', '.join(names[:50])}.", "Choose one of them.", "label")
    return np.full(config.n, names.index(config.label))


OPS = {"images.draw": draw}
