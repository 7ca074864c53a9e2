"""Image classifiers at work: of which class an image is.

image_classifiers · tell_image

The run is one that transferred a network to classes of the visitor's own.
"""

from pathlib import Path
from typing import Any

from genhub import catalog, gate, hub, oneshot
from genhub.errors import UserError
from genhub.families import VISION
from genhub.lab.base import Base

SECONDS = 60.0
TASK = "transfer"
SIDE, COLOURED = 64, 3  # as which a file is read by a run that does not say how large its images were


class Telling(Base):
    """The visitor's image classifiers, and what they can be made from."""

    def image_classifiers(self) -> list[catalog.Model]:
        """Those of the catalog that are on this machine, and, with a network, all others."""
        found = catalog.of_task(VISION.name)
        return [entry for entry in found if not self.settings.offline or hub.stored_folder(entry.id, self.settings, VISION.name)]

    def tell_image(self, visitor: str, run: str, path: str | Path, *, turned: bool = False) -> dict:
        """Of which class the image in a file is, see `serving.telling`; a one-shot child decodes it. turned: dark becomes light. Raises UserError
        for a run that tells no classes apart."""
        upload, folder = gate.image(path, self.settings.limits), self._with_model(visitor, run)
        if folder.read("passport.json").get("task") != TASK:
            raise UserError("This run tells no images apart.", "A run of Transfer does.", "Choose one.", "run")
        known: dict[str, Any] = folder.job()["data"] if folder.has("job.json") else {}
        shape = {"side": int(known.get("side") or SIDE), "channels": int(known.get("channels") or COLOURED)}
        asked = {"path": str(upload.path), "name": upload.name, **shape, "turned": bool(turned)}
        read = oneshot.run("genhub.data.pictures:pixels_of", asked, seconds=SECONDS)
        args = {"run_dir": str(folder.path), "pixels": read["pixels"], **shape}
        return self.worker.call("images.tell", args, seconds=SECONDS)
