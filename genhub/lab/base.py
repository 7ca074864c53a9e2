"""What every use case stands on: the settings, the job runner, the model worker, and whose folders are whose."""

import contextlib
import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from genhub import gate, hub, oneshot
from genhub.data.fixes import FIXES, of_reading
from genhub.errors import UserError
from genhub.jobs import janitor
from genhub.jobs.folder import RunFolder
from genhub.jobs.runner import RunInfo, Runner
from genhub.serving.client import Worker
from genhub.settings import Settings

EXAMPLES = Path(__file__).parents[1] / "examples"
EXAMPLE_PREFIX = "example-"


def _worker(settings: Settings):
    """What answers questions about models in this profile."""
    if settings.zerogpu:
        from genhub.serving.lent import Lent

        return Lent(settings)
    return Worker(settings)


class Base:
    """One runner and one worker; every look-up takes the visitor first and finds only what that visitor owns."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.runner = Runner(settings)
        self.worker = _worker(settings)

    def open(self) -> None:
        self.runner.start()
        self.worker.start()

    def close(self) -> None:
        self.worker.close()
        self.runner.close()
        oneshot.kill_all()

    def owner(self, visitor: str) -> str:
        """The key under which a visitor's things are kept: one owner locally, else a digest of the visitor's token."""
        if not self.settings.public:
            return "local"
        return hashlib.sha256(gate.visitor(visitor).encode()).hexdigest()[:32]

    def folder(self, visitor: str, run_id: str) -> RunFolder:
        """The folder of a run that this visitor owns, or of an example that everybody may read."""
        if isinstance(run_id, str) and (named := re.fullmatch(EXAMPLE_PREFIX + "([a-z-]+)", run_id)):
            example = EXAMPLES / named[1]
            if (example / "passport.json").exists():
                return RunFolder(example)
        return RunFolder(Path(self.run(visitor, run_id).path))

    def run(self, visitor: str, run_id: str) -> RunInfo:
        return self.runner.get(self.owner(visitor), gate.run_id(run_id))

    def fetching(self, model_id: str, family: str) -> Iterator[hub.Fetched]:
        """Bring a model of the Hub to this machine, telling how far that is; nothing of one that is here, see `hub.fetching`."""
        yield from hub.fetching(gate.model_id(model_id, self.settings, family), self.settings, family)

    def _with_model(self, visitor: str, run_id: str) -> RunFolder:
        folder = self.folder(visitor, run_id)
        if not folder.has("passport.json"):
            raise UserError(
                "This run has no model yet.", "A model is saved when training ends.", "Wait for it, or choose another run.", "run"
            )
        return folder

    def _answering(self, visitor: str, run_id: str) -> RunFolder:
        """A run with a model that is about to answer: what it stands on is brought first if it has gone meanwhile, see `genhub.hub_room`."""
        folder = self._with_model(visitor, run_id)
        if not (folder.path / "model").is_dir() and not self.settings.offline:
            self._bring_base(folder.read("passport.json").get("base"))
        return folder

    def _bring_base(self, named) -> None:
        """The base that a passport names ({"id", "revision"}) comes to this machine: where a run is opened there is no network. What is no
        name of a model, or of one that may be used here, is left to the opening, which says what is wrong with it."""
        try:
            model_id = gate.model_id(named["id"], self.settings)
        except (UserError, LookupError, TypeError):
            return
        revision = str(named.get("revision") or "")
        hub.model_folder(model_id, self.settings, revision=revision if re.fullmatch("[0-9a-f]{40}", revision) else "")

    def _new_folder(self, home: Path, visitor: str, more: int) -> Path:
        """A folder of this visitor's for about `more` bytes. Raises UserError when that is too much."""
        self.runner.check_disk(self.owner(visitor), more)
        return janitor.new_folder(home, self.owner(visitor))

    @contextlib.contextmanager
    def _download(self, visitor: str, more: int = 0) -> Iterator[Path]:
        """A folder for a file that is about to be made; it goes where that comes to nothing."""
        folder = self._new_folder(self.settings.downloads, visitor, more)
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _table_folder(self, visitor: str, table_id: str) -> Path:
        return self._kept(visitor, gate.table_id(table_id), "table")

    def _text_folder(self, visitor: str, text_id: str) -> Path:
        return self._kept(visitor, gate.text_id(text_id), "text")

    def _kept(self, visitor: str, key: str, kind: str) -> Path:
        """The folder of a table or text that was taken in; its facts lie in `<kind>.json`."""
        folder = self.settings.uploads / self.owner(visitor) / key
        if not (folder / f"{kind}.json").is_file():
            raise UserError(f"This {kind} is not here any more.", f"Uploaded {kind}s are kept for 24 hours.", "Upload it again.", kind)
        return folder

    def _taken(self, visitor: str, target: str, request: dict) -> tuple[Path, dict]:
        """A one-shot child reads what came ("path" or "text" of the request, or a sample) into a new folder: (the folder, the child's answer)."""
        more = Path(request["path"]).stat().st_size if "path" in request else len(request.get("text", ""))
        folder = self._new_folder(self.settings.uploads, visitor, more)
        try:
            return folder, oneshot.run(target, {**request, "folder": str(folder)}, seconds=60)
        except UserError:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    @contextlib.contextmanager
    def _streamed(self, wanted: dict) -> Iterator[dict]:
        """A split of a Hub data set (see `hub.dataset`), as what a child is asked to read; at the end its rows are deleted."""
        with tempfile.TemporaryDirectory() as scratch:
            source = Path(scratch) / "hub.jsonl"
            facts = hub.dataset({**wanted, "out": str(source)}, self.settings)
            yield {"path": str(source), "name": facts["dataset"], "hub": facts}

    @staticmethod
    def _known(fixes) -> list[str]:
        return [gate.choice(fix, tuple(FIXES), "fix") for fix in gate.listed(fixes, "fixes")]

    def _reading(self, fixes) -> list[str]:
        """Those that are used when a file is read."""
        return of_reading(self._known(fixes))
