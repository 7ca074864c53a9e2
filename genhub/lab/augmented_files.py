"""Whole sets augmented, as files: the texts of a table, the images of a set.

augmenting_texts · augmented_images
"""

import json
from collections.abc import Iterator
from pathlib import Path

from genhub import gate, oneshot
from genhub.augment.kinds import chain_of
from genhub.augment.options import ImageVariantsConfig, TextVariantsConfig
from genhub.data import batch, intake
from genhub.errors import UserError
from genhub.jobs import janitor
from genhub.lab.augmenting import ENDING, ENDINGS, Augmenting
from genhub.lab.images import ImageSets

PART = 100  # texts that the worker is asked for at once
MOST_ROWS = 200_000  # of a table that is written
SECONDS = 120.0
ADDED = ("made_of_row", "operations", "similarity")
SETS = ("zip", "npz", "datasets")


class AugmentedFiles(Augmenting, ImageSets):
    """A table or a set of images in, the same with variants out."""

    def augmenting_texts(self, visitor: str, path: str | Path, chain: dict, values: dict) -> Iterator[dict]:
        """{"done", "of"} now and then, at last {"path", "rows", "made", "left_out"}. values: copies, replace, least (similarity), column, kind (one of
        ENDINGS), fixes for reading. Rows with a blank text have no variants."""
        checked, values = chain_of(chain, "text"), gate.named(values)
        copies = gate.filled(TextVariantsConfig, {"copies": values.get("copies", 1)}).copies
        least, kind = gate.share(values.get("least", 0.0), "least"), gate.choice(values.get("kind") or "csv", ENDINGS, "kind")
        info = self.take_upload(visitor, path, fixes=values.get("fixes") or ())
        folder = self._table_folder(visitor, info.id)
        table = intake.load(folder)
        column = batch.text_column(table.columns, table.rows, gate.column(values.get("column"), "column"), "")
        numbers = [number for number, row in enumerate(table.rows) if row[column].strip()]
        batch.texts(table.columns, table.rows, column)
        if (rows := len(table.rows) + copies * len(numbers)) > MOST_ROWS:
            remedy = f"Ask for {max(1, (MOST_ROWS - len(table.rows)) // len(numbers))} of each."
            raise UserError(f"{rows:,} rows are too many at once.", f"At most {MOST_ROWS:,}.", remedy, "copies")
        home = self._new_folder(self.settings.downloads, visitor, (copies + 1) * janitor.size(folder))
        kept = [] if values.get("replace") else [[*row, "", "", ""] for row in table.rows]
        made = left_out = 0
        asked = {"chain": checked.to_dict(), "copies": copies, "bare": True, "least": least}
        with open(home / "rows.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in kept)
            for at in range(0, len(numbers), PART):
                part = numbers[at : at + PART]
                texts = [table.rows[number][column] for number in part]
                told = self.worker.call("augment.texts", {**asked, "texts": texts, "first": at}, seconds=SECONDS)["variants"]
                alike = [one for one in told if not least or one["similarity"] >= least]
                left_out += len(told) - len(alike)
                made += len(alike)
                file.writelines(json.dumps(_row(table.rows[part[one["of"]]], column, part[one["of"]], one)) + "\n" for one in alike)
                yield {"done": min(at + PART, len(numbers)), "of": len(numbers)}
        out = home / f"{Path(info.name).stem}-augmented.{ENDING.get(kind, kind)}"
        card = {"name": info.name, "made": made, "chain": checked.to_dict(), "added": ADDED}
        request = {
            "rows": str(home / "rows.jsonl"),
            "columns": [*table.columns, *_free(table.columns)],
            "kind": kind,
            "card": card,
            "out": str(out),
        }
        oneshot.run("genhub.augment.packing:table", request, seconds=SECONDS)
        (home / "rows.jsonl").unlink()
        yield {"path": out, "rows": len(kept) + made, "made": made, "left_out": left_out}

    def augmented_images(self, visitor: str, images_id: str, chain: dict, values: dict) -> dict:
        """{"path", "count", "made", "picture": some of them, PNG in base64}. values: copies, replace, kind (one of SETS)."""
        checked, values = chain_of(chain, "image"), gate.named(values)
        copies = gate.filled(ImageVariantsConfig, {"copies": values.get("copies", 1)}).copies
        kind, info = gate.choice(values.get("kind") or "zip", SETS, "kind"), self.images_info(visitor, images_id)
        rows = self.images_rows(visitor, images_id)
        request = {"rows": str(rows), "chain": checked.to_dict(), "copies": copies, "replace": bool(values.get("replace")), "kind": kind}
        with self._download(visitor, (copies + 1) * janitor.size(rows.parent)) as home:
            out = home / f"genhub-images-augmented.{ENDING.get(kind, kind)}"
            told = oneshot.run("genhub.augment.packing:image_set", {**request, "name": info.name, "out": str(out)}, seconds=SECONDS)
        return {**told, "path": out}


def _row(row: tuple[str, ...], column: int, number: int, one: dict) -> list:
    """The source row with the variant in its place, which row that was, what was done, and how similar it still is."""
    similarity = "" if one["similarity"] is None else round(one["similarity"], 4)
    return [*row[:column], one["text"], *row[column + 1 :], number + 1, " ".join(one["done"]), similarity]


def _free(columns: tuple[str, ...]) -> list[str]:
    """Names of the added columns that the table does not have."""
    return [name if name not in columns else f"genhub_{name}" for name in ADDED]
