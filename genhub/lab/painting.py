"""Image models at work, in the model worker: they draw, are walked through, and give images back.

image_models · hub_painters · about_painter · draw · drawing · drawn_file · enlarging · image_map · images_at · image_sheet · look · code_numbers · code_sum · read_image · give_back · painters_beside

A model is the id of a run, that of an embedded one, or that of a diffusion model of the Hub.
"""

import base64
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genhub import catalog, gate, hub, oneshot
from genhub.errors import UserError
from genhub.families import DIFFUSION
from genhub.images.saved import DATASETS, ENDINGS, SETS
from genhub.lab.base import Base
from genhub.training.configs import DrawConfig, EnlargeConfig

SECONDS, DRAWING_SECONDS = 60.0, 180.0
OWN_PREFIX = "embedded/"
MOST_PIXELS = 100_000  # characters in base64: a sketch, or 64 × 64 coloured pixels


class Painting(Base):
    """Trained image models, the visitor's and ours."""

    def image_models(self) -> list[catalog.ImageModel]:
        """The embedded ones that are here."""
        return [catalog.IMAGE_MODELS[model] for model in hub.image_models()]

    def hub_painters(self) -> list[catalog.Model]:
        """Those of the Hub that are offered: while there is no network the ones that are on this machine."""
        known = catalog.of_task(DIFFUSION.name)
        return [model for model in known if not self.settings.offline or hub.stored_folder(model.id, self.settings, DIFFUSION.name)]

    def about_painter(self, visitor: str, model: str) -> dict:
        """What a model can do, see `serving.imaging`."""
        return self._painted("about", visitor, model)

    def draw(self, visitor: str, model: str, values: dict) -> dict:
        """Images that a model draws, see `serving.imaging.draw`. `values`: those of a DrawConfig."""
        return self._painted("draw", visitor, model, seconds=DRAWING_SECONDS, config=gate.filled(DrawConfig, values).to_dict())

    def drawing(self, visitor: str, model: str, values: dict) -> Iterator[dict]:
        """As `draw`, of a diffusion model what it expects to draw on the way first: {step, steps, picture}, the answer of `draw` last."""
        args = {"run_dir": str(self._painter(visitor, model)), "config": gate.filled(DrawConfig, values).to_dict()}
        with contextlib.closing(self.worker.stream("images.draw", args, seconds=DRAWING_SECONDS)) as events:
            for event in events:
                if "result" in event:
                    yield event["result"]
                elif "step" in event:
                    yield event

    def drawn_file(self, visitor: str, model: str, values: dict, ending: str) -> Path:
        """The images of `draw` as a file to download: png, zip or npz."""
        kind = gate.choice(ending, ENDINGS, "format")
        told = self._painted("file", visitor, model, seconds=DRAWING_SECONDS, config=gate.filled(DrawConfig, values).to_dict(), ending=kind)
        data = base64.b64decode(told["file"])
        path = self._new_folder(self.settings.downloads, visitor, len(data)) / f"genhub-drawn.{kind}"
        path.write_bytes(data)
        return path

    def enlarging(self, visitor: str, model: str, each: int, values: dict, kind: str) -> Iterator[dict]:
        """A set of images as a file: `each` of every class that the model is told, or in all; kind: zip, npz or datasets. {"done", "of"} again
        and again, last {"path"} with what else `serving.enlarging` answers. `values`: those of a DrawConfig."""
        folder, chosen = self._painter(visitor, model), gate.choice(kind, SETS, "kind")
        config = gate.filled(DrawConfig, {**gate.named(values), "n": 1}).to_dict()
        asked = {"run_dir": str(folder), "each": gate.filled(EnlargeConfig, {"each": each}).each, "config": config, "kind": chosen}
        asked["by"] = model if "/" in model else f"“{self.run(visitor, model).name}”"
        with contextlib.closing(self.worker.stream("images.enlarge", asked, seconds=DRAWING_SECONDS)) as events:
            for event in events:
                if "result" not in event:
                    yield event
                    continue
                told = event["result"]
                data = base64.b64decode(told.pop("file"))
                ending = "zip" if chosen == DATASETS else chosen
                path = self._new_folder(self.settings.downloads, visitor, len(data)) / f"genhub-{told['count']}-drawn.{ending}"
                path.write_bytes(data)
                yield {**told, "path": path}

    def image_map(self, visitor: str, model: str) -> dict:
        """Where images lie that a model has not learnt from, see `serving.imaging`."""
        return self._painted("map", visitor, model)

    def images_at(self, visitor: str, model: str, places: list, label: str = "") -> dict:
        """What is decoded at some places of a map, see `serving.imaging`."""
        return self._painted("at", visitor, model, places=gate.listed(places, "places"), label=_label(label))

    def image_sheet(self, visitor: str, model: str, span: list, label: str = "") -> dict:
        """Images from all over a part of a map, see `serving.imaging`."""
        return self._painted("sheet", visitor, model, span=gate.listed(span, "span"), label=_label(label))

    def look(self, visitor: str, model: str, of: dict, label: str = "") -> dict:
        """One code: its picture, its place, what is near. `of`: see `serving.exploring`; {"drawn": values of a DrawConfig, "index"} |
        {"place"}, and "moved"."""
        return self._painted("look", visitor, model, of=_of(of), label=_label(label))

    def code_numbers(self, visitor: str, model: str, of: dict, label: str = "") -> dict:
        """What single numbers of a code do, see `serving.exploring`."""
        return self._painted("numbers", visitor, model, of=_of(of), label=_label(label))

    def code_sum(self, visitor: str, model: str, plus: str, minus: str, then: str, label: str = "") -> dict:
        """The mean codes of three classes, plus − minus + then, see `serving.exploring`."""
        asked = {"plus": _label(plus), "minus": _label(minus), "then": _label(then), "label": _label(label)}
        if not all(asked[name] for name in ("plus", "minus", "then")):
            raise UserError("Three classes are needed.", "The sum is the first minus the second plus the third.", "Choose them.", "plus")
        return self._painted("sum", visitor, model, **asked)

    def read_image(self, visitor: str, model: str, path: str | Path, *, turned: bool = False) -> str:
        """The pixels of one image file as a model would read them, bytes in base64; a one-shot child decodes it. turned: dark becomes light."""
        upload, about = gate.image(path, self.settings.limits), self.about_painter(visitor, model)
        asked = {
            "path": str(upload.path),
            "name": upload.name,
            "side": about["side"],
            "channels": about["channels"],
            "turned": bool(turned),
        }
        return oneshot.run("genhub.data.pictures:pixels_of", asked, seconds=SECONDS)["pixels"]

    def give_back(self, visitor: str, model: str, image: dict, damage: dict | None = None, label: str = "") -> dict:
        """What a model makes of an image, {"pixels"} from `read_image` or {"sketch", "centred"}, damaged before where `damage` is {"damage",
        "amount", "seed"}; see `serving.exploring`."""
        kind = "sketch" if "sketch" in image else "pixels"
        given, hurt = image.get(kind), damage or {}
        if not isinstance(given, str) or len(given) > MOST_PIXELS:
            raise UserError("This is no picture.", "Its pixels, in base64.", "Draw one, or choose a file.", "pixels")
        asked = {kind: given, "centred": bool(image.get("centred", True)), "damage": str(hurt.get("damage") or "")[:20]}
        asked |= {"amount": gate.share(hurt.get("amount", 0.0), "amount"), "seed": _seed(hurt.get("seed", 0))}
        return self._painted("give_back", visitor, model, label=_label(label), **asked)

    def painters_beside(self, visitor: str, model: str, other: str, seed: int = 0) -> dict:
        """Two models on the same images, see `serving.beside`; `seconds`: what each took to train, None where nobody kept it; `same`: have they
        learnt the same set?; `drew`: which of them draws the images where nobody kept any, None for neither. Raises UserError
        for two of ours that have not."""
        folders, learnt = [self._painter(visitor, one) for one in (model, other)], [self._learnt(visitor, one) for one in (model, other)]
        sets = {catalog.IMAGE_MODELS[one].of for one in (model, other) if one in catalog.IMAGE_MODELS}
        if len(sets) > 1:
            what = f"One model has learnt {learnt[0]}, the other {learnt[1]}."
            raise UserError(what, "Neither would know the other's images.", "Choose two of one set.", "other")
        drawing = [model for model, _ in catalog.DRAWN_SETS.values() if catalog.IMAGE_MODELS[model].of in sets]
        third = str(hub.image_models().get(drawing[0], "")) if drawing else ""
        told = self._painted("beside", visitor, model, other=str(folders[1]), third=third, seed=_seed(seed))
        drew = [number for number, one in enumerate((model, other)) if told["kept"] is None and one in drawing[:1]]
        same = learnt[0] == learnt[1]
        return {**told, "seconds": [_seconds(folder) for folder in folders], "same": same, "drew": drew[0] if drew else None}

    def _learnt(self, visitor: str, model: str) -> str:
        """What tells the set a model has learnt from all others: its name of ours, its digest of a visitor's, the model of the Hub."""
        if model in catalog.IMAGE_MODELS:
            return catalog.IMAGE_MODELS[model].of
        if "/" in model:
            return model
        return str((self.folder(visitor, model).read("passport.json").get("data") or {}).get("sha256"))

    def _painted(self, op: str, visitor: str, model: str, seconds: float = SECONDS, **args: Any) -> dict:
        return self.worker.call(f"images.{op}", {"run_dir": str(self._painter(visitor, model)), **args}, seconds=seconds)

    def _painter(self, visitor: str, model: str) -> Path:
        """The folder of an image model. Raises UserError for one that there is not."""
        if isinstance(model, str) and model.startswith(OWN_PREFIX):
            here = hub.image_models()
            return here[gate.choice(model, tuple(here), "model")]
        if isinstance(model, str) and "/" in model:
            return hub.model_folder(model, self.settings, family=DIFFUSION.name).path
        return self._with_model(visitor, model).path


def _seconds(folder: Path) -> float | None:
    """Of training, as the run or the recipe told."""
    for name in ("metrics.json", "figures.json"):
        if (folder / name).exists():
            return json.loads((folder / name).read_text(encoding="utf-8")).get("training", {}).get("seconds")
    return None


def _seed(seed: Any) -> int:
    return gate.filled(DrawConfig, {"seed": seed}).seed


def _label(label: Any) -> str:
    return gate.text(label, 80, "label", blank=True)


def _of(of: Any) -> dict:
    """A code as it is asked for: the drawing's options checked, all else is for the worker."""
    if not isinstance(of, dict):
        raise UserError("No image has been chosen.", "A code is of one.", "Press an image, or the map.", "of")
    checked = {name: of[name] for name in ("index", "place", "moved") if name in of}
    return {**checked, "drawn": gate.filled(DrawConfig, of["drawn"]).to_dict()} if "drawn" in of else checked
