"""What a run becomes outside this server, and how it comes back.

export · merged · to_publish · publish · reopen · reopen_from_hub · code
"""

import shutil
from pathlib import Path

from genhub import gate, hub, oneshot
from genhub.errors import UserError
from genhub.jobs import janitor
from genhub.lab.base import EXAMPLE_PREFIX, Base
from genhub.settings import ADAPTERS, PUBLISHING


class Home(Base):
    """Zip files, the Hub, code."""

    def export(self, visitor: str, run_id: str) -> Path:
        """The run as a zip: adapter, head, passport, card, script; no training data."""
        request = self._to_pack(visitor, run_id, "adapter")
        most = 2 * self.settings.limits.hub_bytes  # a whole model and its head
        oneshot.run("genhub.children:export", request, seconds=120, file_bytes=most, what="Packing the run")
        return Path(request["out"])

    def merged(self, visitor: str, run_id: str) -> Path:
        """One plain safetensors model as a zip, the adapter folded into the encoder's weights; a diffusion model for plain diffusers."""
        self._answering(visitor, run_id)
        request = self._to_pack(visitor, run_id, "merged")
        self.runner.call("genhub.children:merged", request, seconds=120, what="Packing the merged model")
        return Path(request["out"])

    def _to_pack(self, visitor: str, run_id: str, kind: str) -> dict:
        """What the child is asked: the run's folder and a new file to pack it into."""
        folder = self.folder(visitor, run_id)
        name = f"genhub-{kind}-{run_id.removeprefix(EXAMPLE_PREFIX)[:8]}.zip"
        place = self._new_folder(self.settings.downloads, visitor, janitor.size(folder.path))
        return {"run_dir": str(folder.path), "out": str(place / name)}

    def publish(self, visitor: str, source: str, push: hub.Push) -> dict:
        """Push a run (its id), or the file of an augmented set, to the Hub; as `hub.publish`. The token is not kept."""
        if PUBLISHING not in self.settings.allowed:
            raise UserError(
                "Publishing is off here.", "This page is shared with strangers.", "Download the file and push it yourself.", "push"
            )
        return hub.publish(self._to_publish(visitor, source, push.what), push, self.settings)

    def to_publish(self, visitor: str, source: str, repo: str, what: str) -> dict:
        """{"files": [[name, bytes] …], "card"}: what would be sent."""
        return hub.to_publish(self._to_publish(visitor, source, what), repo or "you/name", what)

    def _to_publish(self, visitor: str, source: str, what: str) -> Path:
        if what != "set":
            return self._with_model(visitor, source).path
        path, own = Path(gate.text(source, 1_000, "file")).resolve(), (self.settings.downloads / self.owner(visitor)).resolve()
        if own not in path.parents or not path.is_file():
            raise UserError("This file is not here any more.", "What was made is kept for 24 hours.", "Make it again.", "file")
        return path

    def reopen(self, visitor: str, path: str | Path) -> str:
        """Check a zip that GenHub wrote and list it as a run, under the name it had; returns its id."""
        self._check_opens("file")
        upload = gate.archive(path, self.settings.limits)
        self._bring_base(oneshot.run("genhub.children:base_of", {"path": str(upload.path)}, what="Reading the ZIP file"))
        folder = self._new_folder(self.settings.uploads, visitor, upload.bytes) / "run"
        try:
            request = {"path": str(upload.path), "folder": str(folder)}
            self.runner.call("genhub.children:reopen", request, seconds=120, what="Opening the run")
            return self.runner.import_folder(self.owner(visitor), folder, gate.display_name(Path(upload.name).stem))
        finally:
            shutil.rmtree(folder.parent, ignore_errors=True)

    def reopen_from_hub(self, visitor: str, address: str, token: str = "") -> str:
        """The same for a run that GenHub pushed: owner/name on the Hub, or owner/name@revision. The token, for a private one, is not kept."""
        self._check_opens("repo")
        folder = self._new_folder(self.settings.uploads, visitor, 0)
        try:
            packed = folder / "run.zip"
            repo = hub.fetch_run(address, packed, self.settings, token)
            run = self.reopen(visitor, packed)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self.runner.rename(self.owner(visitor), run, hub.opened_name(repo))
        return run

    def _check_opens(self, field: str) -> None:
        if ADAPTERS not in self.settings.allowed:
            limit = "This page is shared with strangers: it opens only what was trained on it."
            raise UserError("Opening a packed run is off here.", limit, "Open it in GenHub on your own computer.", field)

    def code(self, visitor: str, run_id: str) -> dict:
        """{"script": a plain program that loads the run and predicts, "command": what reproduces the run}."""
        request = {"run_dir": str(self.folder(visitor, run_id).path)}
        return oneshot.run("genhub.children:script", request, what="Writing the script")
