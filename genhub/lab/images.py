"""Sets of images come in, read in one-shot children.

image_samples · take_images · take_images_sample · take_images_hub · images_info · images_rows · picture · forming_map · film_file
"""

import base64
import json
import re
import tempfile
from pathlib import Path

from genhub import catalog, gate, hub, oneshot
from genhub.data import image_sets
from genhub.data.fixes import OF_IMAGES
from genhub.data.image_sets import ImagesInfo
from genhub.errors import UserError
from genhub.jobs import janitor
from genhub.lab.base import Base
from genhub.training.configs import DrawConfig, ImageSetConfig

__all__ = ["ImageSets", "ImagesInfo"]

SAMPLES = {image_sets.DIGITS: "1,797 handwritten digits of 8 × 8 pixels (scikit-learn)"}


class ImageSets(Base):
    """From files, the Hub, the bundled digits or drawn ones to images that a model can learn."""

    def take_images(self, visitor: str, path: str | Path, values: dict | None = None, fixes=()) -> ImagesInfo:
        """Read a ZIP of images or a NumPy file. `values`: those of an ImageSetConfig; fixes: remedies of `fixes.OF_IMAGES`."""
        upload = gate.image_set(path, self.settings.limits)
        chosen = [gate.choice(fix, tuple(OF_IMAGES), "fix") for fix in gate.listed(fixes, "fixes")]
        request = {"path": str(upload.path), "name": upload.name, "source": "file", "fixes": chosen}
        return self._read_images(visitor, request, values or {})

    def image_samples(self) -> dict[str, str]:
        """The sets that are here, and what each is."""
        drawn = {name: told for name, (model, told) in catalog.DRAWN_SETS.items() if model in hub.image_models()}
        return {**SAMPLES, **drawn}

    def take_images_sample(self, visitor: str, sample_id: str, values: dict | None = None) -> ImagesInfo:
        """Read a set that comes with scikit-learn, or one that a model of ours draws."""
        sample = gate.choice(sample_id, tuple(self.image_samples()), "sample")
        request = {"sample": sample, "name": sample, "source": "sample"}
        if sample not in catalog.DRAWN_SETS:
            return self._read_images(visitor, request, values or {})
        folder = str(hub.image_models()[catalog.DRAWN_SETS[sample][0]])
        config = DrawConfig(n=catalog.DRAWN_IMAGES).to_dict()
        told = self.worker.call("images.file", {"run_dir": folder, "config": config, "ending": "npz"}, seconds=60.0)
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "drawn.npz"
            path.write_bytes(base64.b64decode(told["file"]))
            return self._read_images(visitor, {**request, "path": str(path)}, values or {})

    def take_images_hub(
        self, visitor: str, dataset_id: str, config: str = "", split: str = "", column: str = "", values: dict | None = None
    ) -> ImagesInfo:
        """Stream the pictures of a split of a Hub data set, and their classes (column: which of its columns names them; empty: its own choice);
        of one beyond the limits a part is drawn."""
        wanted = {"dataset": dataset_id, "config": config, "split": split, "column": gate.column(column, "column"), "images": True}
        with self._streamed(wanted) as request:
            return self._read_images(visitor, {**request, "source": "hub"}, values or {})

    def images_info(self, visitor: str, images_id: str) -> ImagesInfo:
        facts = self._kept(visitor, gate.text_id(images_id), "images") / image_sets.FACTS
        return ImagesInfo(**json.loads(facts.read_text(encoding="utf-8")))

    def images_rows(self, visitor: str, images_id: str) -> Path:
        """One JSON object {"image", "label"?} a line."""
        return self._kept(visitor, gate.text_id(images_id), "images") / image_sets.ROWS

    def picture(self, visitor: str, run: str, name: str) -> str:
        """A picture that a run made on its way, PNG in base64, by its name in the run's folder."""
        path = self._frame(visitor, run, name)
        if not path.is_file():
            raise UserError("This picture is not here.", "A run that was opened from a ZIP has none.", "Train it here to see them.", "film")
        return base64.b64encode(path.read_bytes()).decode("ascii")

    def forming_map(self, visitor: str, run: str, name: str) -> dict | None:
        """Where images lay when a picture of `picture` was made; see `images.film`. None of runs whose film has no maps."""
        path = self._frame(visitor, run, name).with_suffix(".json")
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None

    def _frame(self, visitor: str, run: str, name: str) -> Path:
        if not isinstance(name, str) or not re.fullmatch(r"frames/\d{1,9}\.png", name):
            raise UserError("There is no such picture.", "It is one of the run's film.", "Choose another moment.", "film")
        return self.folder(visitor, run).path / name

    def film_file(self, visitor: str, run: str) -> Path:
        """The pictures that a run made on its way as a GIF to download."""
        folder = self.folder(visitor, run).path / "frames"
        if not any(folder.glob("*.png")):
            raise UserError(
                "This run has no film.", "It is of pictures made on the way.", "Train with frames, or choose another run.", "film"
            )
        out = self._new_folder(self.settings.downloads, visitor, janitor.size(folder)) / f"genhub-film-{run[:8]}.gif"
        oneshot.run("genhub.data.pictures:film", {"folder": str(folder), "out": str(out)}, seconds=60)
        return out

    def _read_images(self, visitor: str, request: dict, values: dict) -> ImagesInfo:
        asked = {**request, **gate.filled(ImageSetConfig, values).to_dict()}
        _, answer = self._taken(visitor, "genhub.data.image_sets:read_images", asked)
        return ImagesInfo(**answer)
