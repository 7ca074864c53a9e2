"""What the figures of a transfer mean, in plain words. Reads metrics, computes nothing that is not in them."""

from collections.abc import Mapping

from genhub.text import sentences
from genhub.text.sentences import capital, signed
from genhub.training.configs.transfer import WAYS

CALLED = {way: title[0].lower() + title[1:] if way != "lora" else title for way, (title, _) in WAYS.items()}


def of(metrics: Mapping) -> list[str]:
    """The sentences under a verdict, the most important first."""
    return [
        headline(metrics),
        *(compared(line) for line in metrics["ways"] if line["difference"]),
        sentences.difference(metrics["baselines"]["pixels"]["difference"], "logistic regression on the pixels", "images"),
        sentences.majority(metrics["baselines"]["majority"]),
        *sentences.confusions(metrics, "images"),
        *sentences.rare(metrics, "images"),
        sentences.overconfidence(metrics["calibration"]),
        *([f"{sentences.stopped(metrics)} These are the figures of what was learnt until then."] if metrics["stopped"] else []),
    ]


def headline(metrics: Mapping) -> str:
    right = round(metrics["accuracy"] * metrics["test_images"])
    interval = f"[{metrics['accuracy_low']:.3f}, {metrics['accuracy_high']:.3f}]"
    return (
        f"Accuracy {metrics['accuracy']:.3f} {interval}: {right:,} of {metrics['test_images']:,} unseen images; the way kept: "
        f"{CALLED[metrics['kept']]}."
    )


def compared(line: Mapping) -> str:
    """A way beside the frozen base with a new head."""
    gap, name = line["difference"], capital(CALLED[line["name"]])
    inside = f"[{signed(gap['low'])}, {signed(gap['high'])}]"
    learnt = f"with {line['trainable_percent']:.3g} % of the parameters learning"
    if sentences.same(gap):
        return f"{name}, {learnt}: no difference to a new head alone, both are right on the same images, and wrong on the same."
    if gap["low"] > 0:
        return f"{name}, {learnt}: {gap['mean']:.3f} {inside} more than a new head alone."
    if gap["high"] < 0:
        return f"{name}, {learnt}: {-gap['mean']:.3f} less than a new head alone {inside}."
    return f"{name}, {learnt}: no clear difference to a new head alone, {signed(gap['mean'])} {inside}."
