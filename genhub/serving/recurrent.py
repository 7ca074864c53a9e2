"""The recurrent translator of the course, asked through the model worker: what attention changed, on the visitor's own sentence.

translate.recurrent {text, hidden} → {source_words, plain, attention}; see `recurrent`
"""

import functools
from pathlib import Path
from typing import Any

import torch

from genhub import hub
from genhub.errors import UserError
from genhub.serving import arguments
from genhub.text.translation import rnn
from genhub.text.translation.attending import by_words, words
from genhub.text.translation.rnn import ATTENTION, PLAIN, RNNTranslator
from genhub.text.translation.telling import spelled

NAME, PIECES = "en-es-rnn", "en-es"  # of the models, and whose tokeniser is theirs
LONGEST = 96  # tokens of a sentence
BEAMS = 4
DIGITS = 5


def folder() -> Path | None:
    """Where both models lie; None where they do not, or the Transformer whose pieces they read does not."""
    found = hub.ZOO / NAME
    return found if (found / rnn.CONFIG).exists() and (hub.ZOO / PIECES / rnn.CONFIG).exists() else None


def recurrent(context: Any, args: dict) -> dict:
    """Of one sentence, {source_words, plain: {text}, attention: {text, words, weights (target × source, in words)}}; hidden: places of
    source words that attention does not see."""
    text = arguments.text(args, "text")
    tokenizer, models = _opened(folder())
    ids = tokenizer(text)["input_ids"]
    if not 1 < len(ids) <= LONGEST:
        raise UserError(f"The sentence has {len(ids)} tokens.", f"From 2 to {LONGEST}.", "Choose a shorter one.", "text")
    pieces = tokenizer.convert_ids_to_tokens(ids)
    groups = words(pieces)
    places = [place for word in _hidden(args, len(groups)) for place in groups[word]]
    plain = rnn.search(models[PLAIN], torch.tensor([ids]), BEAMS)
    best = rnn.search(models[ATTENTION], torch.tensor([ids]), BEAMS, hidden=places)
    target = tokenizer.convert_ids_to_tokens(best.ids)
    weights = by_words(torch.tensor(best.weights[: len(target)]), words(target), groups) if target else torch.zeros(0, len(groups))
    return {
        "source_words": spelled(pieces, groups),
        "plain": {"text": tokenizer.decode(plain.ids, skip_special_tokens=True)},
        "attention": {
            "text": tokenizer.decode(best.ids, skip_special_tokens=True),
            "words": spelled(target, words(target)),
            "weights": [[round(one, DIGITS) for one in row] for row in weights.tolist()],
        },
    }


@functools.lru_cache(maxsize=1)
def _opened(path: Path | None) -> tuple[Any, dict[str, RNNTranslator]]:
    """Tokeniser and both models: four million numbers, read once."""
    from transformers import AutoTokenizer

    if path is None:
        raise UserError("The recurrent translator is not here.", "It comes with GenHub.", "Install GenHub again.", "model")
    tokenizer = AutoTokenizer.from_pretrained(path.with_name(PIECES), local_files_only=True)
    return tokenizer, {part: rnn.load(path, part) for part in (PLAIN, ATTENTION)}


def _hidden(args: dict, size: int) -> list[int]:
    hidden = args.get("hidden") or []
    if not isinstance(hidden, list) or not all(type(place) is int and 0 <= place < size for place in hidden) or len(set(hidden)) >= size:
        raise UserError("These words cannot be hidden.", "Words of the source, not all of them.", "Press its words.", "hidden")
    return hidden


OPS = {"translate.recurrent": recurrent}
