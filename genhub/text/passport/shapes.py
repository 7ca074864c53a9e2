"""How a field of a passport is described, the fields that all kinds of runs have, and what fits them.

A dictionary lists fields that must be there, those ending in "?" may be missing; [x] is a list of x.
"""

import math
import re
from dataclasses import dataclass

from genhub import gate
from genhub.data.cleaning import FIXES
from genhub.data.fixes import KEEP_FIRST, OF_IMAGES
from genhub.data.image_sets import DIGITS
from genhub.data.samples import SAMPLES, TEXTS
from genhub.errors import UserError
from genhub.options import Config

REMEDY = "Use a file that GenHub made."
MOST_ITEMS = 1_000


@dataclass(frozen=True)
class Number:
    low: float
    high: float
    whole: bool = False
    optional: bool = False

    def accepts(self, value) -> bool:
        if value is None:
            return self.optional
        kinds = int if self.whole else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value) and self.low <= value <= self.high


@dataclass(frozen=True)
class Text:
    chars: int
    pattern: str = r"(?s).*"
    optional: bool = False

    def accepts(self, value) -> bool:
        if value is None:
            return self.optional
        return isinstance(value, str) and len(value) <= self.chars and re.fullmatch(self.pattern, value) is not None


SHARE, COUNT, SIZE = Number(0, 1), Number(0, 1e9, whole=True), Number(0, 1e12, optional=True)
HASH, FLAG = Text(64, r"[0-9a-f]{64}|", optional=True), bool
COMMIT = Text(64, r"[0-9a-f]{40}|main|", optional=True)
VERSIONS = ("genhub", "python", "torch", "transformers", "peft", "tokenizers", "safetensors", "accelerate", "numpy", "scikit-learn")
BASE = {"id": Text(120), "revision?": COMMIT, "sha256?": HASH}
DATA = {
    "sha256?": HASH,
    "rows?": COUNT,
    "sample?": Text(20, "|".join((*SAMPLES, *TEXTS, DIGITS)), optional=True),
    "counterexamples?": FLAG,
    "fixes?": [Text(40, "|".join((*FIXES, *OF_IMAGES, KEEP_FIRST)))],
    "column?": Text(gate.LONGEST_COLUMN, r"[^\x00-\x1f\x7f]*"),
    "cut?": FLAG,
    "hub?": {
        "dataset": Text(120, r"[\w.-]+(/[\w.-]+)?"),
        **dict.fromkeys(("config", "split"), Text(200, r"[^\x00-\x1f\x7f]*")),
        "revision": COMMIT,
        **dict.fromkeys(("cut", "drawn"), FLAG),
    },
}
# What every passport has, whatever the run is.
EVERY = {
    "base": BASE,
    "method": Text(40),
    "name?": Text(gate.NAME_CHARS),
    "data?": DATA,
    "seed?": Number(0, 2**31 - 1, whole=True),
    "versions?": {name + "?": Text(40, r"[\w.+-]*") for name in VERSIONS},
}
TRAINING = {
    **{f"{name}?": Text(80, optional=True) for name in ("method", "precision", "device", "part", "stopped_by")},
    **{
        f"{name}?": SIZE
        for name in (
            *("seconds", "steps", "epochs_run", "best_epoch", "trainable_parameters", "total_parameters", "trainable_percent"),
            *(
                "peak_memory_mb",
                "tokens",
                "tokens_per_second",
                "rows_per_second",
                "file_bytes",
                "batch_size",
                "learning_rate",
                "head_learning_rate",
            ),
        )
    },
}


def options(config: type[Config]) -> dict:
    """The shape of a configuration, whose values it checks itself."""
    return {item.name + "?": object for item in config.options()}


def completed(passport: dict) -> dict:
    """`passport` with what may be missing, and its name checked."""
    if "name" in passport:
        passport["name"] = gate.display_name(passport["name"])
    for name, default in (("data", {}), ("seed", 0), ("versions", {}), ("metrics", {})):
        passport.setdefault(name, default)
    return passport


def fitted(value: object, shape: object, place: str):
    """`value` with the fields of `shape` only. Raises UserError naming the first place that does not fit."""
    if shape is object:
        fits = value is None or isinstance(value, str | int | float | bool)
    elif isinstance(shape, dict):
        if not isinstance(value, dict):
            raise _unfit(place)
        return _fields(value, shape, place)
    elif isinstance(shape, list):
        if not isinstance(value, list) or len(value) > MOST_ITEMS:
            raise _unfit(place)
        return [fitted(item, shape[0], f"{place}[{number}]") for number, item in enumerate(value)]
    else:
        fits = isinstance(value, bool) if shape is bool else shape.accepts(value)
    if not fits:
        raise _unfit(place)
    return value


def _fields(value: dict, shape: dict, place: str) -> dict:
    fields = {}
    for key, inner in shape.items():
        name = key.removesuffix("?")
        if name in value:
            fields[name] = fitted(value[name], inner, f"{place}: {name}")
        elif not key.endswith("?"):
            raise _unfit(f"{place}: {name}")
    return fields


def _unfit(place: str) -> UserError:
    return UserError(f"{place} is missing or not what it should be.", "It must be as GenHub writes it.", REMEDY, "file")


def refused(how: str, limit: str) -> UserError:
    return UserError(f"passport.json {how}.", limit, REMEDY, "file")
