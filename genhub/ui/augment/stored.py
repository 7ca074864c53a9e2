"""What the tab opens on before any model answers: variants of a photograph and of texts, computed once (docs/make_augmenting.py)."""

import json
from functools import cache

from genhub.lab import EXAMPLES

FILE = EXAMPLES / "augmenting.json"


@cache
def example() -> dict:
    """{"photo", "sheet": as `images.render` takes it, "texts": as `texts.render` does}; {} where it was not made."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
