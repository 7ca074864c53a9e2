"""The frozen encoder: sentence vectors computed once, and a linear head fitted on them in seconds.

The vectors are kept under `<cache>/features` by what they depend on (weights, pooling, length, arithmetic, texts), so a
second run with another seed or another split starts at once. The head is multinomial logistic regression; how strongly it
is regularised is chosen on the validation rows.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from genhub.events import Event, Metric
from genhub.text.classifier import Classifier, length_batches
from genhub.text.encoder import Encoder
from genhub.training import precision
from genhub.training.checkpoint import Damaged, read, write
from genhub.training.plan import Pace

CHOICES_OF_C = (0.001, 0.01, 0.1, 1.0, 10.0)
CHUNK = 128  # rows between two looks at Stop
BATCH = 32


@dataclass(frozen=True)
class Features:
    """Sentence vectors (N, H) float32 on the CPU, and of which of the N rows they are known: all, unless Stop was pressed."""

    vectors: torch.Tensor
    known: np.ndarray


@dataclass(frozen=True)
class Head:
    """A fitted linear head: `weight` (C, H) and `bias` (C,), its `c`, and what was measured on the validation rows."""

    weight: torch.Tensor
    bias: torch.Tensor
    c: float
    figures: dict[str, float]


def cache_key(base: Encoder, texts: Sequence[str], max_length: int, arithmetic: str) -> str:
    """Everything that the vectors depend on, as 40 hexadecimal digits; "" when the weights have no known sha256."""
    if not base.sha256:
        return ""
    parts = [base.sha256, base.pooling, base.normalize, base.scale, max_length, arithmetic]
    digest = hashlib.sha256(json.dumps([*parts, list(texts)]).encode())
    return digest.hexdigest()[:40]


def load(folder: Path, key: str) -> Features | None:
    """Vectors that an earlier run stored, or None."""
    try:
        vectors = read(folder / key).tensors["vectors"] if key else None
    except Damaged:
        return None
    return None if vectors is None else Features(vectors, np.ones(len(vectors), dtype=bool))


def store(folder: Path, key: str, features: Features) -> None:
    """Keep the vectors for the next run, when they are complete and have a key."""
    if key and features.known.all():
        write(folder / key, {"vectors": features.vectors}, {"rows": len(features.vectors)})


def compute(model: Classifier, ids: Sequence[Sequence[int]], arithmetic: str, stop: Callable[[], bool], pace: Pace) -> Iterator[Event]:
    """Sentence vectors of tokenised texts; a generator whose return value is Features. Rows are taken in random order, so
    that a stopped run has a fair sample of them."""
    order = torch.randperm(len(ids), generator=torch.Generator().manual_seed(0)).tolist()
    vectors, known = torch.zeros(len(ids), model.base.hidden), np.zeros(len(ids), dtype=bool)
    model.eval()
    for start in range(0, len(order), CHUNK):
        if stop():
            break
        chunk = order[start : start + CHUNK]
        with torch.inference_mode(), precision.autocast(arithmetic, model.device):
            for batch in length_batches([len(ids[row]) for row in chunk], BATCH):
                rows = [chunk[index] for index in batch]
                vectors[rows] = model.vectors(model.collate([ids[row] for row in rows])).cpu()
        known[chunk] = True
        pace.done += len(chunk)
        yield pace.progress("sentence vectors")
    return Features(vectors, known)


def fit_head(
    vectors: np.ndarray, targets: np.ndarray, validation: tuple[np.ndarray, np.ndarray], classes: int, balanced: bool
) -> Iterator[Event]:
    """Logistic regression on (N, H) vectors, with the C of the lowest validation loss, fitted once more on both parts.

    A generator of one Metric per C (its step is the place of C) whose return value is Head. Without at least two classes
    among the targets the head is all zeros: it gives every class the same probability.
    """
    held, held_targets = validation
    fits = []
    for step, c in enumerate(CHOICES_OF_C, 1):
        head = _logistic(vectors, targets, c, classes, balanced)
        figures = _measure(head, held, held_targets) if len(held) else {"val_loss": 0.0, "val_accuracy": 0.0}
        fits.append((figures["val_loss"], step, c, figures))
        yield Metric(step, {"C": c, "loss": _measure(head, vectors, targets)["val_loss"], **figures})
    _, _, c, figures = min(fits)
    weight, bias = _logistic(np.concatenate([vectors, held]), np.concatenate([targets, held_targets]), c, classes, balanced)
    return Head(torch.from_numpy(weight).float(), torch.from_numpy(bias).float(), c, figures)


def _logistic(vectors: np.ndarray, targets: np.ndarray, c: float, classes: int, balanced: bool) -> tuple[np.ndarray, np.ndarray]:
    """Weights (C, H) and biases (C,) whose softmax is the fitted model."""
    from sklearn.linear_model import LogisticRegression

    weight, bias = np.zeros((classes, vectors.shape[1])), np.full(classes, -30.0)
    present = np.unique(targets)
    if len(present) < 2:
        return weight, np.zeros(classes)
    model = LogisticRegression(C=c, max_iter=300, tol=1e-3, class_weight="balanced" if balanced else None).fit(vectors, targets)
    if len(present) == 2:  # one row of weights: the log-odds, shared out between both classes
        weight[present] = np.concatenate([-model.coef_, model.coef_]) / 2
        bias[present] = np.concatenate([-model.intercept_, model.intercept_]) / 2
    else:
        weight[present], bias[present] = model.coef_, model.intercept_
    return weight, bias


def _measure(head: tuple[np.ndarray, np.ndarray], vectors: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    logits = torch.from_numpy(vectors @ head[0].T + head[1])
    truth = torch.from_numpy(targets)
    loss = torch.nn.functional.cross_entropy(logits, truth)
    return {"val_loss": float(loss), "val_accuracy": float((logits.argmax(-1) == truth).double().mean())}
