"""Who tells drawn images from real ones? What the model worker can be asked of a GAN with moments along its training, from JSON to JSON.

images.moments   {run_dir} → {steps: of the generator at each moment, the finished one last}
images.tiles     {run_dir, real, moment, seed} → {picture: TILES images, PNG in base64; columns, count}
images.guessed   {run_dir, real, moment, seed, fake: what somebody takes each tile for} → {fake: what each is, machine: what the discriminator
                 of that moment takes it for, right: by somebody, machine_right: by the discriminator}

moment: a place in the list, from 1 on. real: {"run_dir"} of a model that plays the real images, {"rows"} or {"array"}: a file of some. The same
arguments give the same tiles, so that nobody has to keep them.
"""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genhub import steps
from genhub.data.image_sets import read_rows
from genhub.errors import UserError
from genhub.images import drawing
from genhub.images.gans.pair import GAN
from genhub.images.pixels import tensor
from genhub.serving.imaging import picture
from genhub.training.configs import DrawConfig

TILES, COLUMNS = 12, 4
LEAST = 3  # real ones, and drawn ones
POOL = 200  # of a set of the visitor's: real images that tiles are taken from, from all over it
MOST_SEED = 2**31 - 1


def moments_of(context: Any, args: dict) -> dict:
    return {"steps": [made for made, _ in context.models.moments(args.get("run_dir"))]}


def tiles(context: Any, args: dict) -> Generator[None, None, dict]:
    x, _, _ = yield from _dealt(context, args)
    return {"picture": picture(x, COLUMNS), "columns": COLUMNS, "count": TILES}


def guessed(context: Any, args: dict) -> Generator[None, None, dict]:
    said = args.get("fake")
    if not isinstance(said, list) or len(said) != TILES:
        raise UserError("These are no guesses.", f"One for each of {TILES} images.", "Deal new ones.", "fake")
    x, fake, gan = yield from _dealt(context, args)
    with torch.inference_mode():
        machine = (gan.believe(tensor(x)) <= 0).numpy()
    own = np.array([bool(one) for one in said])
    return {
        "fake": fake.tolist(),
        "machine": machine.tolist(),
        "right": int((own == fake).sum()),
        "machine_right": int((machine == fake).sum()),
    }


def _dealt(context: Any, args: dict) -> Generator[None, None, tuple[np.ndarray, np.ndarray, GAN]]:
    """TILES images, which of them are drawn, and the pair of that moment. Raises UserError."""
    made, gan = _moment(context, args)
    seed = int(args.get("seed") or 0)
    random = np.random.default_rng([seed, made])
    count = int(np.clip(random.binomial(TILES, 0.5), LEAST, TILES - LEAST))
    fake = random.permutation(TILES) < count
    drawn = drawing.drawn(gan, DrawConfig(n=count, seed=int(random.integers(MOST_SEED))))
    real = yield from _real(context, args.get("real") or {}, TILES - count, random)
    if real.shape[1:] != drawn.shape[1:]:
        sizes = " and ".join(" × ".join(map(str, one.shape[1:])) for one in (real, drawn))
        raise UserError("These real images are of another size or colour.", f"{sizes} pixels.", "Choose other real images.", "real")
    x = np.zeros((TILES, *drawn.shape[1:]), np.uint8)
    x[fake], x[~fake] = drawn, real
    return x, fake, gan


def _moment(context: Any, args: dict) -> tuple[int, GAN]:
    known, number = context.models.moments(args.get("run_dir")), args.get("moment")
    if type(number) is not int or not 1 <= number <= len(known):
        raise UserError("There is no such moment.", f"From 1 to {len(known)}.", "Choose one of them.", "moment")
    return known[number - 1]


def _real(context: Any, real: dict, count: int, random: np.random.Generator) -> Generator[None, None, np.ndarray]:
    """(count, H, W[, 3]) of what plays the real images."""
    if "run_dir" in real:
        painter = context.models.painter(real["run_dir"])
        asked = DrawConfig(n=TILES, seed=int(random.integers(MOST_SEED)))
        x, _ = yield from steps.quietly(painter.drawing(asked))  # of every class, whichever are taken
    elif "rows" in real:
        x, _ = read_rows(Path(real["rows"]), POOL)
    else:
        with np.load(real["array"], allow_pickle=False) as file:
            x = file["x"]
    return x[random.permutation(len(x))[:count]]


OPS = {"images.moments": moments_of, "images.tiles": tiles, "images.guessed": guessed}
