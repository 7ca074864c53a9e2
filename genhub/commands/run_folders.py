"""Which run is meant: a folder, or the id of a run that `python -m genhub runs` lists."""

import re
from pathlib import Path

from genhub import settings, tasks
from genhub.errors import UserError
from genhub.jobs.folder import RunFolder
from genhub.jobs.store import Store

OWNER = "local"  # in the local profile there is one owner, who sees the command line's runs on the page too


def find(value: str) -> RunFolder:
    """The run in the folder `value`, or with the id `value`. Raises UserError when there is none."""
    remedy = "See python -m genhub runs, or give the folder that --out wrote."
    given = Path(value)
    if re.fullmatch(r"[0-9a-f]{32}", value) and not given.is_dir():
        given = settings.get().runs / value
        if not given.is_dir():
            raise UserError(f"There is no run {value}.", "It must be one of this computer's runs.", remedy, "run")
    if not value or not given.is_dir():
        raise UserError(f"There is no folder “{value[:200]}”.", "A run is a folder, or an id of 32 hexadecimal digits.", remedy, "run")
    folder = RunFolder(given)
    if not folder.has("job.json") and not folder.has("passport.json"):
        raise UserError(f"The folder “{value[:200]}” holds no run.", "A run's folder has a job.json or a passport.json.", remedy, "run")
    return folder


def finished(value: str) -> RunFolder:
    """The same for a run that has a model to use."""
    folder = find(value)
    if not folder.has("passport.json"):
        raise UserError(
            "This run has no model yet.",
            "A model is saved when training ends.",
            f"Go on with python -m genhub train {tasks.get(folder.job().get('task', 'classify')).words} --resume {value}",
            "run",
        )
    return folder


def index(folder: RunFolder) -> Store | None:
    """The page's index, open, when it lists the run in this folder."""
    current = settings.get()
    if folder.path.absolute().parent != current.runs.absolute() or not (current.home / "runs.db").exists():
        return None
    store = Store(current.home / "runs.db")
    if store.get(folder.id) is not None:
        return store
    store.close()
    return None


def name_of(folder: RunFolder) -> str:
    """What people call the run: its display name, else the folder's name."""
    about = "job.json" if folder.has("job.json") else "passport.json"  # a run opened from a zip has no job
    return (folder.read(about).get("name") if folder.has(about) else "") or folder.id
