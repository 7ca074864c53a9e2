"""One sentence inside a transformer, through the model worker.

inside_tokens · inside_attention · inside_steps · inside_shuffled · inside_embeddings · inside_lens · inside_positions · sinusoids

What the page opens on is stored (genhub/examples/inside.json), so that there is something to see before any model has loaded: each
question about EXAMPLE with its answer, as the worker gave it.
"""

import functools
import json
from typing import Any

import numpy as np

from genhub import gate, hub
from genhub.errors import UserError
from genhub.lab.base import EXAMPLES, Base
from genhub.settings import Settings
from genhub.text.inside import sinusoids
from genhub.training.configs import GenerateConfig
from genhub.training.configs.inside import FAMILIES, TEXT_CHARS, PlaceConfig, ShuffleConfig, SinusoidConfig

ENCODER = "embedded/minilm-l6"
CAUSAL = GenerateConfig.option("model").default
EXAMPLE = "The animal didn't cross the street because it was too tired."
EXAMPLE_SECOND = "So it stayed where it was."
EXAMPLE_PLACES = {"encoder": PlaceConfig("encoder", 4, 2, 11), "causal": PlaceConfig("causal", 4, 1, 10)}
SECONDS = 60.0


class Insides(Base):
    """Sentences in, numbers out, see `serving.insides` for what each answers. family: “encoder” is BERT, “causal” GPT; `model` names
    the GPT, the BERT is always ENCODER. `place`: see `PlaceConfig`."""

    def inside_tokens(self, visitor: str, text: str, family: str, model: str = CAUSAL) -> dict:
        return self._read_inside("tokens", self._inside_reader(family, model), text)

    def inside_attention(self, visitor: str, text: str, family: str, layer: int, model: str = CAUSAL) -> dict:
        place = gate.filled(PlaceConfig, {"layer": layer})
        return self._read_inside("attention", self._inside_reader(family, model), text, layer=place.layer)

    def inside_steps(self, visitor: str, text: str, place: dict, model: str = CAUSAL) -> dict:
        chosen = gate.filled(PlaceConfig, place).to_dict()
        return self._read_inside("steps", self._inside_reader(chosen.pop("family"), model), text, **chosen)

    def inside_shuffled(self, visitor: str, text: str, seed: int = 0) -> dict:
        return self._read_inside("shuffled", self._inside_reader("encoder"), text, **gate.filled(ShuffleConfig, {"seed": seed}).to_dict())

    def inside_embeddings(self, visitor: str, text: str, second: str = "") -> dict:
        second = gate.text(second, TEXT_CHARS, "second", blank=True)
        return self._read_inside("embeddings", self._inside_reader("encoder"), text, second=second.strip())

    def inside_lens(self, visitor: str, text: str, model: str = CAUSAL) -> dict:
        return self._read_inside("lens", self._inside_reader("causal", model), text)

    def inside_positions(self, visitor: str, family: str, model: str = CAUSAL) -> dict:
        return self._inside("inside.positions", self._inside_reader(family, model))

    def sinusoids(self, visitor: str, values: dict) -> dict[str, tuple[np.ndarray, sinusoids.Measured]]:
        """The picture of positional encoding by the paper's formula and with the position in the exponent, each with what can be told
        of it. `values` are those of a SinusoidConfig; needs no model."""
        config = gate.filled(SinusoidConfig, values)
        drawn = {"paper": sinusoids.paper, "slide": sinusoids.position_in_exponent}
        pictures = {name: draw(config.positions, config.dimensions, config.base) for name, draw in drawn.items()}
        return {name: (picture, sinusoids.measure(picture)) for name, picture in pictures.items()}

    def _inside_reader(self, family: str, model: str = "") -> dict:
        """Who reads: a model that is brought to this machine now if it is not here."""
        family = gate.choice(family, tuple(FAMILIES), "family")
        return {"family": family, "model": gate.model_id(model, self.settings) if family == "causal" else ENCODER}

    def _read_inside(self, what: str, reader: dict, text: str, **more: Any) -> dict:
        return self._inside(f"inside.{what}", {**reader, "text": gate.text(text, TEXT_CHARS).strip(), **more})

    def _inside(self, op: str, args: dict) -> dict:
        told = stored().get(key(op, args))
        if told is not None:
            return told
        hub.model_folder(args["model"], self.settings)
        return self.worker.call(op, args, seconds=SECONDS)


class Unread(UserError):
    """There is no stored answer."""


class Stored(Insides):
    """The stored example alone: no model is asked, nothing is started. Raises Unread for all other questions."""

    def __init__(self, settings: Settings):
        self.settings = settings

    def _inside(self, op: str, args: dict) -> dict:
        told = stored().get(key(op, args))
        if told is None:
            raise Unread("This has not been read yet.", "", "Press Look inside.")
        return told


def key(op: str, args: dict) -> str:
    """A question as the stored answers name it."""
    return json.dumps([op, args], sort_keys=True, ensure_ascii=False)


@functools.cache
def stored() -> dict[str, dict]:
    """Answers that need no model, by `key`; none before they were made (`make examples`)."""
    path = EXAMPLES / "inside.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
