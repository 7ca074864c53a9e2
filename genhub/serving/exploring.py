"""Codes of image models, one at a time: what the model worker can be asked, each from JSON to JSON. Pictures are PNG in base64.

A code is asked for as {"drawn": a DrawConfig, "index"}, the one that drew that image, or as {"place": [x, y]} of the map; in both ways with
{"moved": {number: value}}, which sets single numbers of it. `label`: the class that a conditional model is told; empty: that of the drawing.

images.look       {run_dir, of, label} → {picture; code: the first numbers of it, of `size`; class: told, of a conditional model; place;
                  spread: [[number, value, σ]], those that vary most; nearest: {picture, classes, shown: "own", as they are | "given back", as the model does | "nearly"}; alike: picture,
                  codes near this one}
images.numbers    {run_dir, of, label} → {picture: a row for each number that varies most, STEPS values of it; numbers; from, to: in σ;
                  class: told}
images.sum        {run_dir, plus, minus, then, label} → {picture: the means of the three classes and plus − minus + then; nearest: class}
images.give_back  {run_dir, pixels | sketch: bytes in base64, centred?, damage?, amount?, seed?, label} → {picture: as read, damaged where
                  that is asked for, given back; error; worse: share of the known images with a larger one, of an image that is not damaged;
                  code; place; nearest: as above; best: class, of a conditional model}
"""

from collections.abc import Generator
from typing import Any

import numpy as np
import torch

from genhub.errors import UserError
from genhub.images import damage, drawing, sketch
from genhub.images.painter import Painter
from genhub.images.pixels import array, tensor
from genhub.serving.imaging import MOST, numbers, picture
from genhub.training.configs import DrawConfig

NEAREST, ALIKE = 8, 12
NEAR = 0.2  # σ of the codes that are alike, in those of the known codes
VARIED = 6  # numbers of a code with a slider, and a row of `images.numbers`
STEPS, FAR = 9, 2.5  # values of each, and how far they reach in σ
OUTSIDE = 1e3
BOXED = 200  # known images that say how a sketch is laid out


def look(context: Any, args: dict) -> Generator[None, None, dict]:
    painter = context.models.painter(args.get("run_dir"))
    code, label = _code(painter, args)
    draws = np.random.default_rng(0).standard_normal((ALIKE, len(code))).astype(np.float32)
    spread = painter.plane.spread if painter.mapped else 1.0
    x = yield from painter.decoding(np.concatenate([code[None], code + NEAR * spread * draws]), label, _way(args))
    told = {"picture": picture(x[:1]), "alike": picture(x[1:]), "code": numbers(code), "size": len(code), "class": painter.told(label)}
    if not painter.mapped:
        return told
    plane, most = painter.plane, _varied(painter)
    return {
        **told,
        "place": plane.place(code[None])[0].tolist(),
        "spread": [[int(number), float(code[number]), float(plane.spread[number])] for number in most],
        "nearest": _nearest(painter, code),
    }


def numbers_of(context: Any, args: dict) -> dict:
    painter = context.models.painter(args.get("run_dir"))
    code, label = _code(painter, args)
    most = _varied(painter)
    codes = np.repeat(code[None], len(most) * STEPS, 0)
    steps = np.linspace(-FAR, FAR, STEPS)
    for row, number in enumerate(most):
        codes[row * STEPS : (row + 1) * STEPS, number] = painter.plane.middle[number] + steps * painter.plane.spread[number]
    return {
        "picture": picture(painter.decode(codes, label), STEPS),
        "numbers": [int(number) for number in most],
        "from": -FAR,
        "to": FAR,
        "class": painter.told(label),
    }


def sum_of(context: Any, args: dict) -> dict:
    painter = context.models.painter(args.get("run_dir"))
    means, names = painter.plane.means, [str(args.get(part) or "") for part in ("plus", "minus", "then")]
    if painter.model.classes:
        what = "This model is told the class: its codes do not say it."
        raise UserError(what, "Classes are added up in the codes of a model that is told none.", "Choose another model.", "run")
    if not len(means):
        what = "The codes of this model cannot be added up by class."
        raise UserError(what, "Its images have no classes.", "Choose a model of images with classes.", "run")
    plus, minus, then = (means[painter.number(name)] for name in names)
    if missing := [name for name, mean in zip(names, (plus, minus, then), strict=True) if np.isnan(mean).any()]:
        what = f"No image of “{missing[0]}” is on the map."
        raise UserError(what, "The mean of a class is that of its images.", "Choose another class.", "plus")
    found = plus - minus + then
    x = painter.decode(np.stack([plus, minus, then, found]), args.get("label") or "")
    distances = np.square(means - found).sum(1)
    return {"picture": picture(x), "nearest": painter.names[int(np.nanargmin(distances))]}


@torch.inference_mode()
def give_back(context: Any, args: dict) -> dict:
    painter = context.models.painter(args.get("run_dir"))
    x, label = _sketched(painter, args) if args.get("sketch") else _read(painter, args.get("pixels")), str(args.get("label") or "")
    whole = tensor(x)
    shown, kind = [x], args.get("damage") or ""
    hurt = whole
    if kind:
        if kind not in damage.KINDS:
            raise UserError(f"There is no damage “{str(kind)[:40]}”.", f"It is one of {', '.join(damage.KINDS)}.", "Choose one.", "damage")
        hurt = damage.KINDS[kind](whole, float(args.get("amount") or 0.0), torch.Generator().manual_seed(int(args.get("seed") or 0)))
        shown.append(array(hurt))
    best = label
    if painter.model.classes and not label:  # nobody says what it is: the class with which it is given back best
        best = painter.names[int(painter.closest(hurt, whole)[0])]
    back, errors = painter.give_back(hurt, whole, best)
    code = painter.encode(hurt, best)[0]
    told = {"picture": picture(np.concatenate([*shown, back])), "error": float(errors[0]), "code": numbers(code)}
    told["best"] = best if painter.model.classes else ""
    if not painter.mapped:
        return told
    plane = painter.plane
    return {
        **told,
        **({} if kind else {"worse": plane.worse(float(errors[0]))}),  # those of the known images are of whole ones
        "place": plane.place(code[None])[0].tolist(),
        "nearest": _nearest(painter, code),
    }


def _varied(painter: Painter) -> np.ndarray:
    """The numbers of a code that differ most from image to image."""
    return np.argsort(-painter.plane.spread, kind="stable")[:VARIED]


def _nearest(painter: Painter, code: np.ndarray) -> dict:
    """The known images whose codes are nearest, and how they are shown."""
    plane = painter.plane
    rows = plane.nearest(code, NEAREST)
    classes = [painter.names[number] if number >= 0 else "" for number in plane.classes[rows]]
    if plane.images is not None:
        return {"picture": picture(plane.images[rows]), "classes": classes, "shown": "own"}
    return {"picture": picture(_of_known(painter, rows)), "classes": classes, "shown": "given back" if plane.whole else "nearly"}


@torch.inference_mode()
def _of_known(painter: Painter, rows: np.ndarray | slice) -> np.ndarray:
    """Images (K, H, W[, 3]) decoded from the known codes."""
    plane = painter.plane
    y = torch.from_numpy(np.maximum(plane.classes[rows], 0)) if painter.model.classes else None
    return array(painter.model.decode(torch.from_numpy(plane.known(rows)), y))


def _code(painter: Painter, args: dict) -> tuple[np.ndarray, str]:
    """The code that is asked for, and the class it is decoded with. Raises UserError."""
    of, label = args.get("of"), str(args.get("label") or "")
    if not isinstance(of, dict):
        of = {}
    if "drawn" in of:
        config, index = DrawConfig.from_dict(of["drawn"]), of.get("index")
        if not isinstance(index, int) or not 0 <= index < min(config.n, MOST):
            raise UserError("There is no such image.", f"They are numbered from 0 to {min(config.n, MOST) - 1}.", "Press one.", "index")
        asked = painter.classes(config.n, config.label)
        code = drawing.codes(painter.model, config)[index].numpy()
        label = label or (painter.names[asked[index]] if asked is not None else "")
    elif "place" in of:
        code = painter.plane.at(np.array([_finite(of["place"], 2)]))[0]
    else:
        raise UserError("No image has been chosen.", "A code is of one.", "Press an image, or the map.", "of")
    return _moved(code, of.get("moved")), label


def _way(args: dict) -> DrawConfig | None:
    """How the image was drawn whose code is asked for."""
    of = args.get("of")
    return DrawConfig.from_dict(of["drawn"]) if isinstance(of, dict) and "drawn" in of else None


def _moved(code: np.ndarray, by: Any) -> np.ndarray:
    """Single numbers of a code set to other values."""
    if not by:
        return code
    places = [int(number) if str(number).isdecimal() and len(str(number)) < 9 else -1 for number in by] if isinstance(by, dict) else [-1]
    if not all(0 <= place < len(code) for place in places):
        raise UserError("There is no such number in a code.", f"They are numbered from 0 to {len(code) - 1}.", "Move a slider.", "moved")
    code = code.copy()
    code[places] = _finite(list(by.values()), len(places))
    return code


def _finite(given: Any, count: int) -> list[float]:
    if (
        not isinstance(given, list)
        or len(given) != count
        or not all(isinstance(value, int | float) and abs(value) <= OUTSIDE for value in given)
    ):
        what = "These are no numbers of a code."
        raise UserError(what, f"{count} of them, from −{OUTSIDE:g} to {OUTSIDE:g}.", "Press the map, or move a slider.", "of")
    return [float(value) for value in given]


def _read(painter: Painter, given: Any) -> np.ndarray:
    """Bytes of exactly one image, in base64, row by row → (1, H, W[, 3]) uint8."""
    data, shape = sketch.unpacked(given), painter.model.shape
    if len(data) != shape.pixels:
        what = f"The picture has {len(data):,} numbers."
        raise UserError(what, f"{shape.width} × {shape.height} pixels are {shape.pixels:,}.", "Draw one, or choose a file.", "pixels")
    x = np.frombuffer(bytearray(data), np.uint8)  # which may be written to, as tensors want it
    return x.reshape(1, shape.height, shape.width, *([] if shape.channels == 1 else [shape.channels]))


def _sketched(painter: Painter, args: dict) -> np.ndarray:
    """A sketch (see `sketch.strokes`) → (1, H, W[, 3]) uint8, laid out as `sketch.laid_out` does."""
    drawn, shape = sketch.strokes(args["sketch"]), painter.model.shape
    made = sketch.laid_out(
        drawn, shape.height, _usual_box(painter) if args.get("centred", True) else 0.0
    ).copy()  # which may be written to, as tensors want it
    return made[None] if shape.channels == 1 else np.repeat(made[None, ..., None], 3, -1)


def _usual_box(painter: Painter) -> float:
    """How much of an image's side the things on the known images fill; as in MNIST where none are known."""
    if not painter.mapped:
        return sketch.BOX
    images = painter.plane.images
    return sketch.usual_box(_of_known(painter, slice(0, BOXED)) if images is None else images[:BOXED])


OPS = {"images.look": look, "images.numbers": numbers_of, "images.sum": sum_of, "images.give_back": give_back}
