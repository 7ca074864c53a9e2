"""Texts to learn to write from come in; they are read in one-shot children.

take_text · take_text_file · take_text_sample · take_text_hub · text_info · text_rows
"""

import json
from pathlib import Path

from genhub import gate
from genhub.data import samples, texts
from genhub.data.texts import TextInfo
from genhub.lab.base import Base

__all__ = ["TextInfo", "Texts"]


class Texts(Base):
    """From a paste, a file, a column, a sample or the Hub to documents that a model can learn to write from.

    What is longer than `limits.corpus_chars` is refused with the remedy `fixes.KEEP_FIRST`, unless `cut` asks for its first part.
    """

    def take_text(self, visitor: str, text: str, name: str = "", cut: bool = False) -> TextInfo:
        """Read a pasted text: one document."""
        pasted = gate.long_text(text, self.settings.limits.upload_bytes)
        return self._read_text(visitor, "pasted", {"text": pasted, "name": _named(name, texts.PASTED), "cut": bool(cut)})

    def take_text_file(self, visitor: str, path: str | Path, name: str = "", column: str = "", cut: bool = False, fixes=()) -> TextInfo:
        """Read a file: a plain text, or a column of a CSV, TSV, JSONL or Parquet file (`text`, else the one with the longest cells),
        with the remedies for reading (`fixes.READING`) that it needs of these."""
        upload = gate.text_upload(path, self.settings.limits)
        request = {"path": str(upload.path), "name": _named(name, upload.name), "column": gate.column(column, "column"), "cut": bool(cut)}
        source = "file" if upload.kind == "text" else "table"
        return self._read_text(visitor, source, {**request, "fixes": self._reading(fixes)})

    def take_text_sample(self, visitor: str, sample_id: str) -> TextInfo:
        """Read one of the texts that ship with GenHub."""
        sample = samples.TEXTS[gate.choice(sample_id, tuple(samples.TEXTS), "sample")]
        request = {"path": str(samples.text_path(sample.id)), "name": sample.file, "sample": sample.id}
        return self._read_text(visitor, "sample", request)

    def take_text_hub(self, visitor: str, dataset_id: str, config: str = "", split: str = "train", column: str = "") -> TextInfo:
        """Stream a column of a split of a Hub data set, chosen as in a file; of one beyond the limits a part is drawn, and the first
        documents of that are kept."""
        wanted = {"dataset": dataset_id, "config": config, "split": split, "column": gate.column(column, "column"), "least": 1}
        with self._streamed(wanted) as request:
            return self._read_text(visitor, "hub", {**request, "column": wanted["column"], "cut": True})

    def text_info(self, visitor: str, text_id: str) -> TextInfo:
        facts = self._text_folder(visitor, text_id) / texts.FACTS
        return TextInfo(**json.loads(facts.read_text(encoding="utf-8")))

    def text_rows(self, visitor: str, text_id: str) -> Path:
        """The documents: one JSON object {"text": …} a line."""
        return self._text_folder(visitor, text_id) / texts.ROWS

    def _read_text(self, visitor: str, source: str, request: dict) -> TextInfo:
        _, answer = self._taken(visitor, "genhub.data.texts:read_text", {**request, "source": source})
        return TextInfo(**answer)


def _named(name: str, otherwise: str) -> str:
    return gate.display_name(name) if name else otherwise
