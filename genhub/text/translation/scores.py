"""How good translations are: BLEU (Papineni et al. 2002) and chrF (Popović 2015), as sacrebleu computes them (Post 2018).

A source may have several right translations; each counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

LENGTHS = ((1, 5), (6, 10), (11, 15), (16, None))  # words of the source


@dataclass(frozen=True)
class Scores:
    """BLEU and chrF from 0 to 100, and the signatures with which others can repeat them."""

    bleu: float
    chrf: float
    sentences: int
    signatures: tuple[str, str]


def score(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> Scores:
    """`references[i]` are all right translations of what `hypotheses[i]` translates, at least one each.

    Raises ValueError when there is nothing to score, or a translation without a reference.
    """
    from sacrebleu.metrics import BLEU, CHRF

    if not hypotheses or len(hypotheses) != len(references) or not all(references):
        raise ValueError(f"{len(hypotheses)} translations for {len(references)} lists of references")
    streams = as_streams(references)
    bleu, chrf = BLEU(), CHRF()
    found = bleu.corpus_score(hypotheses, streams).score, chrf.corpus_score(hypotheses, streams).score
    return Scores(*found, len(hypotheses), (str(bleu.get_signature()), str(chrf.get_signature())))


def as_streams(references: Sequence[Sequence[str]]) -> list[list[str | None]]:
    """As sacrebleu wants them: the first references of all, the second ones …; None where there is none."""
    most = max(len(right) for right in references)
    return [[right[place] if place < len(right) else None for right in references] for place in range(most)]


def by_length(sources: Sequence[str], hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> list[dict]:
    """Scores of the sources of so many words: {"from", "to" (None: no end), "sentences", "bleu", "chrf"}; empty classes are left out."""
    found = []
    for least, most in LENGTHS:
        rows = [row for row, source in enumerate(sources) if least <= len(source.split()) <= (most or len(source))]
        if rows:
            one = score([hypotheses[row] for row in rows], [references[row] for row in rows])
            found.append({"from": least, "to": most, "sentences": one.sentences, "bleu": one.bleu, "chrf": one.chrf})
    return found
