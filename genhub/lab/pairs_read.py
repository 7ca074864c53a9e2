"""Pairs of sentences come in, read in one-shot children.

take_pairs · take_pairs_file · take_pairs_hub · pairs_info · pairs_rows
"""

import json
from pathlib import Path

from genhub import gate
from genhub.data import pairs, streamed
from genhub.data.pairs import PairsInfo
from genhub.lab.base import Base

__all__ = ["PairsInfo", "PairsRead"]


class PairsRead(Base):
    """From a paste, a file or the Hub to pairs that a model can be judged on, and learn from."""

    def take_pairs(self, visitor: str, text: str, *, languages=(), columns: tuple[str, str] = ("", "")) -> PairsInfo:
        """Read pasted pairs: a table, or a pair a line with a tab between. languages: codes of both sides; columns: their names."""
        pasted = gate.long_text(text, self.settings.limits.upload_bytes)
        return self._read_pairs(visitor, {"text": pasted, "name": pairs.PASTED}, languages, columns)

    def take_pairs_file(
        self, visitor: str, path: str | Path, *, languages=(), columns: tuple[str, str] = ("", ""), cut: bool = False, fixes=()
    ) -> PairsInfo:
        """Read a CSV, TSV, JSONL or Parquet file, with the remedies for reading (`fixes.READING`) that it needs. With `cut`, rows beyond the
        limit are left out; without, they are refused."""
        upload = gate.upload(path, self.settings.limits)
        request = {"path": str(upload.path), "name": upload.name, "cut": bool(cut), "fixes": self._reading(fixes)}
        return self._read_pairs(visitor, request, languages, columns)

    def take_pairs_hub(self, visitor: str, dataset: str, *, languages=(), columns: tuple[str, str] = ("", "")) -> PairsInfo:
        """Stream a split of a Hub data set, owner/name[:configuration[:split]]. Of one beyond the limits a part is drawn."""
        with self._streamed(streamed.address(dataset)) as request:
            return self._read_pairs(visitor, {**request, "cut": True}, languages, columns)

    def _read_pairs(self, visitor: str, request: dict, languages, columns: tuple[str, str]) -> PairsInfo:
        source, target = (gate.column(name, field) for name, field in zip(columns, ("source_column", "target_column"), strict=True))
        spoken = [gate.text(code, 20, "languages", blank=True) for code in gate.listed(languages, "languages")[:2]] or ["", ""]
        asked = {**request, "source_column": source, "target_column": target, "languages": spoken}
        _, answer = self._taken(visitor, "genhub.data.pairs:read_pairs", asked)
        return PairsInfo(**answer)

    def pairs_info(self, visitor: str, pairs_id: str) -> PairsInfo:
        facts = self._kept(visitor, gate.text_id(pairs_id), "pairs") / pairs.FACTS
        return PairsInfo(**json.loads(facts.read_text(encoding="utf-8")))

    def pairs_rows(self, visitor: str, pairs_id: str) -> Path:
        """One JSON object {"source", "target"} a line."""
        return self._kept(visitor, gate.text_id(pairs_id), "pairs") / pairs.ROWS
