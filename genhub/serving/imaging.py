"""What the model worker can be asked of image models, each from JSON to JSON.

images.draw   {run_dir, config: a DrawConfig} → {picture: PNG in base64, a grid; columns, side, count, classes: names, drawn; seconds}
images.map    {run_dir} → {places: [[x, y]], classes: number of each or -1, names, size: numbers of a code, kept}; see `latent.Plane`
images.at     {run_dir, places: [[x, y]], label} → {picture: a row of images; pixels: the first fading into the last; codes; seconds}
images.sheet  {run_dir, span: [left, bottom, right, top], label} → {picture: SHEET × SHEET images from all over a part of the map}
"""

import base64
import time
from typing import Any

import numpy as np

from genhub.data.image_sets import grid, png, usual_gap
from genhub.errors import UserError
from genhub.images import latent, verdict
from genhub.images.coder import Coder
from genhub.images.judge import Judge
from genhub.jobs.folder import RunFolder
from genhub.training.configs import DrawConfig

MOST = 256  # images at once
COLUMNS = 10
SHEET = 16  # images along a side of a sheet
SHOWN = 32  # numbers of a code that are told
FARTHEST = 1e4
DIGITS = 4


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


def map_of(context: Any, args: dict) -> dict:
    folder = context.models.folder(args.get("run_dir"))
    model, found = context.models.images(folder), latent.load(folder)
    names = RunFolder(folder).read("passport.json")["classes"]
    places = [[round(float(x), DIGITS), round(float(y), DIGITS)] for x, y in found.places]
    return {
        "places": places,
        "classes": found.classes.tolist(),
        "names": names,
        "size": model.coding,
        "kept": found.kept,
        "conditional": bool(model.classes),
    }


def at(context: Any, args: dict) -> dict:
    places, began = _places(args.get("places"), MOST), time.monotonic()
    x, codes = _decoded(context, args, places)
    return {
        "picture": _row(x),
        "pixels": _row(_faded(x)) if len(x) > 1 else "",
        "codes": [[round(float(number), DIGITS) for number in code[:SHOWN]] for code in codes],
        "seconds": time.monotonic() - began,
    }


def _row(x: np.ndarray) -> str:
    return base64.b64encode(png(grid(x, len(x), usual_gap(x.shape[1])))).decode("ascii")


def _faded(x: np.ndarray) -> np.ndarray:
    """The first image fading into the last one, pixel by pixel."""
    shares = np.linspace(0, 1, len(x)).reshape(-1, *[1] * (x.ndim - 1))
    return ((1 - shares) * x[0] + shares * x[-1]).round().astype(np.uint8)


def sheet(context: Any, args: dict) -> dict:
    (left, bottom), (right, top) = _places([args.get("span", [])[:2], args.get("span", [])[2:]], 2)
    places = [[x, y] for y in np.linspace(top, bottom, SHEET) for x in np.linspace(left, right, SHEET)]
    x, _ = _decoded(context, args, places)
    return {"picture": base64.b64encode(png(grid(x, SHEET))).decode("ascii")}


def _decoded(context: Any, args: dict, places: list) -> tuple[np.ndarray, np.ndarray]:
    """Images and codes at some places of a run's map."""
    folder = context.models.folder(args.get("run_dir"))
    model, names = context.models.images(folder), RunFolder(folder).read("passport.json")["classes"]
    label = args.get("label") or ""
    if label and label not in names:
        raise UserError(f"There is no class “{str(label)[:80]}”.", f"Classes: {', '.join(names[:50])}.", "Choose one of them.", "label")
    codes = latent.load(folder).codes(np.array(places))
    return latent.decoded(model, codes, names.index(label) if label else 0), codes


def _places(given: Any, most: int) -> list[list[float]]:
    """Pairs of finite numbers. Raises UserError."""
    try:
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.zeros(0)
    if array.ndim != 2 or array.shape[1] != 2 or not 0 < len(array) <= most or not (np.abs(array) <= FARTHEST).all():
        limit = f"From 1 to {most} pairs of numbers of at most {FARTHEST:g}."
        raise UserError("These are no places of a map.", limit, "Press the map.", "places")
    return array.tolist()


OPS = {"images.draw": draw, "images.map": map_of, "images.at": at, "images.sheet": sheet}
