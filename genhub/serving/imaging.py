"""What the model worker can be asked of image models, each from JSON to JSON. `run_dir`: the folder of a run or of an embedded model.
Pictures are PNG in base64.

images.about   {run_dir} → {names, size: numbers of a code, side, channels, conditional, draws, reads, denoises, mapped, parameters, slow, damage}
images.draw    {run_dir, config: a DrawConfig} → {picture: a grid; columns, side, count, classes: of each, where told; film: see `draw`; seconds}
images.file    {run_dir, config, ending} → {file: the same images as `saved.as_file` packs them, in base64}
images.map     {run_dir} → {places: [[x, y]], classes: number of each or -1, names, size, kept}; see `latent.Plane`
images.at      {run_dir, places: [[x, y]], label} → {picture: a row of images; pixels: the first fading into the last; codes: the
               first numbers of each, of `size`; class: told; seconds}
images.sheet   {run_dir, span: [left, bottom, right, top], label} → {picture: SHEET × SHEET images from all over a part of the map; class: told}
images.*       see `genhub.serving.exploring`
"""

import base64
import math
import time
from collections.abc import Generator
from typing import Any

import numpy as np

from genhub import steps
from genhub.data.image_sets import grid, png, usual_gap
from genhub.errors import UserError
from genhub.images import drawing, saved
from genhub.images.painter import Painter
from genhub.training.configs import DrawConfig

MOST, MOST_DENOISED = 256, 100  # images at once
FRAMES = 12  # of the film of a drawing
MOST_COLUMNS = 16
SHEET = 16  # images along a side of a sheet
SHOWN = 32  # numbers of a code that are told
FARTHEST = 1e4
SLOW = 5e9  # parameters times pixels of a model that draws in steps: beyond, a sheet takes long without a GPU
DIGITS = 4


def about(context: Any, args: dict) -> dict:
    painter = context.models.painter(args.get("run_dir"))
    model = painter.model
    return {
        "names": list(painter.names),
        "size": model.coding,
        "side": model.shape.height,
        "channels": model.shape.channels,
        "conditional": bool(model.classes),
        "draws": model.generative,
        "reads": painter.reads,
        "denoises": painter.denoises,
        "mapped": painter.mapped,
        "parameters": painter.learnt,
        "slow": painter.denoises and painter.learnt * model.coding > SLOW,
        "damage": [model.kind, model.amount] if hasattr(model, "amount") else None,
    }


def draw(context: Any, args: dict) -> Generator[dict | None, None, dict]:
    """Codes are drawn from N(0, temperature²). A conditional model is told one class, or every class in turn. Of a diffusion model events
    {step, steps, picture} come on the way, and the result has them as its `film`."""
    config = DrawConfig.from_dict(args["config"])
    painter = context.models.painter(args.get("run_dir"))
    _at_most(MOST_DENOISED if painter.denoises else MOST, config)
    began, film = time.monotonic(), []
    asked = painter.classes(config.n, config.label)
    columns = _columns(config.n, 0 if asked is None or config.label else len(painter.names))
    if painter.denoises:
        shown = {round(number * config.steps / FRAMES) for number in range(1, FRAMES + 1)}
        for step, x in enumerate(drawing.denoised(painter.model, config, asked), start=1):
            if step in shown:
                film.append({"step": step, "steps": config.steps, "picture": picture(x, columns)})
            yield film[-1] if step in shown else None
    else:
        x = yield from steps.quietly(drawing.drawing(painter.model, config, asked))
    return {
        "picture": picture(x, columns),
        "film": film,
        "columns": columns,
        "side": x.shape[1],
        "count": config.n,
        "classes": [] if asked is None else [painter.names[number] for number in asked],
        "seconds": time.monotonic() - began,
    }


def file(context: Any, args: dict) -> Generator[None, None, dict]:
    config, painter = DrawConfig.from_dict(args["config"]), context.models.painter(args.get("run_dir"))
    if painter.denoises:
        _at_most(MOST_DENOISED, config)
    x, asked = yield from steps.quietly(painter.drawing(config))
    return {"file": base64.b64encode(saved.as_file(x, asked, painter.names, args["ending"])).decode("ascii")}


def _at_most(most: int, config: DrawConfig) -> None:
    if config.n > most:
        raise UserError(f"{config.n:,} images are too many at once.", f"At most {most}.", "Draw fewer, or use the command line.", "n")


def map_of(context: Any, args: dict) -> dict:
    painter = context.models.painter(args.get("run_dir"))
    places = [[round(float(x), DIGITS), round(float(y), DIGITS)] for x, y in painter.plane.places]
    return {
        "places": places,
        "classes": painter.plane.classes.tolist(),
        "names": list(painter.names),
        "size": painter.model.coding,
        "kept": painter.plane.kept,
    }


def at(context: Any, args: dict) -> dict:
    places, began = _places(args.get("places"), MOST), time.monotonic()
    painter = context.models.painter(args.get("run_dir"))
    codes = painter.plane.at(np.array(places))
    x = painter.decode(codes, args.get("label") or "")
    return {
        "picture": picture(x),
        "pixels": picture(_faded(x)) if len(x) > 1 else "",
        "codes": [numbers(code) for code in codes],
        "size": painter.model.coding,
        "class": painter.told(args.get("label") or ""),
        "seconds": time.monotonic() - began,
    }


def sheet(context: Any, args: dict) -> dict:
    (left, bottom), (right, top) = _places([args.get("span", [])[:2], args.get("span", [])[2:]], 2)
    places = [[x, y] for y in np.linspace(top, bottom, SHEET) for x in np.linspace(left, right, SHEET)]
    painter: Painter = context.models.painter(args.get("run_dir"))
    x = painter.decode(painter.plane.at(np.array(places)), args.get("label") or "")
    return {"picture": base64.b64encode(png(grid(x, SHEET))).decode("ascii"), "class": painter.told(args.get("label") or "")}


def _columns(count: int, turns: int) -> int:
    """Of a grid of so many images: a column for each of the classes that are told in turn, or as many as there are rows."""
    return min(turns, count) if 1 < turns <= MOST_COLUMNS else min(MOST_COLUMNS, math.ceil(math.sqrt(count)))


def picture(x: np.ndarray, columns: int = 0) -> str:
    """Images as one PNG, in so many columns, or in one row."""
    return base64.b64encode(png(grid(x, columns or len(x), usual_gap(x.shape[1])))).decode("ascii")


def numbers(code: np.ndarray) -> list[float]:
    """The first of a code, as they are told."""
    return [round(float(number), DIGITS) for number in code[:SHOWN]]


def _faded(x: np.ndarray) -> np.ndarray:
    """The first image fading into the last one, pixel by pixel."""
    shares = np.linspace(0, 1, len(x)).reshape(-1, *[1] * (x.ndim - 1))
    return ((1 - shares) * x[0] + shares * x[-1]).round().astype(np.uint8)


def _places(given: Any, most: int) -> list[list[float]]:
    """Pairs of finite numbers. Raises UserError."""
    try:
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        array = np.zeros(0)
    if array.ndim != 2 or array.shape[1] != 2 or not 0 < len(array) <= most or not (np.abs(array) <= FARTHEST).all():
        limit = f"From 1 to {most} pairs of numbers of at most {FARTHEST:g}."
        raise UserError("These are no places of a map.", limit, "Press the map.", "places")
    return array.tolist()


OPS = {"images.about": about, "images.draw": draw, "images.file": file, "images.map": map_of, "images.at": at, "images.sheet": sheet}
