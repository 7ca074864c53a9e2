"""A run that adapted a language model, read back to write with it.

model = load_generator(run_folder)          # a Causal, like any language model
"""

from dataclasses import replace
from pathlib import Path

from genhub.errors import UserError
from genhub.jobs.folder import RunFolder
from genhub.text import methods
from genhub.text.causal import Causal, load_causal, open_causal
from genhub.text.formats import GENERATOR as FORMAT


def load_generator(run_dir: Path, base: Causal | None = None) -> Causal:
    """The language model that a finished run left; its `id` is that of the model it stands on.

    `base`: that model, when it is in memory already. Its weights are shared and it is left as it is, so any number of runs may stand
    on one. Raises UserError for a folder without a passport, another format, or another base.
    """
    run = RunFolder(Path(run_dir))
    passport = run.read("passport.json")
    if passport.get("format") != FORMAT:
        what = f"This run is a “{str(passport.get('format'))[:40]}”."
        raise UserError(what, f"An adapted language model has the format {FORMAT}.", "Choose another run.", "run")
    named = passport["base"]
    if (run.path / methods.MODEL).is_dir():
        loaded = load_causal(run.path / methods.MODEL, id=named["id"])
    else:
        if base is not None and base.id != named["id"]:
            raise UserError(f"This adapter was trained on {named['id']}.", f"It does not fit {base.id}.", "", "run")
        own = base.twin() if base is not None else open_causal(named["id"], named.get("revision") or "")
        loaded = methods.load(own, run.path, passport)
    loaded.model.eval().requires_grad_(False)
    return replace(loaded, revision=named.get("revision") or "", sha256=named.get("sha256") or "")
