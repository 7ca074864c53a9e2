"""What the tab opens on before any model has loaded: computed by `make examples` and stored with the app."""

import functools
import json

from genhub.lab import EXAMPLES

FILE = EXAMPLES / "writing.json"


@functools.cache
def example() -> dict:
    """{model, prompt, values, told, picked, why, compared, people, ladder}; empty before it was made."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
