"""What the figures of a training from scratch mean, in plain words. Reads metrics, computes nothing that is not in them."""

import math
from collections.abc import Mapping

from genhub.text.adapting import sentences as adapting
from genhub.text.sentences import stopped

CALLED = {"gpt": "GPT", "rnn": "character RNN"}


def of(metrics: Mapping) -> list[str]:
    """The sentences under a verdict, the most important first."""
    baselines = metrics["baselines"]
    return [
        headline(metrics),
        adapting.counting(baselines["ngrams"]),
        *adapting.few_to_learn(baselines["ngrams"]),
        adapting.unigram(baselines["unigram"]),
        effort(metrics["training"]),
        *copying(metrics["copying"]),
        *adapting.by_heart(metrics["training"]),
        *adapting.few(metrics),
        *([f"{stopped(metrics)} These are the figures of the best model so far."] if metrics["stopped"] else []),
    ]


def headline(metrics: Mapping) -> str:
    """Bits and nats a character, with their interval, and what a model would need that knows nothing but its characters."""
    training = metrics["training"]
    interval = f"[{metrics['bits_per_character_low']:.2f}, {metrics['bits_per_character_high']:.2f}]"
    return (
        f"On {metrics['test_characters']:,} unseen characters the {CALLED[training['method']]} needs {metrics['bits_per_character']:.2f} "
        f"{interval} bits a character ({metrics['loss']:.3f} nats); drawing evenly from its {training['characters']:,} characters would need "
        f"{math.log2(training['characters']):.2f}."
    )


def effort(training: Mapping) -> str:
    """What it took to get there."""
    return (
        f"Its {training['total_parameters']:,} parameters learnt in {training['steps']:,} steps, in which the text was read "
        f"{training['passes']:.1f} times."
    )


def copying(figures: Mapping) -> list[str]:
    """How much of what is written stands in the training text, against what any such text shares with it."""
    ours, unseen = figures["model"], figures["held_out"]
    if ours["share"] is None or unseen["share"] is None:
        return []
    told = (
        f"Of the stretches of {figures['run']} {figures['unit']} that it writes, {ours['share']:.1%} stand in the training text (of the "
        f"unseen text's own {unseen['share']:.1%}); the longest copied stretch has {ours['longest']:,} {figures['unit']}."
    )
    much = ours["share"] > unseen["share"] + adapting.MUCH
    return [told + (" That is more than chance: it repeats what it has read." if much else "")]
