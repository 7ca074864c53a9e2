"""An encoder that reads the words of a sentence in another order, with its position embeddings and without them.

Attention and feed-forward layers treat tokens as a set: without positions, each token's state depends on itself and on what else is
there, in whatever order, so that shuffling changes nothing but the order in which numbers are added up.
"""

import random
from dataclasses import dataclass

import torch

from genhub.errors import UserError
from genhub.text.encoder import Encoder
from genhub.text.inside.embeddings import without_positions
from genhub.text.inside.tokens import Sentence


@dataclass(frozen=True)
class Compared:
    """sentence: cosine of the two sentence vectors; tokens: of each token's last state with its own in the other order, as in the
    original; difference: the largest between any two of those numbers."""

    sentence: float
    tokens: list[float]
    difference: float


@dataclass(frozen=True)
class Shuffled:
    """order: place in the original of each token of the shuffled sentence."""

    text: str
    order: list[int]
    with_positions: Compared
    without: Compared


@torch.inference_mode()
def shuffle(encoder: Encoder, text: str, sentence: Sentence, seed: int) -> Shuffled:
    """Words in an order drawn with `seed`, never the original one. Raises UserError for a text of one word, and for an encoder that
    knows positions in another way than by a table."""
    words = _words(sentence)
    spelled = [text[sentence.spans[word[0]][0] : sentence.spans[word[-1]][1]] for word in words]
    moved = _moved(spelled, seed)
    first, last = words[0][0], words[-1][-1]
    order = [*range(first), *(place for word in moved for place in words[word]), *range(last + 1, len(sentence.ids))]
    with_positions = _compare(encoder, sentence, order)
    with without_positions(encoder.model):
        without = _compare(encoder, sentence, order)
    return Shuffled(" ".join(spelled[word] for word in moved), order, with_positions, without)


def _words(sentence: Sentence) -> list[list[int]]:
    """The places of each word's pieces; words are what blanks separate."""
    words: list[list[int]] = []
    end = -1
    for place, (piece, (start, stop)) in enumerate(zip(sentence.pieces, sentence.spans, strict=True)):
        if piece.special:
            continue
        if words and start == end:
            words[-1].append(place)
        else:
            words.append([place])
        end = stop
    return words


def _moved(words: list[str], seed: int) -> list[int]:
    """The places of the words in an order that reads otherwise."""
    if len(set(words)) < 2:
        raise UserError("There are no two different words to shuffle.", "At least two.", "Write a sentence.", "text")
    draw, moved = random.Random(seed), list(range(len(words)))  # noqa: S311 - an order of words, not a secret
    while [words[place] for place in moved] == words:
        draw.shuffle(moved)
    return moved


def _compare(encoder: Encoder, sentence: Sentence, order: list[int]) -> Compared:
    """Both orders through the encoder as it is now. Segments stay: there is one sentence."""
    inputs = sentence.inputs()
    mask = torch.ones_like(inputs["input_ids"])
    original = encoder.model(**inputs, attention_mask=mask).last_hidden_state.float()
    moved = encoder.model(**{**inputs, "input_ids": inputs["input_ids"][:, order]}, attention_mask=mask).last_hidden_state.float()
    back = torch.empty_like(moved)
    back[:, order] = moved
    vectors = encoder.pool(torch.cat([original, moved]), mask.expand(2, -1))
    tokens = torch.nn.functional.cosine_similarity(original[0], back[0], dim=-1)
    sentence_cosine = torch.nn.functional.cosine_similarity(vectors[0], vectors[1], dim=0)
    return Compared(float(sentence_cosine), tokens.tolist(), float((original - back).abs().max()))
