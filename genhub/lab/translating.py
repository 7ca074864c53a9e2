"""A translation model translates, through the model worker.

translators · translate · translating · attend · translation_tree
"""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from genhub import catalog, gate, hub
from genhub.families import SEQ2SEQ
from genhub.lab.base import Base
from genhub.training.configs import TranslateConfig

SECONDS = 300.0


class Translating(Base):
    """Texts in, translations with their words out. `values` are those of a TranslateConfig."""

    def translators(self) -> list[catalog.Model]:
        """Those of the catalog that are on this machine, and, with a network, all others."""
        found = catalog.of_task(SEQ2SEQ.name)
        return [entry for entry in found if not self.settings.offline or hub.stored_folder(entry.id, self.settings, SEQ2SEQ.name)]

    def translate(self, visitor: str, text: str, values: dict) -> dict:
        """The whole translation, see `serving.translating.write`; `sentences` in a list."""
        *events, done = self.translating(visitor, text, values)
        return {**done["result"], "sentences": [event["sentence"] for event in events if "sentence" in event]}

    def translating(self, visitor: str, text: str, values: dict) -> Iterator[dict]:
        """{"sentence": …} after each one, {"result": …} last; {"restarted": true} voids what came before it. Closing it stops the work."""
        checked = gate.text(text, self.settings.limits.text_chars)
        args = {**self._translator(values), "text": checked}
        with contextlib.closing(self.worker.stream("translate.write", args, seconds=SECONDS)) as events:
            yield from events

    def attend(self, visitor: str, pair: dict, values: dict, *, layer: int = -1, head: int = -1, merged: bool = True) -> dict:
        """What each word looked at, see `serving.translating.attend`; `pair`: {source, target, hidden?} in tokens."""
        args = {**self._translator(values), **_pair(pair), "layer": layer, "head": head, "merged": merged is True}
        return self.worker.call("translate.attend", args, seconds=SECONDS)

    def translation_tree(self, visitor: str, source: list[int], values: dict, *, tokens: int = 0, hidden: list[int] = ()) -> dict:
        """The tree of a beam search, see `serving.translating.beams`."""
        known = {"source": gate.listed(source, "source"), "tokens": tokens, "hidden": gate.listed(hidden, "hidden")}
        return self.worker.call("translate.beams", {**self._translator(values), **known}, seconds=SECONDS)

    def _translator(self, values: dict) -> dict:
        """Checked values, and a model that is brought to this machine now if it is not here."""
        config = gate.filled(TranslateConfig, values)
        model = gate.model_id(config.model, self.settings, SEQ2SEQ.name)
        hub.model_folder(model, self.settings, family=SEQ2SEQ.name)
        return {"model": model, "config": replace(config, model=model).to_dict()}


def _pair(pair: dict) -> dict:
    given = pair if isinstance(pair, dict) else {}
    return {name: gate.listed(given.get(name) or [], name) for name in ("source", "target", "hidden")}
