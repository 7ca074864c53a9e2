"""Which class an image is of: what the model worker can be asked, from JSON to JSON.

images.tell   {run_dir, pixels: side · side · channels bytes in base64, side, channels} → {names, shares, read: the image as the network reads it;
              evidence: which part of it speaks for the class: both PNG in base64; lost: the most of the probability that one patch takes}
"""

import base64
import binascii
from typing import Any

import numpy as np

from genhub.data.image_sets import png
from genhub.errors import UserError
from genhub.images.transfer.teller import heat

SIDES, CHANNELS = (8, 64), (1, 3)
DIGITS = 6


def tell(context: Any, args: dict) -> dict:
    teller, x = context.models.teller(args.get("run_dir")), _image(args)
    where, read = teller.evidence(x), teller.as_read(x[None])[0]
    return {
        "names": list(teller.names),
        "shares": [round(float(share), DIGITS) for share in teller.shares(x[None])[0]],
        "read": base64.b64encode(png(read)).decode("ascii"),
        "evidence": base64.b64encode(png(heat(where, read))).decode("ascii"),
        "lost": round(float(where.max()), DIGITS),
    }


def _image(args: dict) -> np.ndarray:
    """(side, side[, 3]) uint8. Raises UserError."""
    side, channels = args.get("side"), args.get("channels")
    if type(side) is not int or not SIDES[0] <= side <= SIDES[1] or channels not in CHANNELS:
        raise UserError("This is no picture.", f"A square of {SIDES[0]} to {SIDES[1]} pixels a side.", "Choose a file.", "pixels")
    try:
        data = base64.b64decode(str(args.get("pixels")), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != side * side * channels:
        raise UserError(f"The picture has {len(data):,} numbers.", f"It should be {side * side * channels:,}.", "Choose a file.", "pixels")
    return np.frombuffer(bytearray(data), np.uint8).reshape(side, side, *([] if channels == 1 else [channels]))


OPS = {"images.tell": tell}
