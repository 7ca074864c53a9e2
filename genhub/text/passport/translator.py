"""The passport and figures of a run that adapted a translation model to pairs."""

from genhub import tasks
from genhub.text.formats import TRANSLATOR as FORMAT
from genhub.text.passport.shapes import COUNT, EVERY, FLAG, TRAINING, Number, Text, completed, fitted, options, refused
from genhub.training.configs import ADAPT_METHODS, TuneConfig

TASK = "translate"
WHOLE = ("full", "bitfit")  # methods that train the model's own weights, so that model/ holds all of them
SCORE, CHANGE = Number(0, 100.1), Number(-100.1, 100.1)
BOTH = {"bleu": SCORE, "chrf": SCORE}
INTERVALS = {f"{kind}_{end}": SCORE for kind in BOTH for end in ("low", "high")}
GAIN = {kind: dict.fromkeys(("mean", "low", "high"), CHANGE) for kind in BOTH}
LINE = {**BOTH, "gain": GAIN}
LANGUAGE = Text(20, r"[\w-]*")
PASSPORT = {
    **EVERY,
    "task": Text(20, TASK),
    "adapter": Text(20, "peft|none"),
    "languages": [LANGUAGE],
    "config?": options(TuneConfig),
    "metrics?": {**{f"{name}?": SCORE for name in (*BOTH, *INTERVALS)}, "test_sources?": COUNT},
}
METRICS = {
    **BOTH,
    **INTERVALS,
    **dict.fromkeys(("test_sources", "test_references"), COUNT),
    "baselines": {"base": LINE, "copy": LINE},
    "by_length": [{"from": COUNT, "to": Number(0, 1e9, whole=True, optional=True), "sentences": COUNT, **BOTH}],
    "signatures": [Text(200)],
    "general?": {"sources": COUNT, "model": BOTH, "base": LINE},
    "training": TRAINING,
    "split": {
        "kind": Text(20, "hold-out"),
        "by": Text(20, "source"),
        **dict.fromkeys(("train", "validation", "test", "left_out", "seed"), Number(0, 2**31, whole=True)),
    },
    "stopped": FLAG,
    "sentences": [Text(2_000)],
}


def check(value: dict) -> dict:
    passport = {"format": FORMAT} | fitted(value, PASSPORT, "passport.json")
    method = passport["method"]
    if method not in ADAPT_METHODS:
        raise refused(f"is of the method “{method}”", f"GenHub has these methods: {', '.join(ADAPT_METHODS)}.")
    if passport["adapter"] != ("none" if method in WHOLE else "peft"):
        raise refused(f"says “{passport['adapter']}” for the method {method}", "The two must fit together.")
    if len(passport["languages"]) != 2:
        raise refused("does not name two languages", "A translator has one it reads and one it writes.")
    bare = {"seed": passport.get("seed", 0), "model": passport["base"]["id"], "method": method}
    passport["config"] = tasks.get(TASK).config.from_dict(passport.get("config") or bare).to_dict()
    return completed(passport)


def check_metrics(value: object, facts: dict) -> dict:
    return fitted(value, METRICS, "metrics.json")
