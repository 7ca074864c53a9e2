"""A finished run, read back as the model that it left: what is the same for models of every family."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic

from genhub.errors import UserError
from genhub.jobs.folder import RunFolder
from genhub.text import methods
from genhub.text.methods import P
from genhub.training import outcome


@dataclass(frozen=True)
class Readable(Generic[P]):
    """A kind of run. format: what its passport says; called: what it is, at the beginning of a sentence; load: a run's own model/ and its
    passport → the model; open: an id and a revision → the model that an adapter stands on."""

    format: str
    called: str
    load: Callable[[Path, dict], P]
    open: Callable[[str, str], P]


def read_back(run_dir: Path, base: P | None, kind: Readable[P]) -> tuple[P, dict]:
    """The pretrained model with what the run learnt in it, and the run's passport; `id`, `revision` and `sha256` are the base's.

    `base`: that model, when it is in memory already. Its weights are shared and it is left as it is, so any number of runs may stand on
    one. Raises UserError for a folder without a passport, another format, another base, or weights that cannot be used.
    """
    run = RunFolder(Path(run_dir))
    passport = run.read("passport.json")
    if passport.get("format") != kind.format:
        what = f"This run is a “{str(passport.get('format'))[:40]}”."
        raise UserError(what, f"{kind.called} has the format {kind.format}.", "Choose another run.", "run")
    named = passport["base"]
    revision = named.get("revision") or ""
    if (run.path / outcome.MODEL).is_dir():
        own = kind.load(run.path / outcome.MODEL, passport)
    elif base is None:
        own = kind.open(named["id"], revision)
    elif base.id != named["id"]:
        raise UserError(f"This adapter was trained on {named['id']}.", f"It does not fit {base.id}.", "", "run")
    else:
        own = base.twin()
    loaded = replace(methods.load(own, run.path, passport), revision=revision, sha256=named.get("sha256") or "")
    loaded.model.eval().requires_grad_(False)
    return loaded, passport
