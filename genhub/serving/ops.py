"""What the model worker can be asked: a table of operations, each from JSON to JSON.

    classify.predict   {run_dir, texts}         → {labels, predicted, scores}; events {done, total} for many texts
    classify.explain   {run_dir, text, label?}  → see `explain`
    classify.without   {run_dir, text, drop}    → {text, labels, predicted, scores}: the text without [[start, end], …]
    classify.baselines {run_dir, texts}         → {majority, tfidf}: what the baselines say to the same texts; see `baselines`
    augment.*          see `genhub.serving.augmenting`
    generate.*         see `genhub.serving.generating`
    images.*           see `genhub.serving.imaging`, `exploring`, `beside`, `enlarging`, `guessing`, `turns` and `telling`
    inside.*           see `genhub.serving.insides`
    translate.*        see `genhub.serving.translating`
    stats              {}                       → what is in memory, and how many requests there were

Values arrive checked by `genhub.gate`; here only what would harm the worker is checked again. Importing this module imports
torch, transformers and peft: it is for the worker alone.
"""

import os
import time
from collections.abc import Generator, Hashable
from dataclasses import asdict, dataclass, field

import numpy as np
import peft  # noqa: F401 — imported before the first request, which would wait for it otherwise

from genhub import settings
from genhub.errors import UserError
from genhub.serving import (
    augmenting,
    base_lines,
    beside,
    enlarging,
    exploring,
    generating,
    guessing,
    imaging,
    insides,
    recurrent,
    telling,
    translating,
    turns,
)
from genhub.serving.store import Models
from genhub.serving.worker import Op
from genhub.text import explain as explaining
from genhub.text.classifier import BULK, LoadedClassifier, length_batches, probabilities, quick_probabilities
from genhub.text.decoding.batch import Batch, Row
from genhub.text.decoding.memory import Decoder

TEXTS_TOGETHER = 4  # a request with more is worth a batch of its own
ROWS = 64  # texts a step
TOKENISED = 1_024  # texts a step
DIGITS = 7


@dataclass
class Context:
    """What operations share. `counts` is the scheduler's; `batches`: the rows that are decoded together, by model."""

    models: Models
    counts: dict[str, int]
    started: float = field(default_factory=time.monotonic)
    batches: dict[Hashable, Batch] = field(default_factory=dict)

    def batch(self, key: Hashable, decoder: Decoder) -> Batch:
        """The batch of a model that rows join now. A model whose memory cannot be joined gives each row one of its own."""
        empty = [other for other, batch in self.batches.items() if not batch.rows]
        for other in empty:
            del self.batches[other]
        batch = self.batches.setdefault(key, Batch(decoder))
        return batch if not batch.rows or batch.memory.joinable else Batch(decoder)

    def rows(self, key: Hashable) -> list[Row]:
        return self.batches[key].rows if key in self.batches else []


def context(memory_bytes: int, counts: dict[str, int], device: str = "") -> Context:
    return Context(Models(memory_bytes, device), counts)


def predict(context: Context, args: dict) -> Generator[dict | None, None, dict]:
    texts = _texts(args)
    loaded = context.models.classifier(args.get("run_dir"))
    base, ids = loaded.classifier.base, []
    for start in range(0, len(texts), TOKENISED):
        ids += base.tokenize(texts[start : start + TOKENISED], loaded.max_length)
        if len(texts) > ROWS:
            yield None
    scores, done = np.zeros((len(texts), len(loaded.labels)), dtype=np.float32), 0
    answer = probabilities if len(texts) <= BULK else quick_probabilities
    for rows in length_batches([len(row) for row in ids], ROWS):
        scores[rows] = answer(loaded.classifier, [ids[row] for row in rows])
        done += len(rows)
        if done < len(texts):
            yield {"done": done, "total": len(texts)}
    return _answer(loaded, scores)


def predict_together(context: Context, requests: list[dict]) -> list[dict]:
    """Several small requests for one run in one batch."""
    parts = [_texts(args) for args in requests]
    loaded = context.models.classifier(requests[0].get("run_dir"))
    texts = [text for part in parts for text in part]
    scores = probabilities(loaded.classifier, loaded.classifier.base.tokenize(texts, loaded.max_length), ROWS)
    ends = np.cumsum([len(part) for part in parts])
    return [_answer(loaded, rows) for rows in np.split(scores, ends[:-1])]


def predict_key(args: dict) -> str | None:
    texts = args.get("texts")
    small = isinstance(texts, list) and len(texts) <= TEXTS_TOGETHER
    return args.get("run_dir") if small and isinstance(args.get("run_dir"), str) else None


def explain(context: Context, args: dict) -> Generator[None, None, dict]:
    """{label, score, tokens, words, left_out, logit, baseline_logit, delta, relative_delta, steps, read}

    `tokens`, `words` and `left_out` are lists of {text, start, end, score}; `left_out` has the fall of the logit without
    each word; `score` beside the label is its probability.
    """
    text = _text(args)
    loaded = context.models.classifier(args.get("run_dir"))
    found = explaining.attribute(loaded, text, args.get("label"))
    yield None
    left_out = explaining.leave_one_out(loaded, text, found.label, found.words)
    answer = {name: value for name, value in asdict(found).items() if name != "probability"}
    return {**answer, "score": found.probability, "left_out": [asdict(piece) for piece in left_out]}


def without(context: Context, args: dict) -> dict:
    drop = args.get("drop")
    if not isinstance(drop, list):
        raise UserError("What to leave out is not a list.", "It is a list of [start, end].", "Choose words of the text.", "drop")
    text = explaining.without(_text(args), drop)
    if not text.strip():
        raise UserError("Nothing is left of the text.", "A prediction needs at least one word.", "Put a word back.", "drop")
    loaded = context.models.classifier(args.get("run_dir"))
    answer = _answer(loaded, loaded.predict([text]).scores)
    return {"text": text, "labels": answer["labels"], "predicted": answer["predicted"][0], "scores": answer["scores"][0]}


def baselines(context: Context, args: dict) -> Generator[None, None, dict]:
    """{"majority": {label}, "tfidf": {labels, predicted, scores, rows}}

    TF-IDF learns from the rows that the run learnt from (`rows` of them, a sample of very many), once, and is kept like a
    model. Either is null where it is not known: examples and reopened runs carry no rows, unless every row was judged.
    """
    texts = _texts(args)
    folder = context.models.folder(args.get("run_dir"))
    fitted = yield from base_lines.tfidf(context.models.store, folder)
    answer = {"majority": base_lines.majority(folder), "tfidf": None}
    if fitted is not None:
        answer["tfidf"] = {**_labelled(fitted.model.labels, fitted.model.scores(texts)), "rows": fitted.rows}
    return answer


def stats(context: Context, args: dict) -> dict:
    """Weights and process memory in bytes, uptime in seconds."""
    store = context.models.store
    return {
        "pid": os.getpid(),
        "uptime": time.monotonic() - context.started,
        "models": store.contents(),
        "weight_bytes": store.bytes(),
        "budget_bytes": store.budget,
        "resident_bytes": resident_bytes(),
        "loads": store.loads,
        "evictions": store.evictions,
        **context.counts,
    }


def resident_bytes() -> int | None:
    """Of this process; None where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


def _answer(loaded: LoadedClassifier, scores: np.ndarray) -> dict:
    return _labelled(loaded.labels, scores)


def _labelled(labels: list[str], scores: np.ndarray) -> dict:
    """(N, C) probabilities → the labels, the most probable one of each text, and the scores as lists."""
    predicted = [labels[index] for index in scores.argmax(-1)]
    return {"labels": labels, "predicted": predicted, "scores": np.round(scores.astype(np.float64), DIGITS).tolist()}


def _texts(args: dict) -> list[str]:
    texts, limit = args.get("texts"), settings.get().limits.texts_per_request
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise UserError("There is no list of texts.", "A prediction needs at least one text.", "Write one.", "texts")
    if len(texts) > limit:
        raise UserError(f"These are {len(texts):,} texts.", f"The limit is {limit:,} a request.", "Send them in parts.", "texts")
    return texts


def _text(args: dict) -> str:
    text, limit = args.get("text"), settings.get().limits.text_chars
    if not isinstance(text, str) or not text.strip():
        raise UserError("There is no text.", "An explanation needs one.", "Write a text.", "text")
    if len(text) > limit:
        raise UserError(f"The text has {len(text):,} characters.", f"The limit is {limit:,}.", "Shorten it.", "text")
    return text


OPS = {
    "classify.predict": Op(predict, predict_key, predict_together),
    "classify.explain": Op(explain),
    "classify.without": Op(without),
    "classify.baselines": Op(baselines),
    **{
        name: Op(run)
        for name, run in (
            augmenting.OPS
            | generating.OPS
            | imaging.OPS
            | exploring.OPS
            | beside.OPS
            | enlarging.OPS
            | guessing.OPS
            | turns.OPS
            | telling.OPS
            | insides.OPS
            | translating.OPS
            | recurrent.OPS
        ).items()
    },
    "stats": Op(stats),
}
