"""Pairs of sentences come in, read in one-shot children; translation models are judged on them.

take_pairs · take_pairs_file · pairs_info · pairs_rows · judge · judging
"""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from genhub import gate
from genhub.data import pairs
from genhub.data.pairs import PairsInfo
from genhub.errors import UserError
from genhub.lab.translating import Translating

__all__ = ["COPY", "MODELS", "Pairs", "PairsInfo"]

MODELS = 4  # judged side by side
JUDGED, JUDGED_PUBLIC = 20_000, 2_000  # pairs
COPY = "the source as it is"  # a base line


class Pairs(Translating):
    """From a paste or a file to figures of models on it."""

    def take_pairs(self, visitor: str, text: str, *, languages=(), columns: tuple[str, str] = ("", "")) -> PairsInfo:
        """Read pasted pairs: a table, or a pair a line with a tab between. languages: codes of both sides; columns: their names."""
        pasted = gate.long_text(text, self.settings.limits.upload_bytes)
        return self._read_pairs(visitor, {"text": pasted, "name": pairs.PASTED}, languages, columns)

    def take_pairs_file(
        self, visitor: str, path: str | Path, *, languages=(), columns: tuple[str, str] = ("", ""), cut: bool = False
    ) -> PairsInfo:
        """Read a CSV, TSV, JSONL or Parquet file. With `cut`, rows beyond the limit are left out; without, they are refused."""
        upload = gate.upload(path, self.settings.limits)
        request = {"path": str(upload.path), "name": upload.name, "cut": bool(cut)}
        return self._read_pairs(visitor, request, languages, columns)

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

    def judge(self, visitor: str, pairs_id: str, models: list[str], values: dict) -> dict:
        """The figures of some models on pairs, see `text.translation.evaluate`; the first is what the others are compared with."""
        *_, (_, _, told) = self.judging(visitor, pairs_id, models, values)
        return told

    def judging(self, visitor: str, pairs_id: str, models: list[str], values: dict) -> Iterator[tuple[str, float, dict | None]]:
        """`judge` in steps: (model, share of all that is done, None) again and again, ("", 1, the figures) last. Closing it stops the work."""
        known = self._judged(visitor, pairs_id)
        sources, systems = list(known), {}
        chosen = [self._translator({**values, "model": model, "hypotheses": 1}) for model in self._models(models)]
        for done, asked in enumerate(chosen):
            wanted = {**asked, "lines": sources}
            with contextlib.closing(self.worker.stream("translate.lines", wanted, seconds=60 + len(sources))) as events:
                for event in events:
                    if "result" in event:
                        systems[asked["model"]] = event["result"]["translations"]
                    elif "done" in event:
                        yield asked["model"], (done + event["done"] / event["total"]) / len(chosen), None
        args = {"sources": sources, "references": list(known.values()), "systems": {**systems, COPY: sources}}
        yield "", 1.0, self.worker.call("translate.judge", args, seconds=120 + len(sources) / 10)

    def _judged(self, visitor: str, pairs_id: str) -> dict[str, list[str]]:
        """Every source once, with all its translations. Raises UserError for more than the limit."""
        limit = JUDGED_PUBLIC if self.settings.public else JUDGED
        known: dict[str, list[str]] = {}
        for line in self.pairs_rows(visitor, pairs_id).read_text(encoding="utf-8").splitlines():
            pair = json.loads(line)
            known.setdefault(pair["source"], []).append(pair["target"])
        if len(known) > limit:
            what = f"These are {len(known):,} different sources."
            raise UserError(what, f"At most {limit:,} are judged at once.", "Take a sample of them.", "pairs")
        return known

    @staticmethod
    def _models(models) -> list[str]:
        named = list(dict.fromkeys(str(model) for model in gate.listed(models, "models")))
        if not 1 <= len(named) <= MODELS:
            raise UserError(f"{len(named)} models were chosen.", f"From 1 to {MODELS}.", "Choose some.", "models")
        return named
