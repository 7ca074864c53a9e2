"""Translation models are judged on pairs that were read.

judge · judging
"""

import contextlib
import itertools
import json
from collections.abc import Iterator

from genhub import gate
from genhub.data.pairs import PairsInfo
from genhub.errors import UserError
from genhub.families import SEQ2SEQ
from genhub.lab.pairs_read import PairsRead
from genhub.lab.translating import Translating

__all__ = ["COPY", "MODELS", "Pairs", "PairsInfo"]

MODELS = 4  # judged side by side
JUDGED, JUDGED_PUBLIC = 20_000, 2_000  # pairs
RUN = "run:"  # before the id of a run, where models are named
COPY = "the source as it is"  # a baseline


class Pairs(Translating, PairsRead):
    """From pairs to figures of models on them."""

    def judge(self, visitor: str, pairs_id: str, models: list[str], values: dict) -> dict:
        """The figures of some models, and runs as “run:<id>”, on pairs, see `text.translation.evaluate`; the first is what the others are compared with."""
        *_, (_, _, told) = self.judging(visitor, pairs_id, models, values)
        return told

    def judging(self, visitor: str, pairs_id: str, models: list[str], values: dict) -> Iterator[tuple[str, float, dict | None]]:
        """`judge` in steps: (what goes on, share of all translations that are done, None) again and again, ("", 1, the figures) last.
        Closing it stops the work."""
        known = self._judged(visitor, pairs_id)
        sources, systems = list(known), {}
        values = {name: value for name, value in values.items() if name != "model"} | {"hypotheses": 1}
        named = self._named(visitor, self._models(models))
        for model in [model for model in named if not model.startswith(RUN)]:
            for _ in self.fetching(model, SEQ2SEQ.name):
                yield f"{model} is fetched from the Hub", 0.0, None
        chosen = [(name, self._judge(visitor, model, values)) for model, name in named.items()]
        for done, (name, asked) in enumerate(chosen):
            wanted = {**asked, "lines": sources}
            with contextlib.closing(self.worker.stream("translate.lines", wanted, seconds=60 + len(sources))) as events:
                for event in events:
                    if "result" in event:
                        systems[name] = event["result"]["translations"]
                    elif "done" in event:
                        yield f"{name} translates", (done + event["done"] / event["total"]) / len(chosen), None
        args = {"sources": sources, "references": list(known.values()), "systems": {**systems, COPY: sources}}
        with contextlib.closing(self.worker.stream("translate.judge", args, seconds=120 + len(sources) / 10)) as events:
            for event in events:
                if "result" in event:
                    yield "", 1.0, event["result"]
                elif "judged" in event:
                    yield f"{event['judged']} is judged", 1.0, None

    def _judge(self, visitor: str, model: str, values: dict) -> dict:
        """Who translates, of a model's id or “run:” with a run's."""
        return (
            self._translator(visitor, values, model.removeprefix(RUN))
            if model.startswith(RUN)
            else self._translator(visitor, {**values, "model": model})
        )

    def _named(self, visitor: str, models: list[str]) -> dict[str, str]:
        """Under which name each is judged; of two runs of one name the second is told apart by a number."""
        found: dict[str, str] = {}
        for model in models:
            name = self.run(visitor, model.removeprefix(RUN)).name if model.startswith(RUN) else model
            taken = {COPY, *found.values()}
            numbered = (f"{name} ({number})" for number in itertools.count(2))
            found[model] = next(one for one in itertools.chain([name], numbered) if one not in taken)
        return found

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
