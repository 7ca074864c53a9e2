"""Endpoints for scripts: pairs of sentences that translation models are judged on and learn."""

from collections.abc import Callable
from dataclasses import asdict

from genhub.lab import Lab


def endpoints(lab: Lab) -> list[Callable]:
    def read_pairs(visitor: str, text: str, languages: list[str], source_column: str = "", target_column: str = "") -> dict:
        """Read pairs of sentences: a pair a line with a tab between, or a table. Returns their id, how many there are, what was found in
        them. languages: codes of both sides, or none."""
        return asdict(lab.take_pairs(visitor, text, languages=languages, columns=(source_column, target_column)))

    def read_hub_pairs(visitor: str, dataset: str, languages: list[str], source_column: str = "", target_column: str = "") -> dict:
        """Read pairs of a data set on the Hub, owner/name:configuration:split (the last two may be left out); of one beyond the limits a
        part is drawn."""
        return asdict(lab.take_pairs_hub(visitor, dataset, languages=languages, columns=(source_column, target_column)))

    def judge_translation(visitor: str, pairs: str, models: list[str], options: dict) -> dict:
        """BLEU and chrF of some models on pairs that were read, with 95 % bootstrap intervals, paired differences to the first one, by
        length, and the worst sentences."""
        return lab.judge(visitor, pairs, models, options)

    return [read_pairs, read_hub_pairs, judge_translation]
