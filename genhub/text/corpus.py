"""A text to learn to write from: its documents, cut into parts to learn from, to choose by and to be judged on.

A corpus of many documents (the rows of a table) is divided document by document, drawn by the seed; one of few, such as a book,
is cut within each document, in its order, so that the last stretch is what nobody has seen.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genhub.errors import UserError

MANY = 50  # documents from which on whole ones are held out
LEAST_CHARACTERS = 1_000
SEARCHED = 200  # characters around a cut in which a line break is looked for


@dataclass(frozen=True)
class Corpus:
    """Documents by part; none is empty, and no part is."""

    train: list[str]
    validation: list[str]
    test: list[str]

    def characters(self) -> dict[str, int]:
        """How many characters each part has."""
        return {name: sum(map(len, getattr(self, name))) for name in ("train", "validation", "test")}


def read(path: Path) -> list[str]:
    """The documents of a run: {"text": …} a line. Raises UserError where there are none."""
    try:
        with open(path, encoding="utf-8") as file:
            documents = [json.loads(line)["text"] for line in file if line.strip()]
    except FileNotFoundError:
        documents = []
    if not any(text.strip() for text in documents):
        raise UserError("This run has no text to learn from.", "Training needs one.", "Start it again from a text.", "data")
    return [text for text in documents if text.strip()]


def divide(documents: Sequence[str], validation_share: float, test_share: float, seed: int) -> Corpus:
    """The parts, by shares of the characters. Raises UserError for a text that is too short to be divided."""
    total = sum(map(len, documents))
    if total < LEAST_CHARACTERS:
        what = f"The text has {total:,} characters."
        limit = f"At least {LEAST_CHARACTERS:,}, to have some to learn from, some to choose by and some to be judged on."
        raise UserError(what, limit, "Add more text.", "data")
    cut = _by_document if len(documents) >= MANY else _within_documents
    corpus = cut(list(documents), validation_share, test_share, seed)
    if not (corpus.train and corpus.validation and corpus.test):
        what = f"{len(documents):,} documents of {total:,} characters leave a part empty."
        raise UserError(what, "Each of the three parts needs text.", "Add more text, or hold out a larger share.", "test_share")
    return corpus


def _by_document(documents: list[str], validation_share: float, test_share: float, seed: int) -> Corpus:
    order = np.random.default_rng(seed).permutation(len(documents))
    ends = np.cumsum([len(documents[index]) for index in order])
    held = {"test": test_share * ends[-1], "validation": (test_share + validation_share) * ends[-1]}
    parts: dict[str, list[int]] = {"train": [], "validation": [], "test": []}
    for index, end in zip(order, ends, strict=True):
        parts[next((name for name, limit in held.items() if end <= limit), "train")].append(int(index))
    return Corpus(**{name: [documents[index] for index in sorted(indices)] for name, indices in parts.items()})


def _within_documents(documents: list[str], validation_share: float, test_share: float, seed: int) -> Corpus:
    parts: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    for text in documents:
        first = line_break(text, round((1 - validation_share - test_share) * len(text)))
        second = line_break(text, round((1 - test_share) * len(text)))
        for name, piece in zip(parts, (text[:first], text[first:second], text[second:]), strict=True):
            if piece.strip():
                parts[name].append(piece)
    return Corpus(**parts)


def line_break(text: str, place: int) -> int:
    """The place after the line break nearest to `place`, or after the nearest blank; `place` itself where there is neither."""
    low, high = max(0, place - SEARCHED), min(len(text), place + SEARCHED)
    for sign in ("\n", " "):
        found = [at + 1 for at in range(low, high) if text[at] == sign]
        if found:
            return min(found, key=lambda at: abs(at - place))
    return place


def ids(documents: Sequence[str], encode: Callable[[str], list[int]], end: int | None = None) -> np.ndarray:
    """The tokens of all documents in a row (N,), with `end` after each where the model has such a token."""
    pieces = [np.array([*encode(text), *([] if end is None else [end])], dtype=np.int64) for text in documents]
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int64)
