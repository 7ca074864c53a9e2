"""passport.json and metrics.json of a run that somebody hands us: read, checked, and rewritten with what we know only.

Both are data of strangers that the page, the card and the script use. What comes back has every field they count on, in the
right type and range, and nothing else.
"""

import math
import re
from dataclasses import dataclass

from genhub import gate
from genhub.data.cleaning import FIXES
from genhub.data.samples import SAMPLES
from genhub.errors import UserError
from genhub.training.configs import MAIN_METHODS, MORE_METHODS, ClassifyConfig

FORMAT = "genhub-classifier-1"
LABEL_CHARS = 500
WHOLE = ("full", "freeze-then-finetune", "bitfit")  # methods that train the encoder's own weights, so that model/ holds all of them
STORAGE = {"frozen": "none", "bottleneck": "bottleneck", **dict.fromkeys(WHOLE, "none")}  # the others are PEFT's


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
SAMPLE = Text(20, "|".join(SAMPLES), optional=True)
COMMIT = Text(64, r"[0-9a-f]{40}|main|", optional=True)
VERSIONS = ("genhub", "python", "torch", "transformers", "peft", "tokenizers", "safetensors", "accelerate", "numpy", "scikit-learn")
# A dictionary lists fields that must be there, those ending in "?" may be missing; [x] is a list of x.
PASSPORT = {
    "base": {"id": Text(120), "revision?": COMMIT, "sha256?": HASH},
    "method": Text(40),
    "adapter": Text(20, "peft|bottleneck|none"),
    "labels": [Text(LABEL_CHARS, r"(?s).*\S.*")],
    "pooling": Text(8, "mean|cls"),
    "normalize": FLAG,
    "scale": Number(1e-3, 1e3),
    "max_length": Number(8, 8_192, whole=True),
    "head": {"in": Number(1, 8_192, whole=True), "out": Number(2, 1_000, whole=True)},
    "config?": {item.name + "?": object for item in ClassifyConfig.options()},
    "name?": Text(gate.NAME_CHARS),
    "data?": {
        "sha256?": HASH,
        "rows?": COUNT,
        "sample?": SAMPLE,
        "counterexamples?": FLAG,
        "fixes?": [Text(40, "|".join(FIXES))],
        "hub?": {
            "dataset": Text(120, r"[\w.-]+(/[\w.-]+)?"),
            **dict.fromkeys(("config", "split"), Text(200, r"[^\x00-\x1f\x7f]*")),
            "revision": COMMIT,
            **dict.fromkeys(("cut", "drawn"), FLAG),
        },
    },
    "seed?": Number(0, 2**31 - 1, whole=True),
    "metrics?": {"test_rows?": COUNT, **dict.fromkeys(("accuracy?", "accuracy_low?", "accuracy_high?", "macro_f1?"), SHARE)},
    "versions?": {name + "?": Text(40, r"[\w.+-]*") for name in VERSIONS},
    "bottleneck?": {"width": Number(1, 512, whole=True)},
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
METRICS = {
    **dict.fromkeys(("accuracy", "accuracy_low", "accuracy_high", "macro_f1"), SHARE),
    **dict.fromkeys(("test_rows", "folds", "suspects"), COUNT),
    "labels": [Text(LABEL_CHARS)],
    "per_class": [{"label": Text(LABEL_CHARS), "precision": SHARE, "recall": SHARE, "f1": SHARE, "support": COUNT}],
    "confusion": [[COUNT]],
    "calibration": {
        "ece": SHARE,
        "bins": [
            {
                **dict.fromkeys(("low", "high"), SHARE),
                "count": COUNT,
                **dict.fromkeys(("confidence", "accuracy"), Number(0, 1, optional=True)),
            }
        ],
    },
    "coverage": [{"threshold": SHARE, "coverage": SHARE, "accuracy": Number(0, 1, optional=True)}],
    "baselines": {
        "majority": {
            **dict.fromkeys(("accuracy", "accuracy_low?", "accuracy_high?", "macro_f1"), SHARE),
            "label": Text(LABEL_CHARS),
        },
        "tfidf": {
            **dict.fromkeys(("accuracy", "accuracy_low", "accuracy_high", "macro_f1"), SHARE),
            "difference": dict.fromkeys(("mean", "low", "high"), Number(-1, 1)),
            **dict.fromkeys(("learnt_rows?", "rows_to_learn?"), COUNT),
        },
    },
    "training": TRAINING,
    "split": {
        "kind": Text(20, "hold-out|given|cross-validation"),
        **dict.fromkeys(("train?", "validation?", "test?", "seed?", "folds?"), Number(0, 2**31, whole=True, optional=True)),
        "groups_kept_together?": FLAG,
    },
    "stopped": FLAG,
    "sentences": [Text(2_000)],
}
MOST_ITEMS = 1_000


def check(value: object) -> dict:
    """The passport in our own words. Raises UserError for another format, a missing field, or one out of range."""
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        shown = str(value.get("format") if isinstance(value, dict) else type(value).__name__)[:40]
        raise _refused(f"is not the passport of a classifier (format: {shown})", f"The format is {FORMAT}.")
    passport = {"format": FORMAT, "task": "classify"} | _fitted(value, PASSPORT, "passport.json")
    labels = passport["labels"]
    if not 2 <= len(labels) == len(set(labels)) == passport["head"]["out"]:
        raise _refused(
            f"has {len(labels)} labels for a head of {passport['head']['out']}", "Two or more different labels, one a row of the head."
        )
    if passport["method"] not in MAIN_METHODS + MORE_METHODS:
        shown = ", ".join(MAIN_METHODS + MORE_METHODS)
        raise _refused(f"is of the method “{passport['method']}”", f"GenHub has these methods: {shown}.")
    if passport["adapter"] != STORAGE.get(passport["method"], "peft"):
        raise _refused(f"says “{passport['adapter']}” for the method {passport['method']}", "The two must fit together.")
    if passport["adapter"] == "bottleneck" and "bottleneck" not in passport:
        raise _refused("does not say how wide its bottleneck is", "Bottleneck adapters need that.")
    if "config" in passport:
        passport["config"] = ClassifyConfig.from_dict(passport["config"]).to_dict()
    else:
        known = {"model": passport["base"]["id"], "method": passport["method"], "seed": passport.get("seed", 0)}
        passport["config"] = ClassifyConfig(**known).to_dict()
    if "name" in passport:
        passport["name"] = gate.display_name(passport["name"])
    for name, default in (("data", {}), ("seed", 0), ("versions", {}), ("metrics", {})):
        passport.setdefault(name, default)
    return passport


def check_metrics(value: object, labels: list[str]) -> dict:
    """metrics.json in our own words; its labels must be the passport's. Raises UserError."""
    metrics = _fitted(value, METRICS, "metrics.json")
    size = len(labels)
    square = len(metrics["confusion"]) == size and all(len(row) == size for row in metrics["confusion"])
    if metrics["labels"] != labels or [entry["label"] for entry in metrics["per_class"]] != labels or not square:
        raise UserError("metrics.json speaks of other labels than the passport.", "They must be the same.", _REMEDY, "file")
    return metrics


_REMEDY = "Use a file that GenHub made."


def _fitted(value: object, shape: object, place: str):
    """`value` with the fields of `shape` only. Raises UserError naming the first place that does not fit."""
    if shape is object:
        fits = value is None or isinstance(value, str | int | float | bool)
    elif isinstance(shape, dict):
        if not isinstance(value, dict):
            raise _unfit(place)
        return _fitted_fields(value, shape, place)
    elif isinstance(shape, list):
        if not isinstance(value, list) or len(value) > MOST_ITEMS:
            raise _unfit(place)
        return [_fitted(item, shape[0], f"{place}[{number}]") for number, item in enumerate(value)]
    else:
        fits = isinstance(value, bool) if shape is bool else shape.accepts(value)
    if not fits:
        raise _unfit(place)
    return value


def _fitted_fields(value: dict, shape: dict, place: str) -> dict:
    fields = {}
    for key, inner in shape.items():
        name = key.removesuffix("?")
        if name in value:
            fields[name] = _fitted(value[name], inner, f"{place}: {name}")
        elif not key.endswith("?"):
            raise _unfit(f"{place}: {name}")
    return fields


def _unfit(place: str) -> UserError:
    return UserError(f"{place} is missing or not what it should be.", "It must be as GenHub writes it.", _REMEDY, "file")


def _refused(how: str, limit: str) -> UserError:
    return UserError(f"passport.json {how}.", limit, _REMEDY, "file")
