"""Augmentation: variants of a picture, of texts, rows for the small classes of a table, and where a label breaks.

photographs · take_photo · vary_photo · vary_closer · photo_sweep · photo_file · vary_texts · fill_gaps · breaking_points
number_tables · take_number_table · resampled · table_code · chain_file · chain_code
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from genhub import gate, hub, oneshot
from genhub.augment import code
from genhub.augment.chain import MOST_SEED
from genhub.augment.images.table import IMAGES
from genhub.augment.kinds import chain_of
from genhub.augment.options import ImageVariantsConfig, TextVariantsConfig
from genhub.augment.tables import bundled
from genhub.augment.tables.table import ResampleConfig
from genhub.data import photos, pictures
from genhub.data.fixes import MENDING
from genhub.errors import UserError
from genhub.jobs import janitor
from genhub.jobs.folder import write_json
from genhub.lab.tables import TableInfo, Tables

SECONDS = 60.0
SHOWN = 16  # variants of a picture on the page
MOST_TEXTS, MOST_COPIES = 200, 50
MOST_CHARS = 200_000  # of all variants that are shown at once
SWEPT = 7
ENDINGS, ENDING = ("csv", "jsonl", "parquet", "datasets"), {"datasets": "zip"}  # of tables that are written
MOST_MASKED = 400  # characters of a text whose gaps are filled
DIGITS_JUDGE, DIGITS_PAINTER = "mnist-judge", "mnist-gan-classes"  # in the zoo
STEPS = 37


@dataclass(frozen=True)
class PhotoInfo:
    """A picture that was read. id: of a bundled one its name."""

    id: str
    name: str
    width: int = 0
    height: int = 0
    grey: bool = False
    whose: str = ""


class Augmenting(Tables):
    """What is done to pictures, texts and tables before a model learns them."""

    def photographs(self) -> dict[str, str]:
        """Bundled photographs: name → what is on it."""
        return {name: photo.title for name, photo in photos.here().items()}

    def take_photo(self, visitor: str, path: str | Path) -> PhotoInfo:
        """Read a PNG, JPEG or WebP picture; a one-shot child decodes it."""
        upload = gate.image(path, self.settings.limits)
        request = {"path": str(upload.path), "name": upload.name}
        folder, told = self._taken(visitor, "genhub.data.pictures:keep", request)
        info = PhotoInfo(folder.name, upload.name, **told)
        write_json(folder / "photo.json", asdict(info))
        return info

    def photo_info(self, visitor: str, photo: str) -> PhotoInfo:
        """Raises UserError for one that is not here any more."""
        if isinstance(photo, str) and photo in photos.here():
            bundled = photos.here()[photo]
            return PhotoInfo(photo, bundled.title, whose=bundled.whose)
        folder = self._kept(visitor, gate.text_id(photo), "photo")
        return PhotoInfo(**json.loads((folder / "photo.json").read_text(encoding="utf-8")))

    def vary_photo(self, visitor: str, photo: str, chain: dict, count: int = SHOWN) -> dict:
        """Variants of a picture, at most SHOWN, see `serving.augmenting`. Mixtures are with the bundled photographs."""
        checked = {"chain": chain_of(chain, "image").to_dict(), "count": gate.whole(count, 1, SHOWN, "count")}
        return self.worker.call("augment.images", {**self._photo(visitor, photo), **checked}, seconds=SECONDS)

    def vary_closer(self, visitor: str, photo: str, chain: dict, number: int) -> dict:
        """One of `vary_photo`, before and after."""
        checked = {"chain": chain_of(chain, "image").to_dict(), "number": gate.whole(number, 0, 10_000, "number")}
        return self.worker.call("augment.closer", {**self._photo(visitor, photo), **checked}, seconds=SECONDS)

    def photo_sweep(self, visitor: str, photo: str, name: str, fill: str = "reflect") -> dict:
        """One operation on a picture, from nothing to its strongest."""
        checked = {"name": gate.choice(name, tuple(IMAGES), "operation"), "count": SWEPT}
        checked["fill"] = gate.filled(ImageVariantsConfig, {"fill": fill}).fill
        return self.worker.call("augment.sweep", {**self._photo(visitor, photo), **checked}, seconds=SECONDS)

    def photo_file(self, visitor: str, photo: str, chain: dict, values: dict) -> Path:
        """Variants of a picture in its own size as a ZIP, with a card and the chain. `values`: of an ImageVariantsConfig, `copies` counts."""
        copies = gate.filled(ImageVariantsConfig, {"copies": gate.named(values).get("copies", SHOWN)}).copies
        given = self._photo(visitor, photo, whole=True)
        request = {**given, "chain": chain_of(chain, "image").to_dict(), "copies": copies, "name": self.photo_info(visitor, photo).name}
        with self._download(visitor) as folder:
            out = folder / "genhub-variants.zip"
            oneshot.run("genhub.augment.packing:photo", {**request, "out": str(out)}, seconds=SECONDS)
        return out

    def vary_texts(self, visitor: str, texts: list[str], chain: dict, copies: int = 1) -> dict:
        """Variants of texts with what differs and how similar they are, see `serving.augmenting`."""
        given = gate.texts(texts, self.settings.limits)
        if len(given) > MOST_TEXTS:
            limit = f"At most {MOST_TEXTS} here; a file may hold more."
            raise UserError(f"There are {len(given):,} texts.", limit, "Leave some out, or choose the file.", "texts")
        copies = gate.filled(TextVariantsConfig, {"copies": gate.whole(copies, 1, MOST_COPIES, "copies")}).copies
        if (chars := copies * sum(map(len, given))) > MOST_CHARS:
            limit = f"At most {MOST_CHARS:,} characters, copies counted."
            raise UserError(
                f"These would be {chars:,} characters.", limit, "Make fewer copies, shorten the texts, or choose a file.", "texts"
            )
        request = {"texts": given, "chain": chain_of(chain, "text").to_dict(), "copies": copies}
        return self.worker.call("augment.texts", request, seconds=SECONDS)

    def fill_gaps(self, visitor: str, text: str, seed: int = 0) -> dict:
        """A text as a masked-language model meets it while it learns, and what it says of the gaps, see `serving.augmenting`."""
        given = gate.text(text, MOST_MASKED, "text")
        return self.worker.call("augment.gaps", {"text": given, "seed": gate.whole(seed, 0, MOST_SEED, "seed")}, seconds=SECONDS)

    def breaking_points(self, visitor: str, name: str, label: str = "6", seed: int = 0, sketch: str = "") -> dict:
        """A digit, drawn by a model or by hand, under one operation from nothing to its strongest: what the embedded judge takes it for."""
        folders = {"judge_dir": hub.ZOO / DIGITS_JUDGE, "painter_dir": hub.ZOO / DIGITS_PAINTER}
        missing = [folder.name for folder in folders.values() if not folder.is_dir()]
        if missing:
            raise UserError(f"embedded/{missing[0]} is not here.", "It comes with GenHub.", "Install GenHub anew.", "model")
        if not isinstance(sketch, str) or len(sketch) > 100_000:
            raise UserError("This is no sketch.", "Its pixels, in base64.", "Draw a digit.", "sketch")
        asked: dict[str, Any] = {name: str(folder) for name, folder in folders.items()} | {"count": STEPS}
        asked |= {"name": gate.choice(name, tuple(IMAGES), "operation"), "label": gate.text(label, 8, "label")}
        asked |= {"seed": gate.whole(seed, 0, MOST_SEED, "seed"), "sketch": sketch}
        return self.worker.call("augment.breaks", asked, seconds=SECONDS)

    def number_tables(self) -> dict[str, str]:
        """Bundled tables of numbers: name → what is in it."""
        return {name: table.title for name, table in bundled.ALL.items()}

    def take_number_table(self, visitor: str, sample: str) -> TableInfo:
        """Read one of `number_tables`."""
        name = gate.choice(sample, tuple(bundled.ALL), "sample")
        return self._read(visitor, {"sample": name}, name, "genhub.augment.tables.bundled:read")

    def chain_file(self, visitor: str, chain: dict, kind: str) -> Path:
        """A chain as JSON, to be loaded again."""
        checked = chain_of(chain, kind)
        path = self._new_folder(self.settings.downloads, visitor, 0) / f"genhub-{kind}-chain.json"
        path.write_text(json.dumps(checked.to_dict(), indent=1) + "\n", encoding="utf-8")
        return path

    def chain_code(self, chain: dict, kind: str) -> str:
        """A chain as Python code that needs no GenHub."""
        return code.script_of(chain_of(chain, kind))

    def resampled(self, visitor: str, table_id: str, given: dict) -> dict:
        """A table with the rows that even out its classes: counts, a scatter with the new points and their parents, a file. given: {"label",
        "categorical"?, "fixes", "values": of a ResampleConfig, "axes"?, "kind"?: one of ENDINGS}; see `augment.tables.shown`."""
        folder = self._table_folder(visitor, table_id)
        config = gate.filled(ResampleConfig, given.get("values") or {})
        asked = {**self._columns(given), "folder": str(folder), "config": config.to_dict()}
        asked["axes"] = [gate.column(name, "axes") for name in gate.listed(given.get("axes") or [], "axes")][:2]
        kind = gate.choice(given.get("kind") or "csv", ENDINGS, "kind")
        asked |= {"kind": kind, "name": self.table(visitor, table_id).name}
        with self._download(visitor, 4 * janitor.size(folder)) as place:
            out = place / f"genhub-evened-out.{ENDING.get(kind, kind)}"
            told = oneshot.run("genhub.augment.tables.shown:resampled", {**asked, "out": str(out)}, seconds=SECONDS)
        return {**told, "path": out}

    def table_code(self, visitor: str, table_id: str, given: dict) -> str:
        """What `resampled` does, as Python code that needs no GenHub."""
        config = gate.filled(ResampleConfig, given.get("values") or {})
        asked = {**self._columns(given), "folder": str(self._table_folder(visitor, table_id)), "config": config.to_dict()}
        return oneshot.run("genhub.augment.tables.shown:script", asked, seconds=SECONDS)["script"]

    @staticmethod
    def _columns(given: dict) -> dict:
        """What is said of a table's columns, checked: {"label", "categorical": names or None, "fixes"}."""
        categorical = given.get("categorical")
        if categorical is not None:
            categorical = [gate.column(name, "categorical") for name in gate.listed(categorical, "categorical")]
        fixes = [gate.choice(fix, tuple(MENDING), "fix") for fix in gate.listed(given.get("fixes") or [], "fixes")]
        return {"label": gate.column(given.get("label"), "label"), "categorical": categorical, "fixes": fixes}

    def _photo(self, visitor: str, photo: str, *, whole: bool = False) -> dict:
        """{"path", "others"}: where a picture lies, and what it can be mixed with."""
        bundled = photos.here()
        if isinstance(photo, str) and photo in bundled:
            path = bundled[photo].path
        else:
            path = self._kept(visitor, gate.text_id(photo), "photo") / (pictures.WHOLE if whole else pictures.PREVIEW)
        others = [str(other.path) for name, other in bundled.items() if name != photo]
        return {"path": str(path), "others": others}
