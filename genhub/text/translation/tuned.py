"""A run that adapted a translation model, read back to translate with it.

translator = load_tuned(run_folder)          # a Translator, like any other
"""

from dataclasses import replace
from pathlib import Path

from genhub.errors import UserError
from genhub.jobs.folder import RunFolder
from genhub.text import methods, sharing
from genhub.text.formats import TRANSLATOR as FORMAT
from genhub.text.translation.translator import Translator, load_translator, open_translator


def load_tuned(run_dir: Path, base: Translator | None = None) -> Translator:
    """The translation model that a finished run left; its `id` is that of the model it stands on, its folder and its languages are the run's.

    `base`: that model, when it is in memory already. Its weights are shared and it is left as it is. Raises UserError for a folder
    without a passport, another format, or another base.
    """
    run = RunFolder(Path(run_dir))
    passport = run.read("passport.json")
    if passport.get("format") != FORMAT:
        what = f"This run is a “{str(passport.get('format'))[:40]}”."
        raise UserError(what, f"An adapted translation model has the format {FORMAT}.", "Choose another run.", "run")
    named = passport["base"]
    if (run.path / methods.MODEL).is_dir():
        loaded = load_translator(run.path / methods.MODEL, id=named["id"])
    else:
        if base is not None and base.id != named["id"]:
            raise UserError(f"This adapter was trained on {named['id']}.", f"It does not fit {base.id}.", "", "run")
        own = (
            replace(base, model=sharing.twin(base.model)) if base is not None else open_translator(named["id"], named.get("revision") or "")
        )
        loaded = methods.load(own, run.path, passport)
    loaded.model.eval().requires_grad_(False)
    loaded = replace(loaded, folder=run.path, revision=named.get("revision") or "", sha256=named.get("sha256") or "")
    return loaded.between(*passport["languages"])
