"""The verdict on a tuned translator in plain words."""


def of(metrics: dict) -> list[str]:
    """What the figures say, a sentence each, with their ground."""
    base, training = metrics["baselines"]["base"], metrics["training"]
    said = [
        f"On {metrics['test_sources']:,} unseen sources it reaches BLEU {metrics['bleu']:.1f} [{metrics['bleu_low']:.1f}–{metrics['bleu_high']:.1f}] "
        f"and chrF {metrics['chrf']:.1f} [{metrics['chrf_low']:.1f}–{metrics['chrf_high']:.1f}].",
        f"{_moved(base['gain']['chrf'], 'chrF', 'than the model before')} (BLEU {base['bleu']:.1f}, chrF {base['chrf']:.1f}).",
    ]
    if general := metrics.get("general"):
        said.append(
            f"On {general['sources']} everyday sentences that were not learnt from: {_moved(general['base']['gain']['chrf'], 'chrF', 'than before')}."
        )
    said.append(f"{training['trainable_percent']:.2f} % of the parameters learnt, in {training['seconds']:.0f} s.")
    return said


def _moved(change: dict, name: str, than: str) -> str:
    size = f"{abs(change['mean']):.1f} {name}"
    interval = f"[{change['low']:+.1f}, {change['high']:+.1f}]".replace("-", "−")
    if change["low"] <= 0 <= change["high"]:
        return f"The difference of {size} {interval} may be chance"
    return f"That is {size} {'more' if change['mean'] > 0 else 'less'} {than} {interval}"
