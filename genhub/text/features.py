"""The frozen encoder: sentence vectors computed once, and a linear head fitted on them in seconds.

The vectors are kept under `<cache>/features` by what they depend on (weights, pooling, length, arithmetic, texts), so a
second run with another seed or another split starts at once. The head is multinomial logistic regression; how strongly it
is regularised is chosen on the validation rows.
"""

import hashlib
import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from genhub import settings
from genhub.events import Event, Metric
from genhub.text.classifier import Classifier, length_batches
from genhub.text.encoder import Encoder
from genhub.training import precision
from genhub.training.checkpoint import Damaged, read, write
from genhub.training.plan import Pace

CHOICES_OF_C = (0.001, 0.01, 0.1, 1.0, 10.0)
CHUNK = 128  # rows between two looks at Stop
BATCH = 32
ITERATIONS, ROUNDS = 25, 12  # of L-BFGS between two looks at Stop, and how often


@dataclass(frozen=True)
class Features:
    """Sentence vectors (N, H) float32 on the CPU, and of which of the N rows they are known: all, unless Stop was pressed."""

    vectors: torch.Tensor
    known: np.ndarray


@dataclass(frozen=True)
class Labelled:
    """Vectors (N, H) float64 and their label numbers (N,) int64."""

    vectors: np.ndarray
    targets: np.ndarray


@dataclass(frozen=True)
class HeadTask:
    """What a head is fitted for: the part's name in the log, how many classes, whether each counts the same, Stop."""

    part: str
    classes: int
    balanced: bool
    stop: Callable[[], bool]


@dataclass(frozen=True)
class Head:
    """A fitted linear head: `weight` (C, H) and `bias` (C,), its `c`, and what was measured on the validation rows."""

    weight: torch.Tensor
    bias: torch.Tensor
    c: float
    figures: dict[str, float]


def cache_key(base: Encoder, texts: Sequence[str], max_length: int, arithmetic: str) -> str:
    """Everything that the vectors depend on, as 40 hexadecimal digits; "" (nothing is kept) when the weights have no known
    sha256, and where visitors share a home: a run that is fast would tell that somebody else has the same table."""
    if not base.sha256 or settings.get().public:
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


def fit_head(train: Labelled, validation: Labelled, task: HeadTask) -> Iterator[Event]:
    """Logistic regression with the C of the lowest validation loss, fitted once more on both parts.

    A generator of one Metric per C (its step is the place of C in CHOICES_OF_C) whose return value is Head. After Stop the
    best C so far is taken. Where the targets hold fewer than two classes every class gets the same probability.
    """
    stop = task.stop
    fits, start = [], None
    for step, c in enumerate(CHOICES_OF_C, 1):
        if fits and stop():
            break
        start = head = _logistic(train, c, task, start)
        figures = {f"val_{name}": value for name, value in _measure(head, validation if len(validation.targets) else train).items()}
        fits.append((figures["val_loss"], step, c, figures, head))
        yield Metric(step, {"C": c, "loss": _measure(head, train)["loss"], **figures}, task.part)
    _, _, c, figures, (weight, bias) = min(fits, key=lambda fit: fit[:2])
    if not stop():
        both = Labelled(np.concatenate([train.vectors, validation.vectors]), np.concatenate([train.targets, validation.targets]))
        weight, bias = _logistic(both, c, task, (weight, bias))
    return Head(torch.from_numpy(weight).float(), torch.from_numpy(bias).float(), c, figures)


def _logistic(rows: Labelled, c: float, task: HeadTask, start=None) -> tuple[np.ndarray, np.ndarray]:
    """Weights (classes, H) and biases (classes,) whose softmax is the fitted model. Goes on from the weights and biases
    `start`, a few iterations at a time, so that Stop is heard."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    present = np.unique(rows.targets)
    weight, bias = np.zeros((task.classes, rows.vectors.shape[1])), np.zeros(task.classes)
    if len(present) < 2:
        return weight, bias
    model = LogisticRegression(C=c, max_iter=ITERATIONS, tol=1e-3, warm_start=True, class_weight="balanced" if task.balanced else None)
    if start is not None:
        model.classes_ = present
        pair = len(present) == 2
        model.coef_ = start[0][present[1:]] * 2 if pair else start[0][present].copy()
        model.intercept_ = start[1][present[1:]] * 2 if pair else start[1][present].copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping after a few iterations is meant
        for _ in range(ROUNDS):
            model.fit(rows.vectors, rows.targets)
            if model.n_iter_.max() < ITERATIONS or task.stop():
                break
    if len(present) == 2:  # scikit-learn keeps the log-odds of the second class alone: shared out between both
        weight[present] = np.concatenate([-model.coef_, model.coef_]) / 2
        bias[present] = np.concatenate([-model.intercept_, model.intercept_]) / 2
    else:
        weight[present], bias[present] = model.coef_, model.intercept_
    bias[np.setdiff1d(np.arange(task.classes), present)] = bias.min() - 20.0  # a class without rows is never the answer
    return weight, bias


def _measure(head: tuple[np.ndarray, np.ndarray], rows: Labelled) -> dict[str, float]:
    logits, truth = torch.from_numpy(rows.vectors @ head[0].T + head[1]), torch.from_numpy(rows.targets)
    loss = torch.nn.functional.cross_entropy(logits, truth)
    return {"loss": float(loss), "accuracy": float((logits.argmax(-1) == truth).double().mean())}
