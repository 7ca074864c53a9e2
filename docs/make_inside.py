"""Store what the part *Inside a transformer* opens on (genhub/examples/inside.json): each question with the worker's answer.

    make examples

What a model that is not on this machine would have to answer is left out; the page then asks once the model is there.
"""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

from genhub import settings
from genhub.errors import UserError
from genhub.lab import EXAMPLES
from genhub.lab.insides import EXAMPLE, EXAMPLE_PLACES, EXAMPLE_SECOND, Insides, key

TARGET = EXAMPLES / "inside.json"
LIMIT = 150_000  # bytes
TOKENS = 24  # of the sentence, at most: what a model that reads letters would say of it is too much to keep


class Recording(Insides):
    """Asks the worker always, and keeps what it says."""

    def __init__(self, home: Path):
        super().__init__(replace(settings.get(), home=home, offline=True))
        self.told: dict[str, dict] = {}

    def _inside(self, op: str, args: dict) -> dict:
        told = self.told[key(op, args)] = self.worker.call(op, args, seconds=120)
        return told


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        lab = Recording(Path(home))
        try:
            ask(lab)
        finally:
            lab.close()
    written = json.dumps(lab.told, ensure_ascii=False, separators=(",", ":"))
    if len(written.encode()) > LIMIT:
        raise SystemExit(f"{len(written.encode()):,} bytes are too many: {LIMIT:,} at most")
    TARGET.write_text(written, encoding="utf-8")


def is_short(lab: Recording, family: str) -> bool:
    """Is there such a model, and does it read the sentence in few tokens? What it said is dropped otherwise."""
    try:
        told = lab.inside_tokens("", EXAMPLE, family)
    except UserError as error:
        print(f"{family} left out: {error}")  # noqa: T201
        return False
    if len(told["pieces"]) > TOKENS:
        lab.told.popitem()
        print(f"{family} left out: it reads the sentence in {len(told['pieces'])} tokens")  # noqa: T201
        return False
    return True


def ask(lab: Recording) -> None:
    """Everything that a visitor sees without a press, and the first press of each kind."""
    for family, place in EXAMPLE_PLACES.items():
        if not is_short(lab, family):
            continue
        lab.inside_attention("", EXAMPLE, family, place.layer)
        lab.inside_steps("", EXAMPLE, place.to_dict())
        lab.inside_positions("", family)
        if family == "causal":
            lab.inside_lens("", EXAMPLE)
    lab.inside_shuffled("", EXAMPLE)
    lab.inside_embeddings("", EXAMPLE, EXAMPLE_SECOND)


if __name__ == "__main__":
    main()
