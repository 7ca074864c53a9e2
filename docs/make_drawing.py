"""Store what the tile *Draw* shows (genhub/examples/drawing.json): images that an embedded model draws, a column a class.

make examples
"""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

from genhub import settings
from genhub.lab import Lab
from genhub.training.configs import DrawConfig
from genhub.ui.images.stored import FILE

MODEL = "embedded/mnist-vae-classes"
CONFIG = DrawConfig(n=40)
LIMIT = 60_000  # bytes


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        lab = Lab(replace(settings.get(), home=Path(home), offline=True))
        try:
            drawn = lab.draw("v" * 43, MODEL, CONFIG.to_dict())
        finally:
            lab.close()
    written = json.dumps({"model": MODEL, "values": CONFIG.to_dict(), "drawn": drawn}, ensure_ascii=False, separators=(",", ":"))
    if len(written.encode()) > LIMIT:
        raise SystemExit(f"{len(written.encode()):,} bytes are too many: {LIMIT:,} at most")
    FILE.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
