"""Why a classifier chose a class: what each word-piece added to its logit, and what happens when words are taken away.

Integrated gradients (Sundararajan et al. 2017, "Axiomatic Attribution for Deep Networks"), by Captum, over the layer of
word embeddings: from a baseline in which every piece is [PAD] while [CLS] and [SEP] stay, to the text, the gradient of
the class's logit is summed up along the straight line between them. The scores of all pieces then add up to the logit
of the text less that of the baseline, but for an error of the numerical integral, the convergence delta; steps are
doubled until it is small, and it is reported.

Leaving one word out at a time is the cheaper, cruder explanation beside it: how far the logit falls without the word.
Both are in float32; gradients are taken for the embeddings only, so a frozen model is all that is needed.
"""

import re
from dataclasses import dataclass

import torch
from captum.attr import LayerIntegratedGradients

from genhub.errors import UserError
from genhub.text.classifier import LoadedClassifier

STEPS = (16, 32, 64, 128)
CLOSE = 0.02  # convergence delta as a share of the change of the logit
NEGLIGIBLE = 0.005  # convergence delta as a logit
TOKENS_IN_ALL = 24_000  # a long text gets fewer steps: tokens times steps, at most
TOKENS_AT_ONCE = 1_024
WORDS_LEFT_OUT = 64  # the most important ones, when a text has more
COMPOUND = re.compile(r"\b\w+(?:['’\-]\w+)+")


@dataclass(frozen=True)
class Piece:
    """Characters `start` to `end` of the text, and what they added to the class's logit (negative: spoke against it)."""

    text: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Attribution:
    """`tokens` are word-pieces, `words` the same scores summed by word.

    logit, baseline_logit: of `label`, for the text and for the baseline; delta: the scores' sum less the difference of the
    two; relative_delta: |delta| as a share of that difference; read: characters of the text that the encoder saw.
    """

    label: str
    probability: float
    tokens: list[Piece]
    words: list[Piece]
    logit: float
    baseline_logit: float
    delta: float
    relative_delta: float
    steps: int
    read: int


def attribute(loaded: LoadedClassifier, text: str, label: str | None = None) -> Attribution:
    """Integrated gradients of `label`'s logit (the most probable label when None). Raises UserError for an unknown label."""
    encoding = _tokenize(loaded, text)
    ids = torch.tensor([encoding["input_ids"]], device=loaded.classifier.device)
    special = torch.tensor([encoding["special_tokens_mask"]], device=ids.device).bool()
    baseline = torch.where(special, ids, loaded.classifier.base.tokenizer.pad_token_id)
    logits = _logits(loaded, ids)
    chosen = _index(loaded, label) if label is not None else int(logits.argmax())
    logit, baseline_logit = float(logits[chosen]), float(_logits(loaded, ids, baseline)[chosen])
    change = logit - baseline_logit
    scores, delta, steps = _integrate(loaded, ids, baseline, chosen, change)
    tokens = [
        Piece(text[start:end], start, end, score)
        for (start, end), score, hidden in zip(_spans(text, encoding), scores, encoding["special_tokens_mask"], strict=True)
        if not hidden and end > start
    ]
    return Attribution(
        label=loaded.labels[chosen],
        probability=float(logits.softmax(-1)[chosen]),
        tokens=tokens,
        words=merge(text, tokens, _word_numbers(encoding)),
        logit=logit,
        baseline_logit=baseline_logit,
        delta=delta,
        relative_delta=abs(delta) / max(abs(change), 1e-9),
        steps=steps,
        read=max((token.end for token in tokens), default=0),
    )


def leave_one_out(loaded: LoadedClassifier, text: str, label: str, words: list[Piece]) -> list[Piece]:
    """The fall of `label`'s logit when each word is deleted, in the words' order; of many words those with the largest scores."""
    chosen = _index(loaded, label)
    ranked = sorted(range(len(words)), key=lambda number: -abs(words[number].score))
    kept = [words[number] for number in sorted(ranked[:WORDS_LEFT_OUT])]
    texts = [text, *(without(text, [(word.start, word.end)]) for word in kept)]
    ids = loaded.classifier.base.tokenize(texts, loaded.max_length)
    logits = _batched_logits(loaded, ids)[:, chosen]
    return [Piece(word.text, word.start, word.end, float(logits[0] - logits[number])) for number, word in enumerate(kept, start=1)]


def without(text: str, ranges: list[tuple[int, int]]) -> str:
    """The text without the characters in `ranges` (start, end); of two blanks that thereby meet one goes too.

    Raises UserError for a range that is not in the text.
    """
    kept, position = "", 0
    for start, end in sorted(_range(text, given) for given in ranges):
        kept = _join(kept, text[position : max(start, position)])
        position = max(end, position)
    return _join(kept, text[position:])


def merge(text: str, tokens: list[Piece], numbers: dict[tuple[int, int], int]) -> list[Piece]:
    """Word-pieces → words, scores summed. `numbers` gives the tokenizer's word of each span.

    What the tokenizer cuts at apostrophes and hyphens ("don't", "well-made") is put together again.
    """
    compounds = {place: found.start() for found in COMPOUND.finditer(text) for place in range(*found.span())}
    words: list[Piece] = []
    before = None
    for token in tokens:
        key = compounds.get(token.start), None if token.start in compounds else numbers.get((token.start, token.end))
        if words and key == before and key != (None, None) and words[-1].end >= token.start:
            last = words[-1]
            words[-1] = Piece(text[last.start : token.end], last.start, max(last.end, token.end), last.score + token.score)
        else:
            words.append(token)
        before = key
    return words


def _tokenize(loaded: LoadedClassifier, text: str):
    tokenizer = loaded.classifier.base.tokenizer
    length = min(loaded.max_length, loaded.classifier.base.max_length)
    encoding = tokenizer(text, truncation=True, max_length=length, return_offsets_mapping=True, return_special_tokens_mask=True)
    if all(encoding["special_tokens_mask"]):
        raise UserError("This text has no word that the model can read.", "An explanation needs at least one.", "Write a text.", "text")
    return encoding


def _spans(text: str, encoding) -> list[tuple[int, int]]:
    """Character spans of the pieces, without the blank that byte-level tokenizers count to the word after it."""
    spans = []
    for start, end in encoding["offset_mapping"]:
        while start < end and text[start].isspace():
            start += 1
        spans.append((start, end))
    return spans


def _word_numbers(encoding) -> dict[tuple[int, int], int]:
    return {tuple(span): number for span, number in zip(encoding["offset_mapping"], encoding.word_ids(), strict=True)}


def _integrate(loaded: LoadedClassifier, ids: torch.Tensor, baseline: torch.Tensor, chosen: int, change: float) -> tuple:
    """(scores of the T pieces, convergence delta, steps)."""
    model, length = loaded.classifier, ids.shape[1]
    gradients = LayerIntegratedGradients(lambda ids: model({"input_ids": ids, "attention_mask": torch.ones_like(ids)}), _embeddings(model))
    for steps in STEPS:
        parts = gradients.attribute(
            ids, baselines=baseline, target=chosen, n_steps=steps, internal_batch_size=max(1, min(steps, TOKENS_AT_ONCE // length))
        )
        scores = parts.detach().double().sum(-1)[0]
        delta = float(scores.sum()) - change
        if abs(delta) <= max(CLOSE * abs(change), NEGLIGIBLE) or 2 * steps * length > TOKENS_IN_ALL:
            break
    return scores.tolist(), delta, steps


def _embeddings(model) -> torch.nn.Module:
    """The look-up table of word-pieces: before positions and norms, so that [PAD] differs from a word in nothing else."""
    return model.encoder.get_input_embeddings()


@torch.inference_mode()
def _logits(loaded: LoadedClassifier, ids: torch.Tensor, embedded: torch.Tensor | None = None) -> torch.Tensor:
    """(1, T) ids → logits (C) on the CPU. `embedded`: ids whose embeddings take the place of those of `ids`; positions,
    which RoBERTa's relatives count by looking for [PAD], stay those of `ids`, as on the path that is integrated along."""
    layer = _embeddings(loaded.classifier)
    output = None if embedded is None else layer(embedded)
    hook = layer.register_forward_hook(lambda module, inputs, usual: usual if output is None else output)
    try:
        return loaded.classifier({"input_ids": ids, "attention_mask": torch.ones_like(ids)})[0].float().cpu()
    finally:
        hook.remove()


@torch.inference_mode()
def _batched_logits(loaded: LoadedClassifier, ids: list[list[int]]) -> torch.Tensor:
    """Rows of different lengths → logits (N, C) on the CPU, so many at a time as fit the usual batch of tokens."""
    at_once = max(1, 4 * TOKENS_AT_ONCE // max(len(row) for row in ids))
    batches = [ids[start : start + at_once] for start in range(0, len(ids), at_once)]
    return torch.cat([loaded.classifier(loaded.classifier.collate(batch)).float().cpu() for batch in batches])


def _index(loaded: LoadedClassifier, label: str) -> int:
    if label not in loaded.labels:
        shown = ", ".join(loaded.labels[:20])
        raise UserError(f"This run has no label “{str(label)[:60]}”.", f"Labels: {shown}.", "Choose one of them.", "label")
    return loaded.labels.index(label)


def _range(text: str, given) -> tuple[int, int]:
    whole = isinstance(given, list | tuple) and len(given) == 2 and all(type(place) is int for place in given)
    if not whole or not 0 <= given[0] < given[1] <= len(text):
        raise UserError(
            f"{str(given)[:60]} is not a part of this text.",
            f"Parts are [start, end] within 0 to {len(text)}.",
            "Choose words of it.",
            "drop",
        )
    return given[0], given[1]


def _join(left: str, right: str) -> str:
    meets = (not left or left[-1].isspace()) and right[:1].isspace()
    return left + (right[1:] if meets else right)
