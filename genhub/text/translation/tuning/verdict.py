"""The verdict on a tuned translator: with and without what it learnt, on sources that nothing was learnt from, and on general ones.

    judge = Judge(material, contenders, stop, stopped)
    figures = yield from judge.events()                     # what metrics.json begins with

After Stop a few sources, drawn at random, are all that is translated.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from genhub.events import Event, Note, Progress
from genhub.text.translation import writing
from genhub.text.translation.evaluate import evaluate
from genhub.text.translation.tuning.material import Material
from genhub.training.work import Contender

MOST = 1_000  # sources of the test part that are translated; more would not change a figure by much
AFTER_STOP = 32
SHOWN = 20
COPY = "copy"  # a baseline: the source as it is


class Judge:
    """Translates with `model` and `base` (by their names in metrics.json). `stopped`: Stop was pressed before."""

    def __init__(self, material: Material, contenders: Mapping[str, Contender], stop: Callable[[], bool], stopped: bool):
        self.material, self.contenders, self.stop, self.stopped = material, contenders, stop, stopped

    def events(self) -> Iterator[Event]:
        """Progress; a generator whose return value is the figures."""
        test, general = self.drawn(self.material.test), self.drawn(self.material.general)
        if len(test) < len(self.material.test):
            yield Note(f"The verdict rests on {len(test):,} of {len(self.material.test):,} unseen sources, drawn at random.")
        told, written = yield from self.judged("unseen sources", test)
        found = figures(told, written)
        if general:
            told, _ = yield from self.judged("general sentences", general)
            found["general"] = generally(told)
        return found

    def drawn(self, known: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """As many sources as there is time for, in their order."""
        most = AFTER_STOP if self.stopped else MOST
        places = np.random.default_rng(self.material.config.seed).permutation(len(known))[:most]
        sources = list(known)
        return {sources[at]: known[sources[at]] for at in sorted(places.tolist())}

    def judged(self, what: str, known: Mapping[str, list[str]]) -> Iterator[Event]:
        """Returns what `evaluate` says of all contenders and of copying, and what the base wrote of each source."""
        sources, systems = list(known), {}
        for number, (name, contender) in enumerate(self.contenders.items()):
            done: dict[int, str] = {}
            with contender.within():
                for some in writing.write(contender.model, sources, self.material.config.beams):
                    done |= some
                    total = len(sources) * len(self.contenders)
                    yield Progress(number * len(sources) + len(done), total, None, f"{len(done):,} of {len(sources):,} {what}, {name}")
            systems[name] = [done[place] for place in range(len(sources))]
        told = evaluate(sources, list(known.values()), {**systems, COPY: sources}, self.material.config.seed)
        return told, dict(zip(sources, systems["base"], strict=True))


def figures(told: dict, written: Mapping[str, str]) -> dict:
    """What metrics.json says of the unseen pairs, the model's own figures first; `written`: the base's translation of each source."""
    systems = {one["name"]: one for one in told["systems"]}
    model = systems["model"]
    own = {
        f"{kind}{end}": model[kind][name] for kind in ("bleu", "chrf") for name, end in (("score", ""), ("low", "_low"), ("high", "_high"))
    }
    return {
        **own,
        "test_sources": told["sentences"],
        "test_references": told["references"],
        "baselines": {name: line(systems[name]) for name in ("base", COPY)},
        "by_length": model["by_length"],
        "signatures": told["signatures"],
        "samples": [
            {
                "source": one["source"],
                "reference": one["references"][0],
                "model": one["translation"],
                "base": written[one["source"]],
                "chrf": one["chrf"],
            }
            for one in model["worst"][:SHOWN]
        ],
    }


def line(system: dict) -> dict:
    """{bleu, chrf, gain: {bleu, chrf}}: a baseline, and how much more than it the model has."""
    gain = {kind: {"mean": -one["score"], "low": -one["high"], "high": -one["low"]} for kind, one in (system["difference"] or {}).items()}
    return {"bleu": system["bleu"]["score"], "chrf": system["chrf"]["score"], "gain": gain}


def generally(told: dict) -> dict:
    """{sources, model: {bleu, chrf}, base: {bleu, chrf, gain}}: what became of what the model could do before."""
    systems = {one["name"]: one for one in told["systems"]}
    model = {kind: systems["model"][kind]["score"] for kind in ("bleu", "chrf")}
    return {"sources": told["sentences"], "model": model, "base": line(systems["base"])}
