"""A classifier's passport and figures."""

from genhub.errors import UserError
from genhub.text.formats import CLASSIFIER as FORMAT
from genhub.text.passport.shapes import COUNT, EVERY, FLAG, REMEDY, SHARE, TRAINING, Number, Text, completed, fitted, options, refused
from genhub.training.configs import MAIN_METHODS, MORE_METHODS, ClassifyConfig

LABEL_CHARS = 500
WHOLE = ("full", "freeze-then-finetune", "bitfit")  # methods that train the encoder's own weights, so that model/ holds all of them
STORAGE = {"frozen": "none", "bottleneck": "bottleneck", **dict.fromkeys(WHOLE, "none")}  # the others are PEFT's
PASSPORT = {
    **EVERY,
    "adapter": Text(20, "peft|bottleneck|none"),
    "labels": [Text(LABEL_CHARS, r"(?s).*\S.*")],
    "pooling": Text(8, "mean|cls"),
    "normalize": FLAG,
    "scale": Number(1e-3, 1e3),
    "max_length": Number(8, 8_192, whole=True),
    "head": {"in": Number(1, 8_192, whole=True), "out": Number(2, 1_000, whole=True)},
    "config?": options(ClassifyConfig),
    "metrics?": {"test_rows?": COUNT, **dict.fromkeys(("accuracy?", "accuracy_low?", "accuracy_high?", "macro_f1?"), SHARE)},
    "bottleneck?": {"width": Number(1, 512, whole=True)},
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


def check(value: dict) -> dict:
    passport = {"format": FORMAT, "task": "classify"} | fitted(value, PASSPORT, "passport.json")
    labels = passport["labels"]
    if not 2 <= len(labels) == len(set(labels)) == passport["head"]["out"]:
        raise refused(
            f"has {len(labels)} labels for a head of {passport['head']['out']}", "Two or more different labels, one a row of the head."
        )
    if passport["method"] not in MAIN_METHODS + MORE_METHODS:
        shown = ", ".join(MAIN_METHODS + MORE_METHODS)
        raise refused(f"is of the method “{passport['method']}”", f"GenHub has these methods: {shown}.")
    if passport["adapter"] != STORAGE.get(passport["method"], "peft"):
        raise refused(f"says “{passport['adapter']}” for the method {passport['method']}", "The two must fit together.")
    if passport["adapter"] == "bottleneck" and "bottleneck" not in passport:
        raise refused("does not say how wide its bottleneck is", "Bottleneck adapters need that.")
    if "config" in passport:
        passport["config"] = ClassifyConfig.from_dict(passport["config"]).to_dict()
    else:
        known = {"model": passport["base"]["id"], "method": passport["method"], "seed": passport.get("seed", 0)}
        passport["config"] = ClassifyConfig(**known).to_dict()
    return completed(passport)


def check_metrics(value: object, facts: dict) -> dict:
    """Its labels must be the passport's."""
    metrics, labels = fitted(value, METRICS, "metrics.json"), facts["labels"]
    size = len(labels)
    square = len(metrics["confusion"]) == size and all(len(row) == size for row in metrics["confusion"])
    if metrics["labels"] != labels or [entry["label"] for entry in metrics["per_class"]] != labels or not square:
        raise UserError("metrics.json speaks of other labels than the passport.", "They must be the same.", REMEDY, "file")
    return metrics
