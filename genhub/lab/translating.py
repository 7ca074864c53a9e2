"""A translation model translates, through the model worker.

translators · translate · translating · translate_back · opposite · likeness · attend · translation_tree · has_recurrent · recurrent
measured_by_length
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace

from genhub import catalog, gate, hub
from genhub.errors import UserError
from genhub.families import SEQ2SEQ
from genhub.lab.base import Base
from genhub.training.configs import TranslateConfig

SECONDS = 300.0
DEEPEST = 1_000  # levels of a tree that can be asked for; the worker stops where a translation does
RECURRENT = ("en", "es")  # languages of the recurrent translator
TRANSFORMER, RNN = "en-es", "en-es-rnn"  # of ours, in that direction


class Translating(Base):
    """Texts in, translations with their words out. `values` are those of a TranslateConfig; `run`: one that adapted a model, in its place."""

    def translators(self) -> list[catalog.Model]:
        """Those of the catalog that are on this machine, and, with a network, all others."""
        found = catalog.of_task(SEQ2SEQ.name)
        return [entry for entry in found if not self.settings.offline or hub.stored_folder(entry.id, self.settings, SEQ2SEQ.name)]

    def translate(self, visitor: str, text: str, values: dict, run: str = "") -> dict:
        """The whole translation, see `serving.translating.write`; `sentences` in a list."""
        *events, done = self.translating(visitor, text, values, run)
        return {**done["result"], "sentences": [event["sentence"] for event in events if "sentence" in event]}

    def translating(self, visitor: str, text: str, values: dict, run: str = "") -> Iterator[dict]:
        """{"sentence": …} after each one, {"result": …} last; {"restarted": true} voids what came before it. Closing it stops the work."""
        checked = gate.text(text, self.settings.limits.text_chars)
        args = {**self._translator(visitor, values, run), "text": checked}
        with contextlib.closing(self.worker.stream("translate.write", args, seconds=SECONDS)) as events:
            yield from events

    def opposite(self, values: dict) -> str:
        """The model that translates the other way than that of `values`; "" where none is known here."""
        other = catalog.opposite(str(values.get("model") or ""))
        here = {entry.id for entry in self.translators()}
        return other if other in here or (other and other not in catalog.MODELS and not self.settings.offline) else ""

    def translate_back(self, visitor: str, text: str, values: dict, languages: list[str]) -> dict:
        """As `translate`, of a translation between these languages into the first of them again, by `model`. Raises UserError where
        nothing translates that way."""
        config = gate.filled(TranslateConfig, values)
        source, target = (gate.text(one, 20, "languages", blank=True) for one in gate.listed(languages, "languages")[:2])
        many = not catalog.languages_of(config.model)[0]
        model = config.model if many and source and target else self.opposite(values)
        if not model:
            what = f"Nothing here translates back from what “{config.model}” wrote."
            raise UserError(what, "It takes a model of the other direction.", "Untick “Translate back”.", "model")
        turned = {**values, "model": model, "source_language": target if many else "", "target_language": source if many else ""}
        return {**self.translate(visitor, text, turned), "model": model}

    def likeness(self, visitor: str, text: str, other: str) -> float:
        """chrF of a text to another one: 100 where they are the same."""
        checked = {name: gate.text(one, 2 * self.settings.limits.text_chars, name) for name, one in (("text", text), ("other", other))}
        return self.worker.call("translate.likeness", checked, seconds=SECONDS)["chrf"]

    def has_recurrent(self) -> bool:
        """Is the recurrent translator of the course here?"""
        return all((hub.ZOO / name / "config.json").exists() for name in (RNN, TRANSFORMER))

    def measured_by_length(self) -> list[dict]:
        """[{name, by_length}], see `scores.by_length`, of ours on their test split: "transformer", and the recurrent translator with "attention"
        and without ("plain"); [] where one of them is not here."""
        files = [hub.ZOO / name / "figures.json" for name in (TRANSFORMER, RNN)]
        if not all(file.exists() for file in files):
            return []
        transformer, recurrent = (json.loads(file.read_text(encoding="utf-8")) for file in files)
        measured = {"transformer": transformer, **{part: recurrent[part] for part in ("attention", "plain")}}
        return [{"name": name, "by_length": figures["test"]["by_length"]} for name, figures in measured.items()]

    def recurrent(self, visitor: str, text: str, hidden: list[int] = ()) -> dict:
        """What the recurrent translator writes, see `serving.recurrent`; hidden: places of source words."""
        checked = gate.text(text, self.settings.limits.text_chars)
        return self.worker.call("translate.recurrent", {"text": checked, "hidden": gate.listed(hidden, "hidden")}, seconds=SECONDS)

    def attend(
        self,
        visitor: str,
        pair: dict,
        values: dict,
        run: str = "",
        *,
        place: tuple[int | None, int | None] = (None, None),
        merged: bool = True,
    ) -> dict:
        """What each word looked at, see `serving.translating.attend`; `pair`: {source, target, hidden?} in tokens. place: layer
        and head, -1 for the mean of all, None for what aligns best."""
        where = dict(zip(("layer", "head"), place, strict=True))
        args = {**self._translator(visitor, values, run), **_pair(pair), **where, "merged": merged is True}
        return self.worker.call("translate.attend", args, seconds=SECONDS)

    def translation_tree(
        self, visitor: str, source: list[int], values: dict, run: str = "", *, tokens: int = 0, hidden: list[int] = ()
    ) -> dict:
        """The tree of a beam search, see `serving.translating.beams`."""
        depth = gate.whole(tokens, 0, DEEPEST, "tokens")
        known = {"source": gate.listed(source, "source"), "tokens": depth, "hidden": gate.listed(hidden, "hidden")}
        return self.worker.call("translate.beams", {**self._translator(visitor, values, run), **known}, seconds=SECONDS)

    def _translator(self, visitor: str, values: dict, run: str = "") -> dict:
        """Checked values, and who translates: the folder of a run, or a model that is brought to this machine now if it is not here."""
        config = gate.filled(TranslateConfig, values)
        if run:
            return {"run_dir": str(self._answering(visitor, run).path), "config": config.to_dict()}
        model = gate.model_id(config.model, self.settings, SEQ2SEQ.name)
        hub.model_folder(model, self.settings, family=SEQ2SEQ.name)
        return {"model": model, "config": replace(config, model=model).to_dict()}


def _pair(pair: dict) -> dict:
    given = pair if isinstance(pair, dict) else {}
    return {name: gate.listed(given.get(name) or [], name) for name in ("source", "target", "hidden")}
