"""Whole sets augmented, as files: the texts of a table, the images of a set.

augmenting_texts · augmented_images
"""

import json
import shutil
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from genhub import gate, oneshot
from genhub.augment.kinds import chain_of
from genhub.augment.options import ImageVariantsConfig, TextVariantsConfig
from genhub.data import batch, intake
from genhub.data.tables import Table
from genhub.errors import UserError
from genhub.jobs import janitor
from genhub.lab.augmenting import ENDING, ENDINGS, Augmenting
from genhub.lab.images import ImageSets

PART, PART_CHARS = 100, 200_000  # texts that the worker is asked for at once, and characters of their variants
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
        try:
            table = intake.load(folder)
            column, numbers = _asked(table, values, copies)
            kept = [] if values.get("replace") else [[*row, "", "", ""] for row in table.rows]
            asked = {"chain": checked.to_dict(), "copies": copies, "bare": True, "least": least}
            with self._download(visitor, (copies + 1) * janitor.size(folder)) as home:
                rows = home / "rows.jsonl"
                with open(rows, "w", encoding="utf-8") as file:
                    file.writelines(json.dumps(row) + "\n" for row in kept)
                    made, left_out = yield from self._rows(file, table, column, numbers, asked)
                out = home / f"{Path(info.name).stem}-augmented.{ENDING.get(kind, kind)}"
                card = {"name": info.name, "made": made, "chain": checked.to_dict(), "added": ADDED}
                columns = [*table.columns, *_free(table.columns)]
                request = {"rows": str(rows), "columns": columns, "kind": kind, "card": card, "out": str(out)}
                oneshot.run("genhub.augment.packing:table", request, seconds=SECONDS)
                rows.unlink()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        yield {"path": out, "rows": len(kept) + made, "made": made, "left_out": left_out}

    def _rows(self, file: TextIO, table: Table, column: int, numbers: list[int], asked: dict) -> Generator[dict, None, tuple[int, int]]:
        """The variants of these rows, a line each; returns how many there are, and how many were not similar enough."""
        made = left_out = 0
        for at, count, copies in parts([len(table.rows[number][column]) for number in numbers], asked["copies"]):
            part = numbers[at : at + count]
            texts = [table.rows[number][column] for number in part]
            request = {**asked, "texts": texts, "first": at, "copies": len(copies), "since": copies.start}
            told = self.worker.call("augment.texts", request, seconds=SECONDS)["variants"]
            alike = [one for one in told if not asked["least"] or one["similarity"] >= asked["least"]]
            left_out += len(told) - len(alike)
            made += len(alike)
            file.writelines(json.dumps(_row(table.rows[part[one["of"]]], column, part[one["of"]], one)) + "\n" for one in alike)
            yield {"done": at + count if copies.stop == asked["copies"] else at, "of": len(numbers)}
        return made, left_out

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


def parts(lengths: Sequence[int], copies: int) -> Iterator[tuple[int, int, range]]:
    """(the first text, how many, which of their copies): at most PART texts at once, and about PART_CHARS characters of variants; of a very
    long text a few copies at a time. In the order of texts, and of the copies of each."""
    at = 0
    while at < len(lengths):
        count, chars = 0, 0
        while count < PART and at + count < len(lengths) and (not count or chars + copies * lengths[at + count] <= PART_CHARS):
            chars += copies * lengths[at + count]
            count += 1
        each = copies if count > 1 else max(1, PART_CHARS // max(1, lengths[at]))
        for since in range(0, copies, each):
            yield at, count, range(since, min(since + each, copies))
        at += count


def _asked(table: Table, values: dict, copies: int) -> tuple[int, list[int]]:
    """(the column of texts, the rows that have one). Raises UserError where there is none, or there would be too many rows."""
    column = batch.text_column(table.columns, table.rows, gate.column(values.get("column"), "column"), "")
    numbers = [number for number, row in enumerate(table.rows) if row[column].strip()]
    batch.texts(table.columns, table.rows, column)
    if (rows := len(table.rows) + copies * len(numbers)) > MOST_ROWS:
        remedy = f"Ask for {max(1, (MOST_ROWS - len(table.rows)) // len(numbers))} of each."
        raise UserError(f"{rows:,} rows are too many at once.", f"At most {MOST_ROWS:,}.", remedy, "copies")
    return column, numbers


def _row(row: tuple[str, ...], column: int, number: int, one: dict) -> list:
    """The source row with the variant in its place, which row that was, what was done, and how similar it still is."""
    similarity = "" if one["similarity"] is None else round(one["similarity"], 4)
    return [*row[:column], one["text"], *row[column + 1 :], number + 1, " ".join(one["done"]), similarity]


def _free(columns: tuple[str, ...]) -> list[str]:
    """Names of the added columns that the table does not have."""
    return [name if name not in columns else f"genhub_{name}" for name in ADDED]
