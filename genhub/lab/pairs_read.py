"""Pairs of sentences come in, read in one-shot children.

take_pairs · take_pairs_file · take_pairs_hub · pairs_info · pairs_rows
"""

import json
import re
from pathlib import Path

from genhub import gate
from genhub.data import pairs, streamed
from genhub.data.pairs import PairsInfo
from genhub.errors import UserError
from genhub.lab.base import Base

__all__ = ["PairsInfo", "PairsRead"]
LANGUAGE_CODE = r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*"


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
        asked = {**request, "source_column": source, "target_column": target, "languages": _spoken(languages)}
        _, answer = self._taken(visitor, "genhub.data.pairs:read_pairs", asked)
        return PairsInfo(**answer)

    def pairs_info(self, visitor: str, pairs_id: str) -> PairsInfo:
        facts = self._kept(visitor, gate.text_id(pairs_id), "pairs") / pairs.FACTS
        return PairsInfo(**json.loads(facts.read_text(encoding="utf-8")))

    def pairs_rows(self, visitor: str, pairs_id: str) -> Path:
        """One JSON object {"source", "target"} a line."""
        return self._kept(visitor, gate.text_id(pairs_id), "pairs") / pairs.ROWS


def _spoken(languages) -> list[str]:
    """The codes of both sides; empty where nothing is said of them."""
    codes = [gate.text(code, 20, "languages", blank=True) for code in gate.listed(languages, "languages")]
    if not codes:
        return ["", ""]
    if len(codes) != 2:
        what = f"{len(codes)} {'language is' if len(codes) == 1 else 'languages are'} named."
        raise UserError(what, "A pair has two: the source's and the translation's.", "Name both, or none.", "languages")
    for code in filter(None, codes):
        if not re.fullmatch(LANGUAGE_CODE, code):
            limit = "It has two or three letters, such as en, and may say more behind a dash."
            raise UserError(f"“{code}” is no code of a language.", limit, "Look it up in ISO 639, or name none.", "languages")
    return codes
