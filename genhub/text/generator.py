"""A run that adapted a language model or trained one, read back to write with it.

model = load_generator(run_folder)          # a Causal, like any language model
"""

from pathlib import Path

from genhub.text.causal import Causal, load_causal, open_causal
from genhub.text.finished import Readable, read_back
from genhub.text.formats import GENERATOR as FORMAT


def load_generator(run_dir: Path, base: Causal | None = None) -> Causal:
    """The language model that a finished run left; its `id` is that of the model it stands on. `base` and errors: see `read_back`."""
    return read_back(run_dir, base, RUNS)[0]


def _own(folder: Path, passport: dict) -> Causal:
    return load_causal(folder, id=passport["base"]["id"])


RUNS = Readable(FORMAT, "An adapted language model", _own, open_causal)
