"""A GAN that learns one step at a time: what the model worker can be asked, from JSON to JSON.

images.turn   {key, token, config: a GANConfig, rows, turn: discriminator | generator | both | none, count} →
              {drawn, real, wanted: rows of images, PNG in base64; believed_drawn, believed_real; made: steps of each turn}; see
              `gans.stepping.Look`

A pair is kept under `key` and `token` for as long as there is room; one that had to go begins anew: `made` tells. A round of both has the
steps of the discriminator that the options ask for, and one of the generator. rows: a file of images, of which MOST are learnt from.
"""

from collections.abc import Generator
from pathlib import Path
from typing import Any

from genhub.errors import UserError
from genhub.images.gans.stepping import TURNS, Look, Stepping
from genhub.images.material import read_rows
from genhub.serving.imaging import picture
from genhub.training.configs import GANConfig

MOST, MOST_TURNS = 2_000, 100
COLUMNS = 8


def turn(context: Any, args: dict) -> Generator[None, None, dict]:
    """Others are answered between two steps."""
    count, whose = args.get("count"), str(args.get("turn"))
    if not isinstance(count, int) or not 1 <= count <= MOST_TURNS:
        raise UserError("So many steps are not made at once.", f"From 1 to {MOST_TURNS}.", "Press again for more.", "count")
    pair = context.models.stepping((str(args["key"]), str(args["token"])), lambda: _begun(args))
    if whose not in (*TURNS, "both", "none"):
        raise UserError("It is nobody's turn.", f"One of {', '.join(TURNS)}, both, none.", "Press one of the buttons.", "turn")
    for one in {"both": pair.round * count, "none": ()}.get(whose, (whose,) * count):
        pair.learn(one)
        yield None
    return _told(pair.look())


def _begun(args: dict) -> Stepping:
    return Stepping(GANConfig.from_dict(args["config"]), read_rows(Path(args["rows"]), MOST))


def _told(seen: Look) -> dict:
    pictures = {name: picture(getattr(seen, name), COLUMNS) for name in ("drawn", "real", "wanted")}
    return {**pictures, "believed_drawn": seen.believed_drawn, "believed_real": seen.believed_real, "made": seen.made}


OPS = {"images.turn": turn}
