"""The passport and figures of a run that adapted a language model to a text, or trained one on it from drawn weights."""

from genhub import tasks
from genhub.text.formats import GENERATOR as FORMAT
from genhub.text.passport.shapes import COUNT, EVERY, FLAG, TRAINING, Number, Text, completed, fitted, options, refused
from genhub.training.configs import ADAPT_METHODS, ARCHITECTURES, AdaptConfig, ScratchConfig

ADAPT, SCRATCH = "generate", "scratch"
WHOLE = ("full", "bitfit")  # methods that train the model's own weights, so that model/ holds all of them
METHODS = {ADAPT: ADAPT_METHODS, SCRATCH: tuple(ARCHITECTURES)}
BITS, NATS, GAIN = Number(0, 1e4), Number(0, 1e4), Number(-1e4, 1e4)
LOSSES = {"loss": NATS, "perplexity": Number(0, 1e308), "bits_per_character": BITS, "bits_per_byte": BITS}
INTERVAL = dict.fromkeys(("bits_per_character_low", "bits_per_character_high"), BITS)
BASE_LINE = {**LOSSES, "gain": dict.fromkeys(("mean", "low", "high"), GAIN)}
COUNTED = {**BASE_LINE, **dict.fromkeys(("order", "learnt_tokens", "tokens_to_learn"), COUNT)}
COPIED = {"share": Number(0, 1, optional=True), "runs": COUNT, "longest": COUNT}
PASSPORT = {
    **EVERY,
    "task": Text(20, f"{ADAPT}|{SCRATCH}"),
    "adapter": Text(20, "peft|none|model"),
    "window": Number(8, 8_192, whole=True),
    "config?": {**options(AdaptConfig), **options(ScratchConfig)},
    "metrics?": {
        "loss?": NATS,
        "perplexity?": LOSSES["perplexity"],
        "bits_per_character?": BITS,
        **{f"{name}?": BITS for name in INTERVAL},
        "test_characters?": COUNT,
    },
}
METRICS = {
    **LOSSES,
    **INTERVAL,
    **dict.fromkeys(("test_characters", "test_bytes", "test_tokens"), COUNT),
    "baselines": {"base?": BASE_LINE, "ngrams": COUNTED, "unigram": COUNTED},
    "copying": {"run": COUNT, "unit": Text(20, "characters|tokens"), "model": COPIED, "base?": COPIED, "held_out": COPIED},
    "training": {
        **TRAINING,
        **dict.fromkeys(("window?", "steps_planned?", "characters?", "passes?", "val_loss?"), Number(0, 1e12, optional=True)),
    },
    "split": {
        "kind": Text(20, "hold-out"),
        "by": Text(20, "document|stretch"),
        **dict.fromkeys(("train", "validation", "test", "documents", "left_out_characters", "seed"), Number(0, 2**31, whole=True)),
    },
    "stopped": FLAG,
    "sentences": [Text(2_000)],
}


def check(value: dict) -> dict:
    passport = {"format": FORMAT} | fitted(value, PASSPORT, "passport.json")
    task, method = passport["task"], passport["method"]
    if method not in METHODS[task]:
        raise refused(f"is of the method “{method}”", f"GenHub has these methods: {', '.join(METHODS[task])}.")
    kept = "model" if task == SCRATCH else "none" if method in WHOLE else "peft"
    if passport["adapter"] != kept:
        raise refused(f"says “{passport['adapter']}” for the method {method}", "The two must fit together.")
    config = tasks.get(task).config
    bare = {"seed": passport.get("seed", 0)} | (
        {"model": passport["base"]["id"], "method": method} if task == ADAPT else {"architecture": method}
    )
    passport["config"] = config.from_dict(passport.get("config") or bare).to_dict()
    return completed(passport)


def check_metrics(value: object, facts: dict) -> dict:
    """What is known of a base model is there for a run that has one."""
    metrics = fitted(value, METRICS, "metrics.json")
    if (facts["task"] == ADAPT) != ("base" in metrics["baselines"]):
        raise refused("and metrics.json do not speak of the same run", "An adapted model is judged beside its base.")
    return metrics
