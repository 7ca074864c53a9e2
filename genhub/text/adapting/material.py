"""What an adaptation starts from: the model and the text as its tokens, in three parts.

A token carries how many characters and bytes it adds to the text, so that a loss can be said per character, which does not depend
on the tokeniser: models with different vocabularies can be compared.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from genhub.errors import UserError
from genhub.text import corpus
from genhub.text.causal import Causal, open_causal
from genhub.text.corpus import Corpus
from genhub.text.layouts import LANGUAGE, layout
from genhub.text.lm import Windows
from genhub.text.sampling import Sampler
from genhub.training.configs import AdaptConfig, GenerateConfig

MOST_STRANGE = 0.02  # share of the characters that may be left out because the model does not know them
NAMED = 10
LEAST_HELD_OUT = 16  # tokens of the validation and of the test part
TOGETHER = 1_000  # documents that are tokenised in one go
PROMPT_CHARACTERS = 60


@dataclass(frozen=True)
class Tokens:
    """A text as a model reads it: the tokens (N,), and how many characters and bytes each adds to the text, (N,) each."""

    ids: np.ndarray
    characters: np.ndarray
    bytes: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Material:
    """`train` and `validation` (N,) tokens; `test` with the lengths of its tokens. `window`: tokens read together. `strange`: characters that
    were left out, and how often each came."""

    config: AdaptConfig
    base: Causal
    corpus: Corpus
    train: np.ndarray
    validation: np.ndarray
    test: Tokens
    window: int
    strange: Counter

    def windows(self) -> tuple[Windows, Windows]:
        """Those to learn from, which wander, and those to choose by."""
        held = min(self.window, len(self.validation) - 1)
        return Windows(self.train, self.window, wander=True), Windows(self.validation, held)

    def notes(self) -> list[str]:
        """What was decided about the text, in plain words."""
        sizes = self.corpus.characters()
        notes = [
            f"{sizes['train']:,} characters ({len(self.train):,} tokens) to learn from, {sizes['validation']:,} to choose the best epoch, "
            f"{sizes['test']:,} for the verdict."
        ]
        if self.window < self.config.window:
            notes.append(f"The model holds {self.window} tokens: windows are no longer than that.")
        if self.strange:
            count = self.strange.total()
            left = "1 character was" if count == 1 else f"{count:,} characters were"
            notes.append(f"{left} left out, because the model has no token for them: {named(self.strange)}.")
        return notes

    def prompt(self) -> str:
        """What samples go on from: the user's, or how the held-out text begins."""
        return self.config.sample_prompt or beginning(self.corpus.test[0])


def gather(config: AdaptConfig, documents: Sequence[str]) -> Material:
    """Open the model, divide the text and tokenise it. Raises UserError for a model that has no place for an adapter, and for a text
    that cannot be learnt from."""
    base = open_causal(config.model)
    layout(base.kind, LANGUAGE)
    return prepare(config, base, documents)


def prepare(config: AdaptConfig, base: Causal, documents: Sequence[str]) -> Material:
    """`gather` with a model that is open."""
    documents, strange = readable(base, documents)
    parts = corpus.divide(documents, config.validation_share, config.test_share, config.seed)
    train, validation, test = (tokenised(base, part) for part in (parts.train, parts.validation, parts.test))
    window = min(config.window, base.positions or config.window)
    if len(train) <= window:
        what = f"There are {len(train):,} tokens to learn from."
        limit = f"A window of {window} tokens, and the one after it, must fit."
        raise UserError(what, limit, "Add more text, or choose a smaller window.", "window")
    for part, share in ((validation, "validation_share"), (test, "test_share")):
        if len(part) < LEAST_HELD_OUT:
            what = f"The {share.partition('_')[0]} part has {len(part)} tokens."
            raise UserError(what, f"At least {LEAST_HELD_OUT}.", "Add more text, or hold out a larger share.", share)
    return Material(config, base, parts, train.ids, validation.ids, test, window, strange)


def sampler(material: Material, model: Causal) -> Sampler:
    """What writes samples with `model`: always the same draw after the same prompt, so that what differs between two is the model."""
    text, config = material.prompt(), material.config
    drawn = GenerateConfig(max_new_tokens=config.sample_tokens, seed=config.seed)
    return Sampler(model.model, model.decoder, model.tokenizer, model.prompt(text), text, drawn, model.ends)


def split_info(material: Material) -> dict:
    """The "split" section of metrics.json; sizes in characters."""
    documents = sum(len(getattr(material.corpus, part)) for part in ("train", "validation", "test"))
    whole = documents >= corpus.MANY
    return {
        "kind": "hold-out",
        "by": "document" if whole else "stretch",
        **material.corpus.characters(),
        "documents": documents if whole else len(material.corpus.test),
        "left_out_characters": material.strange.total(),
        "seed": material.config.seed,
    }


def readable(base: Causal, documents: Sequence[str]) -> tuple[list[str], Counter]:
    """The documents without the characters that a character model has no token for, and these with their counts. Raises UserError
    where they are too many to be left out."""
    if not base.spells:
        return list(documents), Counter()
    known = base.tokenizer.get_vocab()
    counts = Counter()
    for text in documents:
        counts.update(text)
    strange = Counter({character: count for character, count in counts.items() if character not in known})
    if strange.total() > MOST_STRANGE * counts.total():
        what = f"{strange.total():,} of {counts.total():,} characters are unknown to {base.id or 'this model'}: {named(strange)}."
        limit = f"It has one token a character, for {len(known)} of them; up to {MOST_STRANGE:.0%} of others are left out."
        raise UserError(what, limit, "Choose a model with a larger vocabulary, or another text.", "model")
    gone = dict.fromkeys(map(ord, strange))
    return [text.translate(gone) for text in documents] if gone else list(documents), strange


def tokenised(base: Causal, documents: Sequence[str]) -> Tokens:
    """All documents in a row, the model's ending token after each. A character model that has none gets a line break there."""
    end = ending(base)
    pieces = list(_by_character(base, documents) if base.spells else _by_tokenizer(base, documents))
    if end is not None:
        close = Tokens(np.array([end]), np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))
        pieces = [piece for document in pieces for piece in (document, close)]
    return joined(pieces)


def joined(pieces: Sequence[Tokens]) -> Tokens:
    if not pieces:
        return Tokens(*(np.zeros(0, dtype=np.int64) for _ in range(3)))
    return Tokens(*(np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("ids", "characters", "bytes")))


def ending(base: Causal) -> int | None:
    """The token that ends a text; None for a model that has none."""
    own = base.tokenizer.eos_token_id
    return own if own in base.ends else min(base.ends, default=None)


def beginning(text: str) -> str:
    """The first words of a text: its first line that says something, cut after a word."""
    line = next((line for line in text.splitlines() if line.strip()), text).strip()
    if len(line) <= PROMPT_CHARACTERS:
        return line
    return line[:PROMPT_CHARACTERS].rpartition(" ")[0] or line[:PROMPT_CHARACTERS]


def named(counts: Counter) -> str:
    """Characters and how often they come, the most frequent first."""
    shown = ", ".join(f"{_shown(character)} ({count:,})" for character, count in counts.most_common(NAMED))
    return shown + (" and others" if len(counts) > NAMED else "")


def _shown(character: str) -> str:
    return f"“{character}”" if character.isprintable() else f"U+{ord(character):04X}"


def _by_character(base: Causal, documents: Sequence[str]) -> Iterator[Tokens]:
    """The tokeniser would do the same, some hundred times slower."""
    number = base.tokenizer.get_vocab()
    for text in documents:
        closed = text if text.endswith("\n") or "\n" not in number else text + "\n"
        ids = np.fromiter((number[character] for character in closed), dtype=np.int64, count=len(closed))
        yield Tokens(ids, np.ones(len(ids), dtype=np.int64), _bytes(closed))


def _by_tokenizer(base: Causal, documents: Sequence[str]) -> Iterator[Tokens]:
    fast = base.tokenizer.backend_tokenizer
    for start in range(0, len(documents), TOGETHER):
        texts = list(documents[start : start + TOGETHER])
        for text, encoding in zip(texts, fast.encode_batch(texts, add_special_tokens=False), strict=True):
            ends = np.array([end for _, end in encoding.offsets], dtype=np.int64)
            yield Tokens(np.array(encoding.ids, dtype=np.int64), *_lengths(text, ends))


def _lengths(text: str, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many characters and bytes each token adds, given where in the text it ends. Of a character that several tokens spell, the
    first has all of it; what the tokeniser swallowed belongs to the token after it, and to the last at the end."""
    if not len(ends):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    ends = np.maximum.accumulate(ends)
    ends[-1] = len(text)
    before = np.concatenate([[0], np.cumsum(_bytes(text))])
    return np.diff(ends, prepend=0), np.diff(before[ends], prepend=0)


def _bytes(text: str) -> np.ndarray:
    """Bytes of each character in UTF-8."""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    return 1 + (codes > 0x7F) + (codes > 0x7FF) + (codes > 0xFFFF).astype(np.int64)
