"""A sketch laid out as the images that a model knows: bright strokes on black, in a box of the usual size in the middle.

The digits of MNIST were scaled into a box of 20 of 28 pixels, their proportions kept, and put with their centre of mass into the middle
(LeCun, Cortes & Burges, "The MNIST database of handwritten digits").
"""

import base64
from typing import Any

import numpy as np

from genhub.errors import UserError

SIDE = 112  # of a sketch as it arrives, in pixels
BOX = 20 / 28
INK = 32  # a pixel of a sketch that is brighter belongs to a stroke


def strokes(given: Any) -> np.ndarray:
    """SIDE · SIDE bytes of grey in base64 → (SIDE, SIDE) uint8. Raises UserError for what are not so many."""
    data = unpacked(given)
    if len(data) != SIDE**2:
        what = f"The sketch has {len(data):,} pixels."
        raise UserError(what, f"{SIDE} × {SIDE} of them.", "Draw one.", "sketch")
    return np.frombuffer(data, np.uint8).reshape(SIDE, -1)


def unpacked(given: Any) -> bytes:
    """Of base64; none of what is not."""
    try:
        return base64.b64decode(given or "", validate=True)
    except (TypeError, ValueError):
        return b""


def usual_box(x: np.ndarray) -> float:
    """Of images (N, H, W[, 3]) uint8 the share of the side that what is on them fills, the longer way: the median."""
    ink = (x if x.ndim == 3 else x.max(-1)) > INK
    shares = []
    for image in ink:
        rows, columns = np.nonzero(image)
        if len(rows):
            shares.append(max(rows.max() - rows.min() + 1, columns.max() - columns.min() + 1) / len(image))
    return float(np.median(shares)) if shares else BOX


def laid_out(sketch: np.ndarray, side: int, box: float = BOX) -> np.ndarray:
    """(S, S) uint8 → (side, side) uint8: the strokes fill a share `box` of the side, their centre of mass in the middle; 0: as they lie. An empty
    sketch stays empty."""
    from PIL import Image

    rows, columns = np.nonzero(sketch > INK)
    if not box or not len(rows):
        return np.asarray(Image.fromarray(sketch).resize((side, side), Image.Resampling.BOX))
    cut = Image.fromarray(sketch[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1])
    share = box * side / max(cut.size)
    small = np.asarray(cut.resize([max(1, round(share * length)) for length in cut.size], Image.Resampling.BOX))
    canvas, mass = np.zeros((side, side), np.uint8), max(1.0, float(small.sum()))
    offsets = []
    for axis in (0, 1):
        middle = float((small.sum(1 - axis) * (np.arange(small.shape[axis]) + 0.5)).sum()) / mass
        offsets.append(int(np.clip(round(side / 2 - middle), 0, side - small.shape[axis])))
    top, left = offsets
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas
