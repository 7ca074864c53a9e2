"""What the stages of Translate share: the text as it was translated, and what of it is picked.

A state is {values, run, told, sentence, hypothesis, word, hidden}: values of a TranslateConfig; run: the one that
translated, in place of a model; told: as `serving.translating.write` answers;
the numbers of the sentence, of its hypothesis, of the target word that was pressed (None: none) and of the source words that are hidden.
"""

import functools
import json

from genhub.lab import EXAMPLES
from genhub.ui import tokens

FILE = EXAMPLES / "translating.json"
UNPICKED = {"hypothesis": 0, "word": None, "hidden": []}


@functools.cache
def example() -> dict:
    """{text, values, told, word, attention, recurrent}, made by `make examples`; empty before."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def first() -> dict | None:
    """The stored text as the state of one that was just translated; None before it was made."""
    stored = example()
    return {**begun(stored["values"], stored["told"]), "word": stored["word"]} if stored else None


def begun(values: dict, told: dict, run: str = "") -> dict:
    """The state of a text that was just translated: its first sentence is in view. What is asked about it later is asked between the same
    languages, although one of them may have been found in the text."""
    pair = dict(zip(("source_language", "target_language"), told.get("languages") or (), strict=False))
    return {"values": {**values, **pair}, "run": run, "told": told, "sentence": 0, **UNPICKED}


def sentence(state: dict) -> dict:
    """The sentence in view."""
    return state["told"]["sentences"][state["sentence"]]


def pair(state: dict) -> dict:
    """Source and target of the hypothesis in view, in tokens."""
    one = sentence(state)
    return {"source": one["source_ids"], "target": one["hypotheses"][state["hypothesis"]]["ids"]}


def picked_word(pick: str, state: dict) -> tuple[int, int] | None:
    """(sentence, word) of "word:3:5"; None for what is not there."""
    verb, _, place = pick.partition(":")
    first, _, second = place.partition(":")
    at = tokens.picked(f"{verb}:{first}", "word", len(state["told"]["sentences"]))
    word = None if at is None else tokens.picked(f"{verb}:{second}", "word", len(state["told"]["sentences"][at]["words"]))
    return None if word is None else (at, word)
