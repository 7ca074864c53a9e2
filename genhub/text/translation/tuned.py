"""A run that adapted a translation model, read back to translate with it.

translator = load_tuned(run_folder)          # a Translator, like any other
"""

from dataclasses import replace
from pathlib import Path

from genhub.text.finished import Readable, read_back
from genhub.text.formats import TRANSLATOR as FORMAT
from genhub.text.translation.translator import Translator, load_translator, open_translator


def load_tuned(run_dir: Path, base: Translator | None = None) -> Translator:
    """The translation model that a finished run left; its `id` is that of the model it stands on, its folder and its languages are the
    run's. `base` and errors: see `read_back`."""
    loaded, passport = read_back(run_dir, base, RUNS)
    return replace(loaded, folder=Path(run_dir)).between(*passport["languages"])


def _own(folder: Path, passport: dict) -> Translator:
    return load_translator(folder, id=passport["base"]["id"])


RUNS = Readable(FORMAT, "An adapted translation model", _own, open_translator)
