"""A set of images drawn to learn from: what the model worker can be asked, from JSON to JSON.

images.enlarge   {run_dir, each, config: a DrawConfig, kind: see `saved.SETS`, by: who draws, in words} → events {done, of}, then {file: in base64;
                 picture: some of them, PNG in base64; columns; count, classes: how many of each, by name}
"""

import base64
from collections import Counter
from collections.abc import Generator
from typing import Any

import numpy as np

from genhub import steps
from genhub.errors import UserError
from genhub.images import saved
from genhub.images.painter import Painter
from genhub.serving.imaging import picture
from genhub.training.configs import DrawConfig

MOST, MOST_DENOISED = 10_000, 500  # images of a set
MOST_NUMBERS = 20_000_000  # bytes of pixels: what a file of them takes at most
MOST_WORK = 25 * MOST_DENOISED * 28 * 28 * 2  # pixels times steps, twice where it is guided: what can be drawn before an answer is due
SHOWN, COLUMNS = 60, 10


def enlarge(context: Any, args: dict) -> Generator[dict | None, None, dict]:
    painter = context.models.painter(args.get("run_dir"))
    config = _asked(painter, int(args["each"]), DrawConfig.from_dict(args["config"]))
    x, classes = yield from steps.retold(painter.drawing(config), lambda done: {"done": done, "of": config.n})
    told = f"drawn by {args['by']} in GenHub, seed {config.seed}."
    counts = Counter(() if classes is None else (painter.names[number] for number in classes))
    some = np.arange(min(SHOWN, len(x)))
    return {
        "file": base64.b64encode(saved.as_set(x, classes, painter.names, args["kind"], told)).decode("ascii"),
        "picture": picture(x[some], COLUMNS),
        "columns": COLUMNS,
        "count": len(x),
        "classes": dict(counts),
    }


def _asked(painter: Painter, each: int, config: DrawConfig) -> DrawConfig:
    """Every class in turn, `each` times. Raises UserError for more than are drawn at once."""
    pixels = painter.model.shape.pixels
    config = painter.set_of(each, config, min(MOST_DENOISED if painter.denoises else MOST, MOST_NUMBERS // pixels))
    work = config.n * config.steps * pixels * (2 if config.guidance != 1 and painter.model.classes else 1)
    if painter.denoises and work > MOST_WORK:
        what = f"{config.n:,} images in {config.steps:,} steps each take too long at once."
        fewer = max(1, config.steps * MOST_WORK // work)
        raise UserError(what, f"{fewer:,} steps for so many.", "Ask for fewer images, or for fewer steps in stage 1.", "steps")
    return config


OPS = {"images.enlarge": enlarge}
