"""Endpoints for scripts: texts that a language model learns to write from."""

from collections.abc import Callable
from dataclasses import asdict

from genhub.lab import Lab


def endpoints(lab: Lab) -> list[Callable]:
    def read_corpus(visitor: str, text: str, name: str = "", cut: bool = False) -> dict:
        """Read a text to learn from. Returns its id, characters, words, what was found in it. `cut` keeps the first part of one that is
        beyond the limit."""
        return asdict(lab.take_text(visitor, text, name, cut=cut is True))

    def read_bundled_corpus(visitor: str, sample: str) -> dict:
        """Read a text that ships with GenHub (harbour)."""
        return asdict(lab.take_text_sample(visitor, sample))

    def read_hub_corpus(visitor: str, dataset: str, config: str = "", split: str = "train", column: str = "") -> dict:
        """Read a column of a data set on the Hub, a document a row, up to the limit."""
        return asdict(lab.take_text_hub(visitor, dataset, config, split, column))

    return [read_corpus, read_bundled_corpus, read_hub_corpus]
