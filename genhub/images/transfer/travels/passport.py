"""The passport and figures of a run that taught a network other classes of images."""

from genhub.errors import UserError
from genhub.text.formats import IMAGE_CLASSIFIER as FORMAT
from genhub.text.passport.shapes import COUNT, EVERY, FLAG, REMEDY, SHARE, TRAINING, Number, Text, completed, fitted, options, refused
from genhub.training.configs import TransferConfig
from genhub.training.configs.transfer import TRANSFERRED, WAYS

NAME = Text(80)
ACCURACY = dict.fromkeys(("accuracy", "accuracy_low", "accuracy_high", "macro_f1"), SHARE)
GAP = dict.fromkeys(("mean", "low", "high"), Number(-1, 1))
PASSPORT = {
    **EVERY,
    "task": Text(20, "transfer"),
    "adapter": Text(20, "model"),
    "kept": Text(20, "|".join(TRANSFERRED)),
    "classes": [NAME],
    "config?": options(TransferConfig),
    "metrics?": {**{f"{name}?": SHARE for name in ACCURACY}, "test_images?": COUNT},
}
METRICS = {
    **ACCURACY,
    **dict.fromkeys(("test_images", "folds", "suspects"), COUNT),
    "kept": Text(20, "|".join(WAYS)),
    "ways": [
        {
            "name": Text(20, "|".join(WAYS)),
            **ACCURACY,
            "difference?": object,
            **dict.fromkeys(("trainable_parameters", "total_parameters", "epochs_run", "best_epoch"), COUNT),
            "trainable_percent": Number(0, 100),
            "val_accuracy": SHARE,
            "seconds": Number(0, 1e9),
        }
    ],
    "labels": [NAME],
    "per_class": [{"label": NAME, **dict.fromkeys(("precision", "recall", "f1"), SHARE), "support": COUNT}],
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
    "baselines": {"majority": {**ACCURACY, "label": NAME}, "pixels": {**ACCURACY, "difference": GAP}},
    "training": {**TRAINING, "epochs?": Number(0, 1e6, optional=True)},
    "split": {
        "kind": Text(20, "hold-out"),
        "by": Text(20, "class"),
        **dict.fromkeys(("train", "validation", "test", "seed"), Number(0, 2**31, whole=True)),
    },
    "stopped": FLAG,
    "sentences": [Text(2_000)],
}


def check(value: dict) -> dict:
    passport = {"format": FORMAT} | fitted(value, PASSPORT, "passport.json")
    classes, base = passport["classes"], passport["base"]["id"]
    if not 2 <= len(classes) == len(set(classes)):
        raise refused(f"has {len(classes)} classes", "Two or more, each with a name of its own.")
    if passport["method"] != "transfer" or not base:
        raise refused(f"is of the method “{passport['method']}” on the base “{base}”", "A transfer from a model that is named.")
    bare = {"seed": passport.get("seed", 0), "model": base}
    passport["config"] = TransferConfig.from_dict(passport.get("config") or bare).to_dict()
    return completed(passport)


def check_metrics(value: object, facts: dict) -> dict:
    """Its classes must be the passport's."""
    raw = value.get("ways") if isinstance(value, dict) else None
    gaps = [way.get("difference") if isinstance(way, dict) else None for way in raw] if isinstance(raw, list) else []
    plain = {**value, "ways": [{**way, "difference": None} if isinstance(way, dict) else way for way in raw]} if gaps else value
    metrics, size = fitted(plain, METRICS, "metrics.json"), len(facts["classes"])
    for way, gap in zip(metrics["ways"], gaps, strict=True):
        way["difference"] = None if gap is None else fitted(gap, GAP, "metrics.json: ways: difference")
    square = len(metrics["confusion"]) == size and all(len(row) == size for row in metrics["confusion"])
    if metrics["labels"] != facts["classes"] or [entry["label"] for entry in metrics["per_class"]] != facts["classes"] or not square:
        raise UserError("metrics.json speaks of other classes than the passport.", "They must be the same.", REMEDY, "file")
    return metrics
