"""A language model goes on with a text, through the model worker.

writers · write · writing · beams · inspect · score
"""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from genhub import catalog, gate, hub
from genhub.families import CAUSAL
from genhub.lab.base import Base
from genhub.training.configs import GenerateConfig

SECONDS = 300.0


class Writing(Base):
    """Prompts in, texts with their tokens out. `values` are those of a GenerateConfig; with a `run` its adapter writes, and the
    config's model does not matter."""

    def language_models(self) -> list[catalog.Model]:
        """Those of the catalog that are on this machine, and, with a network, all others."""
        found = catalog.of_task(CAUSAL.name)
        return [entry for entry in found if not self.settings.offline or hub.stored_folder(entry.id, self.settings, CAUSAL.name)]

    def write(self, visitor: str, prompt: str, values: dict, run: str = "", *, exact: bool = True, forced: list[int] = ()) -> dict:
        """The whole continuation, see `serving.generating.write`."""
        *_, done = self.writing(visitor, prompt, values, run, exact=exact, forced=forced)
        return done["result"]

    def writing(
        self, visitor: str, prompt: str, values: dict, run: str = "", *, exact: bool = False, forced: list[int] = ()
    ) -> Iterator[dict]:
        """{"tokens": […]} again and again as they come, {"result": …} last; {"restarted": true} voids what came before it. Closing
        it early stops the writing. exact: alone, so that the same seed gives the same text always. forced: the first tokens."""
        args = {**self._asked(visitor, prompt, values, run), "exact": exact is True, "forced": gate.listed(forced, "forced")}
        with contextlib.closing(self.worker.stream("generate.write", args, seconds=SECONDS)) as events:
            yield from events

    def beams(self, visitor: str, prompt: str, values: dict, run: str = "") -> dict:
        """The tree of a beam search, see `serving.generating.beams`."""
        return self.worker.call("generate.beams", self._asked(visitor, prompt, values, run), seconds=SECONDS)

    def inspect(self, visitor: str, ids: list[int], place: int, values: dict, run: str = "", *, exact: bool = True) -> dict:
        """How the token at `place` of `ids`, which was written `exact` or not, was chosen, see `serving.generating.inspect`."""
        config, writer = self._chosen(visitor, values, run)
        args = {**writer, "exact": exact is True, "ids": gate.listed(ids, "ids"), "place": place, "config": config.to_dict()}
        return self.worker.call("generate.inspect", args, seconds=SECONDS)

    def score(self, visitor: str, text: str, values: dict, run: str = "", *, cut: bool = False, most: int = 0) -> dict:
        """A text in bits, see `serving.generating.score`; with `cut`, as much of it as the model holds; `most`: of its first tokens."""
        _, writer = self._chosen(visitor, values, run)
        checked = gate.text(text, self.settings.limits.text_chars)
        return self.worker.call("generate.score", {**writer, "text": checked, "cut": cut, "most": most}, seconds=SECONDS)

    def _asked(self, visitor: str, prompt: str, values: dict, run: str) -> dict:
        config, writer = self._chosen(visitor, values, run)
        text = gate.text(prompt, self.settings.limits.text_chars, "prompt", blank=True)
        return {**writer, "prompt": text, "config": config.to_dict()}

    def _chosen(self, visitor: str, values: dict, run: str) -> tuple[GenerateConfig, dict]:
        """Checked values and who writes: the folder of a run, or a model that is brought to this machine now if it is not here."""
        gate.new_tokens(gate.named(values).get("max_new_tokens"), self.settings.limits)
        config = gate.filled(GenerateConfig, values)
        if run:
            return config, {"run_dir": str(self._answering(visitor, run).path)}
        model = gate.model_id(config.model, self.settings, CAUSAL.name)
        hub.model_folder(model, self.settings, family=CAUSAL.name)
        return replace(config, model=model), {"model": model}
