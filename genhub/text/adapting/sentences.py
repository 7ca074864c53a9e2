"""What the figures of an adaptation mean, in plain words. Reads metrics, computes nothing that is not in them."""

from collections.abc import Mapping

from genhub.text.sentences import capital, signed, stopped

FEW_CHARACTERS = 2_000
MUCH = 0.05  # share of copied runs beyond the unseen text's own from which on it is worth a warning
CALLED = {"base": "the base model", "unigram": "the frequencies of single tokens"}


def of(metrics: Mapping) -> list[str]:
    """The sentences under a verdict, the most important first."""
    baselines = metrics["baselines"]
    return [
        headline(metrics),
        counting(baselines["ngrams"]),
        *few_to_learn(baselines["ngrams"]),
        unigram(baselines["unigram"]),
        *copying(metrics["copying"]),
        *by_heart(metrics["training"]),
        *few(metrics),
        *([f"{stopped(metrics)} These are the figures of the best model so far."] if metrics["stopped"] else []),
    ]


def headline(metrics: Mapping) -> str:
    """Ours against the base model, said so that an interval with 0 in it, or a loss, is not dressed up."""
    base = metrics["baselines"]["base"]
    told = (
        f"On {metrics['test_characters']:,} unseen characters the adapted model needs {metrics['bits_per_character']:.2f} bits a "
        f"character, the base model {base['bits_per_character']:.2f}"
    )
    gain = base["gain"]
    if gain["low"] > 0:
        return f"{told}: {bits(gain['mean'])} {interval(gain)} fewer."
    if gain["high"] < 0:
        worse = {"mean": -gain["mean"], "low": -gain["high"], "high": -gain["low"]}
        return f"{told}: the base model is better by {bits(worse['mean'])} {interval(worse)}."
    return f"{told}: no clear difference, {signed(gain['mean'])} [{signed(gain['low'])}, {signed(gain['high'])}]; the interval contains 0."


def counting(figures: Mapping) -> str:
    """Against n-grams, which only count."""
    name = f"counting alone (a {figures['order']}-gram model of the same text)"
    gain = figures["gain"]
    if gain["low"] > 0:
        return f"{capital(name)} needs {figures['bits_per_character']:.2f}: {bits(gain['mean'])} {interval(gain)} more."
    if gain["high"] < 0:
        return f"{capital(name)} needs only {figures['bits_per_character']:.2f}: it wins by {bits(-gain['mean'])} [{bits(-gain['high'])}, {bits(-gain['low'])}]."
    return f"{capital(name)} needs {figures['bits_per_character']:.2f}: no clear difference; the interval of the difference contains 0."


def few_to_learn(figures: Mapping) -> list[str]:
    """What is unfair in the comparison: n-grams of a part of the text."""
    if figures["learnt_tokens"] == figures["tokens_to_learn"]:
        return []
    return [
        f"The n-grams were counted on {figures['learnt_tokens']:,} of {figures['tokens_to_learn']:,} tokens only, which is not fair to them."
    ]


def unigram(figures: Mapping) -> str:
    return f"Knowing only how frequent each token is, a model would need {figures['bits_per_character']:.2f} bits a character."


def copying(figures: Mapping) -> list[str]:
    """How much of what is written stands in the training text, against what any such text shares with it."""
    ours, base, unseen = figures["model"], figures["base"], figures["held_out"]
    if ours["share"] is None or unseen["share"] is None or base["share"] is None:
        return []
    told = (
        f"Of the stretches of {figures['run']} {figures['unit']} that it writes, {ours['share']:.1%} stand in the training text (of the base model's "
        f"{base['share']:.1%}, of the unseen text's own {unseen['share']:.1%}); the longest copied stretch has {ours['longest']:,} {figures['unit']}."
    )
    if ours["share"] > unseen["share"] + MUCH:
        told += " That is more than chance: it repeats what it has read."
    return [told]


def by_heart(training: Mapping) -> list[str]:
    best, run = training.get("best_epoch"), training.get("epochs_run")
    if not best or not run or best == run:
        return []
    return [
        f"The validation loss was lowest after epoch {best} of {run}, and the model of that epoch is kept: after it, it learnt by heart."
    ]


def few(metrics: Mapping) -> list[str]:
    if metrics["test_characters"] >= FEW_CHARACTERS:
        return []
    return [f"Only {metrics['test_characters']:,} characters were held out: the figures would be others on another stretch of the text."]


def bits(value: float) -> str:
    """Two decimal places, three where the number is small."""
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3f}"


def interval(gain: Mapping) -> str:
    return f"[{bits(gain['low'])}, {bits(gain['high'])}]"
