"""Translators side by side on the same sentences: BLEU and chrF with bootstrap intervals, their paired differences (Koehn 2004), by
length, and the sentences that came out worst.

The same resamples serve all systems, so that their differences are of the same sentences.
"""

from collections.abc import Generator, Mapping, Sequence

import numpy as np

from genhub import steps
from genhub.text.translation import scores

SAMPLES = 1_000
LOW, HIGH = 2.5, 97.5  # percentiles
WORST = 200  # sentences that are told, worst first


def evaluate(sources: Sequence[str], references: Sequence[Sequence[str]], systems: Mapping[str, Sequence[str]], seed: int = 0) -> dict:
    """{sentences, references, signatures, samples, systems: [{name, bleu, chrf, by_length, difference, worst}]}; `references[i]` are all right
    translations of `sources[i]`, `systems[name][i]` the one that a system wrote.

    bleu, chrf: {score, low, high}, the interval of 95 %. difference: {bleu, chrf} likewise, of a system to the first one; None for that.
    worst: [{source, references, translation, chrf}], at most WORST. Raises ValueError as `scores.score`.
    """
    return steps.result(evaluating(sources, references, systems, seed))


def evaluating(
    sources: Sequence[str], references: Sequence[Sequence[str]], systems: Mapping[str, Sequence[str]], seed: int = 0
) -> Generator[str, None, dict]:
    """`evaluate` in steps: the name of each system once it is judged."""
    from sacrebleu.metrics import BLEU, CHRF

    metrics, streams = {"bleu": BLEU(), "chrf": CHRF()}, scores.as_streams(references)
    draws = np.random.default_rng(seed).multinomial(len(sources), [1 / len(sources)] * len(sources), size=SAMPLES)
    found, first = [], {}
    for name, written in systems.items():
        told, drawn = {"name": name, "difference": None if not found else {}}, {}
        for kind, metric in metrics.items():
            rows = np.array(metric._extract_corpus_statistics(written, streams), dtype=np.float64)
            score, drawn[kind] = _score(metric, rows.sum(0)), np.array([_score(metric, sums) for sums in draws @ rows])
            told[kind] = _interval(score, drawn[kind])
            first.setdefault(kind, (score, drawn[kind]))
            if found:
                told["difference"][kind] = _interval(score - first[kind][0], drawn[kind] - first[kind][1])
        found.append({**told, "by_length": scores.by_length(sources, written, references), "worst": _worst(sources, references, written)})
        yield name
    return {
        "sentences": len(sources),
        "references": sum(map(len, references)),
        "signatures": [str(metric.get_signature()) for metric in metrics.values()],
        "samples": SAMPLES,
        "systems": found,
    }


def _score(metric, sums: np.ndarray) -> float:
    """The score of summed statistics, as the library's own significance test asks for it."""
    return metric._compute_score_from_stats(sums.tolist()).score


def _interval(score: float, drawn: np.ndarray) -> dict:
    low, high = np.percentile(drawn, (LOW, HIGH))
    return {"score": float(score), "low": float(low), "high": float(high)}


def _worst(sources: Sequence[str], references: Sequence[Sequence[str]], written: Sequence[str]) -> list[dict]:
    from sacrebleu.metrics import CHRF

    metric = CHRF()
    each = [metric.sentence_score(one, right).score for one, right in zip(written, references, strict=True)]
    order = sorted(range(len(sources)), key=each.__getitem__)[:WORST]
    return [{"source": sources[at], "references": list(references[at]), "translation": written[at], "chrf": each[at]} for at in order]
