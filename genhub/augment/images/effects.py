"""What each operation on images draws, and what it then does. Neighbours of one sort are done in one go: a run of geometric operations reads every
pixel once, a run of those on light is one table of 256 numbers, a run of those on colours one matrix.

    image = done(image, [("rotate", {"degrees": 12.0}), ("brightness", {"change": -0.1})], fill="reflect")
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import cv2
import numpy as np

from genhub.augment.images import geometry

Drawn = Mapping[str, float]
Draw = Callable[[np.random.Generator, float], dict[str, float]]
LUMA = np.array([0.299, 0.587, 0.114])  # of red, green and blue (ITU-R BT.601)
TO_YIQ = np.array([LUMA, [0.595716, -0.274453, -0.321263], [0.211456, -0.522591, 0.311135]])
LEVELS = np.arange(256, dtype=np.float64)


@dataclass(frozen=True)
class Effect:
    """sort: what it is done as, "warp", "tone", "colour", "pixels" or "mix". draw: parameters, of an amount. at: those of exactly this amount, for a
    sweep. do: by its sort, (drawn, width, height) → matrix; (drawn, levels (256,), mean) → levels; (drawn) → (3, 3); (drawn, image) → image;
    (drawn, image, other) → image and the share of its own label."""

    sort: str
    draw: Draw
    at: Callable[[float], dict[str, float]]
    do: Callable


def done(image: np.ndarray, drawn: Sequence[tuple[str, Drawn]], fill: str = "reflect") -> np.ndarray:
    """(H, W[, 3]) uint8, what the operations by name make of it; mixtures are not among them."""
    for sort, group in groupby(drawn, key=lambda one: EFFECTS[one[0]].sort):
        image = RUNS[sort](image, [(EFFECTS[name], told) for name, told in group], fill)
    return image


# ---- runs of one sort -----------------------------------------------------------------------------------------------


def _warp(image: np.ndarray, run: list, fill: str) -> np.ndarray:
    height, width = image.shape[:2]
    matrix = np.eye(3)
    for effect, told in run:
        matrix = effect.do(told, width, height) @ matrix
    if np.allclose(matrix, np.eye(3)):
        return image
    return geometry.warped(image, matrix, fill)


def _tone(image: np.ndarray, run: list, fill: str) -> np.ndarray:
    levels, counts = LEVELS, None
    for effect, told in run:
        if counts is None:
            counts = cv2.calcHist([image.reshape(-1, 1)], [0], None, [256], [0, 256]).ravel() / image.size
        levels = effect.do(told, levels, float(counts @ levels)).clip(0, 255)
    return cv2.LUT(image, levels.round().astype(np.uint8))


def _colour(image: np.ndarray, run: list, fill: str) -> np.ndarray:
    if image.ndim == 2:  # there are none
        return image
    matrix = np.eye(3)
    for effect, told in run:
        matrix = effect.do(told) @ matrix
    return cv2.transform(image, matrix)


def _pixels(image: np.ndarray, run: list, fill: str) -> np.ndarray:
    for effect, told in run:
        image = effect.do(told, image)
    return image


RUNS = {"warp": _warp, "tone": _tone, "colour": _colour, "pixels": _pixels}


# ---- what is drawn --------------------------------------------------------------------------------------------------


def _swing(name: str) -> tuple[Draw, Callable]:
    """Anything to either side."""
    return (lambda rng, most: {name: float(rng.uniform(-most, most))}), (lambda most: {name: most})


def _up_to(name: str, *, seeded: bool = False, **fixed: float) -> tuple[Draw, Callable]:
    """Anything from nothing on. seeded: it draws more while it is done."""

    def draw(rng: np.random.Generator, most: float) -> dict[str, float]:
        told = {name: float(rng.uniform(0, most))}
        return told | ({"seed": int(rng.integers(2**31))} if seeded else {})

    return draw, lambda most: {name: most, **({"seed": 0} if seeded else {}), **fixed}


def _either(rng: np.random.Generator, _: float) -> dict[str, float]:
    return {"turned": int(rng.random() < 0.5)}


def _in_two_directions(rng: np.random.Generator, most: float) -> dict[str, float]:
    return {"right": float(rng.uniform(-most, most)), "down": float(rng.uniform(-most, most))}


def _part(rng: np.random.Generator, most: float) -> dict[str, float]:
    kept = 1 - float(rng.uniform(0, most))
    return {"kept": kept, "left": float(rng.uniform(0, 1 - kept)), "top": float(rng.uniform(0, 1 - kept))}


def _corners(rng: np.random.Generator, most: float) -> dict[str, float]:
    return {f"{side}{number}": float(rng.uniform(0, most / 2)) for number in range(1, 5) for side in "xy"}


def _rectangle(rng: np.random.Generator, most: float) -> dict[str, float]:
    return {"area": float(rng.uniform(0, most)), "shape": float(rng.uniform(-1, 1)), "x": float(rng.random()), "y": float(rng.random())}


def _along(rng: np.random.Generator, most: float) -> dict[str, float]:
    return {"length": float(rng.uniform(0, most)), "degrees": float(rng.uniform(0, 180))}


def _quality(rng: np.random.Generator, least: float) -> dict[str, float]:
    return {"quality": int(rng.integers(int(least), 101))}


def _weight(rng: np.random.Generator, alpha: float) -> dict[str, float]:
    return {"weight": float(rng.beta(alpha, alpha)) if alpha else 1.0}


def _box_of(rng: np.random.Generator, alpha: float) -> dict[str, float]:
    return {**_weight(rng, alpha), "x": float(rng.random()), "y": float(rng.random())}


# ---- what is done ---------------------------------------------------------------------------------------------------


def _mirrored(told: Drawn, width: int, height: int, x: float, y: float) -> np.ndarray:
    return geometry.around(geometry.scaled(x, y), width, height) if told["turned"] else np.eye(3)


def _perspective(told: Drawn, width: int, height: int) -> np.ndarray:
    corners = np.array([[told[f"{side}{number}"] for side in "xy"] for number in range(1, 5)])
    return geometry.seen_from_aside(corners, width, height)


def _hue(told: Drawn) -> np.ndarray:
    """The colours turn in the plane of I and Q, brightness stays."""
    cosine, sine = math.cos(math.radians(told["degrees"])), math.sin(math.radians(told["degrees"]))
    return np.linalg.inv(TO_YIQ) @ np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]]) @ TO_YIQ


def _saturation(told: Drawn) -> np.ndarray:
    share = 1 + told["change"]
    return share * np.eye(3) + (1 - share) * np.tile(LUMA, (3, 1))


def _random(told: Drawn) -> np.random.Generator:
    return np.random.default_rng(int(told["seed"]))


def _gaussian_noise(told: Drawn, image: np.ndarray) -> np.ndarray:
    noise = _random(told).standard_normal(image.shape, dtype=np.float32)
    return np.clip(image + 255 * told["deviation"] * noise + 0.5, 0, 255).astype(np.uint8)


def _random_pixels(told: Drawn, image: np.ndarray) -> np.ndarray:
    rng = _random(told)
    where = rng.random(image.shape[:2], dtype=np.float32) < told["share"]
    found = image.copy()
    found[where] = rng.integers(0, 256, (int(where.sum()), *image.shape[2:]), dtype=np.uint8)
    return found


def _black_pixels(told: Drawn, image: np.ndarray) -> np.ndarray:
    found = image.copy()
    found[_random(told).random(image.shape[:2], dtype=np.float32) < told["share"]] = 0
    return found


def _erase(told: Drawn, image: np.ndarray) -> np.ndarray:
    found = image.copy()
    found[_box(told["area"], told["x"], told["y"], image.shape, 2 ** told["shape"])] = cv2.mean(image)[: 1 if image.ndim == 2 else 3]
    return found


def _box(area: float, x: float, y: float, shape: tuple[int, ...], aspect: float = 1.0) -> tuple[slice, slice]:
    """A rectangle of this share of an image, `aspect` times as wide for its height as the image, anywhere inside."""
    height, width = shape[:2]
    tall, wide = (round(side * min(1.0, math.sqrt(area * share))) for side, share in ((height, 1 / aspect), (width, aspect)))
    top, left = round(y * (height - tall)), round(x * (width - wide))
    return slice(top, top + tall), slice(left, left + wide)


def _shorter(image: np.ndarray, hundredths: float) -> float:
    return min(image.shape[:2]) * hundredths / 100


def _blur(told: Drawn, image: np.ndarray) -> np.ndarray:
    width = _shorter(image, told["width"])
    return cv2.GaussianBlur(image, (0, 0), width, borderType=cv2.BORDER_REFLECT_101) if width > 0.05 else image


def _sharpen(told: Drawn, image: np.ndarray) -> np.ndarray:
    smooth = cv2.GaussianBlur(image, (0, 0), max(0.8, _shorter(image, 0.4)), borderType=cv2.BORDER_REFLECT_101)
    return cv2.addWeighted(image, 1 + told["strength"], smooth, -told["strength"], 0)


def _motion_blur(told: Drawn, image: np.ndarray) -> np.ndarray:
    side = 2 * round(_shorter(image, told["length"]) / 2) + 1
    if side < 3:
        return image
    kernel, middle = np.zeros((side, side), np.float32), (side - 1) / 2
    x, y = (middle * turn(math.radians(told["degrees"])) for turn in (math.cos, math.sin))
    ends = [tuple(round(16 * (middle + sign * value)) for value in (x, -y)) for sign in (1, -1)]
    cv2.line(kernel, *ends, 1.0, 1, cv2.LINE_AA, 4)
    return cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT_101)


def _jpeg(told: Drawn, image: np.ndarray) -> np.ndarray:
    if told["quality"] >= 100:
        return image
    turned = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, packed = cv2.imencode(".jpg", turned, [cv2.IMWRITE_JPEG_QUALITY, int(told["quality"])])
    found = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE if image.ndim == 2 else cv2.IMREAD_COLOR)
    return found if image.ndim == 2 else cv2.cvtColor(found, cv2.COLOR_BGR2RGB)


def _mixup(told: Drawn, image: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, float]:
    return cv2.addWeighted(image, told["weight"], other, 1 - told["weight"], 0), told["weight"]


def _cutmix(told: Drawn, image: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, float]:
    found, where = image.copy(), _box(1 - told["weight"], told["x"], told["y"], image.shape)
    found[where] = other[where]
    covered = math.prod(part.stop - part.start for part in where)
    return found, 1 - covered / math.prod(image.shape[:2])


def _always(rng: np.random.Generator, _: float) -> dict[str, float]:
    return {}


EFFECTS: dict[str, Effect] = {
    "flip": Effect("warp", _either, lambda _: {"turned": 1}, lambda told, w, h: _mirrored(told, w, h, -1, 1)),
    "flip-vertical": Effect("warp", _either, lambda _: {"turned": 1}, lambda told, w, h: _mirrored(told, w, h, 1, -1)),
    "rotate": Effect("warp", *_swing("degrees"), lambda told, w, h: geometry.around(geometry.turned(told["degrees"]), w, h)),
    "crop": Effect(
        "warp",
        _part,
        lambda most: {"kept": 1 - most, "left": most / 2, "top": most / 2},
        lambda told, w, h: geometry.cropped(told["left"], told["top"], told["kept"], w, h),
    ),
    "translate": Effect(
        "warp",
        _in_two_directions,
        lambda most: {"right": most, "down": most},
        lambda told, w, h: geometry.moved(told["right"] * w, told["down"] * h),
    ),
    "zoom": Effect(
        "warp", *_swing("nearer"), lambda told, w, h: geometry.around(geometry.scaled(1 + told["nearer"], 1 + told["nearer"]), w, h)
    ),
    "shear": Effect("warp", *_swing("degrees"), lambda told, w, h: geometry.around(geometry.slanted(told["degrees"]), w, h)),
    "perspective": Effect(
        "warp",
        _corners,
        lambda most: {f"{side}{number}": most / 2 * (number in (1, 4)) for number in range(1, 5) for side in "xy"},
        _perspective,
    ),
    "brightness": Effect("tone", *_swing("change"), lambda told, levels, mean: levels + 255 * told["change"]),
    "contrast": Effect("tone", *_swing("change"), lambda told, levels, mean: mean + (1 + told["change"]) * (levels - mean)),
    "saturation": Effect("colour", *_swing("change"), _saturation),
    "hue": Effect("colour", *_swing("degrees"), _hue),
    "gray": Effect("colour", _always, lambda _: {}, lambda told: np.tile(LUMA, (3, 1))),
    "gaussian-noise": Effect("pixels", *_up_to("deviation", seeded=True), _gaussian_noise),
    "random-pixels": Effect("pixels", *_up_to("share", seeded=True), _random_pixels),
    "black-pixels": Effect("pixels", *_up_to("share", seeded=True), _black_pixels),
    "erase": Effect("pixels", _rectangle, lambda most: {"area": most, "shape": 0.0, "x": 0.5, "y": 0.5}, _erase),
    "blur": Effect("pixels", *_up_to("width"), _blur),
    "sharpen": Effect("pixels", *_up_to("strength"), _sharpen),
    "motion-blur": Effect("pixels", _along, lambda most: {"length": most, "degrees": 0.0}, _motion_blur),
    "jpeg": Effect("pixels", _quality, lambda least: {"quality": int(least)}, _jpeg),
    "mixup": Effect("mix", _weight, lambda alpha: {"weight": 0.5}, _mixup),
    "cutmix": Effect("mix", _box_of, lambda alpha: {"weight": 0.5, "x": 0.5, "y": 0.5}, _cutmix),
}
