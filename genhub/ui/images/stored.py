"""What the tile on *Start* shows: images that an embedded model drew, computed by `make examples` and stored with the app."""

import functools
import json

from genhub.lab import EXAMPLES

FILE = EXAMPLES / "drawing.json"


@functools.cache
def example() -> dict:
    """{model, values: of a DrawConfig, drawn: the answer of `lab.draw`}; empty before it was made."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
