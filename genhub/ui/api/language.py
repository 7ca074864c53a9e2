"""Endpoints for scripts: a language model writes, says why, and judges texts."""

from collections.abc import Callable, Iterator
from dataclasses import asdict

from genhub.lab import Lab


def endpoints(lab: Lab) -> list[Callable]:
    def language_models() -> list[dict]:
        """The language models that are offered here: id, parameters, licence, note."""
        return [asdict(entry) for entry in lab.language_models()]

    def write(visitor: str, prompt: str, options: dict, run: str = "", exact: bool = True) -> dict:
        """A continuation of the prompt: text, tokens with log-probability, entropy and rank, perplexity, distinct-n, repetition. Options
        are the fields of GenerateConfig; with a run, what it learnt writes. An exact request gives the same text for the same seed
        always; others are decoded together with those of other visitors."""
        return lab.write(visitor, prompt, options, run, exact=exact)

    def write_stream(visitor: str, prompt: str, options: dict, run: str = "", exact: bool = False) -> Iterator[dict]:
        """As write, piece by piece: {"tokens": [...]} as they come, {"result": ...} last. {"restarted": true} voids what came before."""
        yield from lab.writing(visitor, prompt, options, run, exact=exact)

    def branch(visitor: str, prompt: str, options: dict, tokens: list[int], run: str = "") -> dict:
        """As write, with the first tokens of the continuation given: what would have come after another candidate."""
        return lab.write(visitor, prompt, options, run, forced=tokens)

    def why_token(visitor: str, ids: list[int], place: int, options: dict, run: str = "", exact: bool = True) -> dict:
        """How the token at `place` of `ids` (prompt_ids and tokens of an answer) was chosen: logit and probability of the best candidates
        as the model gives them, after penalties, after the temperature and after the cut. `exact`: as the text was written."""
        return lab.inspect(visitor, ids, place, options, run, exact=exact)

    def beam_tree(visitor: str, prompt: str, options: dict, run: str = "") -> dict:
        """The tree of a beam search: every continuation that was looked at with its score, and the hypotheses, the best first."""
        return lab.beams(visitor, prompt, options, run)

    def score_text(visitor: str, text: str, options: dict, run: str = "") -> dict:
        """A text in bits under a model (`options` names it) or a run: each token's log-probability, bits a character, perplexity."""
        return lab.score(visitor, text, options, run)

    return [language_models, write, write_stream, branch, why_token, beam_tree, score_text]
