"""Endpoints for scripts: a translation model translates and shows what it looked at."""

from collections.abc import Callable, Iterator
from dataclasses import asdict

from genhub.lab import Lab


def endpoints(lab: Lab) -> list[Callable]:
    def translation_models() -> list[dict]:
        """The translation models that are offered here: id, languages, parameters, licence, note."""
        return [asdict(entry) for entry in lab.translators()]

    def translate(visitor: str, text: str, options: dict) -> dict:
        """A text of any length in another language: translation, and for each sentence its words with probabilities, the best hypotheses
        with scores, and signs that it may be wrong. Options are the fields of TranslateConfig."""
        return lab.translate(visitor, text, options)

    def translate_stream(visitor: str, text: str, options: dict) -> Iterator[dict]:
        """As translate, sentence by sentence: {"sentence": ...} as they come, {"result": ...} last. {"restarted": true} voids what came
        before."""
        yield from lab.translating(visitor, text, options)

    def translation_attention(visitor: str, pair: dict, options: dict, layer: int = -1, head: int = -1) -> dict:
        """What each target word looked at (target times source words, each row adds up to 1). pair: {"source": source_ids of a sentence,
        "target": ids of a hypothesis, "hidden": places of the source that the decoder does not see, or none}; -1: the mean of all."""
        return lab.attend(visitor, pair, options, place=(layer, head))

    def translation_beam_tree(visitor: str, source: list[int], options: dict, tokens: int, hidden: list[int]) -> dict:
        """The tree of the beam search for one sentence, as deep as `tokens` (0: as deep as it goes); with hidden places, of a decoder
        that does not see them."""
        return lab.translation_tree(visitor, source, options, tokens=tokens, hidden=hidden)

    return [
        translation_models,
        translate,
        translate_stream,
        translation_attention,
        translation_beam_tree,
    ]
