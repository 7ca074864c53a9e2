"""How good a classifier is, measured on rows that it has not seen, and said in plain words.

`judge` turns the probabilities of unseen rows into what metrics.json and predictions.jsonl hold: accuracy with its
interval, figures per class, confusion, calibration, the price of abstaining, suspected label errors, and the base lines
beside them even when they win. `compare` puts several runs on the same split into one table. Everything here is numpy on
(N, C) probabilities: N unseen rows, C labels; no model, no random state but the seeded bootstrap.

What it does not do: decide which rows are unseen. The caller hands in out-of-sample probabilities only, from a hold-out
test part or from cross-validation in which each row was predicted by a model that had not been trained on it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from genhub.errors import UserError
from genhub.text import sentences

Z95 = 1.959963984540054  # two-sided 95 % of the normal distribution
BINS = 10
DRAWS = 2_000


@dataclass(frozen=True)
class Evidence:
    """What is known of N unseen rows, all in the same order.

    rows:     the cleaned rows; "row", "text" and "label" are read
    labels:   the C label names, in the order of the columns of `scores`
    scores:   (N, C) out-of-sample probabilities; each row sums to 1
    tfidf:    N labels predicted by TF-IDF + logistic regression on the same split (`baselines.tfidf`)
    majority: N labels: the most frequent one of the rows that row's model was trained on (`baselines.majority`)
    folds:    N fold numbers from 0; None for a hold-out split
    """

    rows: Sequence[Mapping]
    labels: Sequence[str]
    scores: np.ndarray
    tfidf: Sequence[str]
    majority: Sequence[str]
    folds: Sequence[int] | None = None

    def __post_init__(self):
        scores = np.asarray(self.scores, dtype=np.float64)
        object.__setattr__(self, "scores", scores)
        size = len(self.rows)
        if size == 0 or scores.shape != (size, len(self.labels)):
            raise ValueError(f"{size} rows and {len(self.labels)} labels do not fit scores of shape {scores.shape}")
        if any(len(part) != size for part in (self.tfidf, self.majority, self.folds or self.rows)):
            raise ValueError("every part of the evidence needs one entry a row")
        if not np.isfinite(scores).all() or np.abs(scores.sum(axis=1) - 1).max() > 0.02:
            raise ValueError("scores are probabilities: finite, each row summing to 1")


@dataclass(frozen=True)
class Verdict:
    """`metrics` is what metrics.json holds; `predictions` is one dictionary a line of predictions.jsonl."""

    metrics: dict
    predictions: list[dict]


@dataclass(frozen=True)
class Difference:
    """Mean paired difference of two accuracies, with its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """True when the interval leaves out 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Coverage:
    """Answering only where the highest probability reaches `threshold`: which share of `rows`, and how accurate it is.

    `accuracy` is None when no row is answered.
    """

    threshold: float
    coverage: float
    accuracy: float | None
    answered: int
    rows: int


@dataclass(frozen=True)
class ComparedRun:
    """One line of a comparison; `difference` is this run − the first one, None for the first one itself."""

    name: str
    method: str
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    macro_f1: float
    trainable_percent: float | None
    seconds: float | None
    peak_memory_mb: float | None
    file_bytes: int | None
    difference: Difference | None
    only_this_right: int
    only_first_right: int
    sentence: str


@dataclass(frozen=True)
class Comparison:
    test_rows: int
    runs: tuple[ComparedRun, ...]

    def to_dict(self) -> dict:
        return asdict(self)


def judge(evidence: Evidence, split: Mapping, training: Mapping, *, stopped: bool = False, seed: int = 0) -> Verdict:
    """All figures of a classifier on its unseen rows.

    `split` and `training` go into the metrics as they are: {"kind": "hold-out" | "given" | "cross-validation", "train",
    "validation", "test", "seed", "groups_kept_together"} and {"method", "seconds", …}. `seed` is the bootstrap's.
    Raises ValueError when a row's label is not among the labels, or the parts of the evidence do not fit.
    """
    labels = list(evidence.labels)
    truth = _numbers([row["label"] for row in evidence.rows], labels)
    predicted = evidence.scores.argmax(axis=1)
    confidence = evidence.scores.max(axis=1)
    right = predicted == truth
    confusion = confusion_matrix(truth, predicted, len(labels))
    suspect = label_issues(truth, evidence.scores)
    low, high = wilson(int(right.sum()), len(right))
    metrics = {
        "accuracy": float(right.mean()),
        "accuracy_low": low,
        "accuracy_high": high,
        "macro_f1": macro_f1(confusion),
        "test_rows": len(right),
        "folds": 0 if evidence.folds is None else len(set(evidence.folds)),
        "labels": labels,
        "per_class": [{"label": label, **figures} for label, figures in zip(labels, per_class(confusion), strict=True)],
        "confusion": confusion.tolist(),
        "calibration": calibration(confidence, right),
        "coverage": coverage_curve(confidence, right),
        "baselines": _baselines(evidence, truth, right, seed),
        "training": dict(training),
        "split": dict(split),
        "stopped": bool(stopped),
        "suspects": int(suspect.sum()),
    }
    metrics["sentences"] = sentences.of(metrics)
    return Verdict(metrics, _prediction_rows(evidence, predicted, suspect))


def wilson(correct: int, total: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a share (95 % by default): honest near 0 and 1 and for few rows (Wilson 1927)."""
    if not 0 <= correct <= total or total == 0:
        raise ValueError(f"{correct} of {total} is no share")
    share = correct / total
    centre = share + z * z / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def paired_difference(first: np.ndarray, second: np.ndarray, seed: int = 0, draws: int = DRAWS) -> Difference:
    """Mean of first − second over rows, with a 95 % percentile bootstrap interval (Efron 1979).

    `first` and `second` (N,) say of each row whether that model was right. Rows are resampled in pairs. Drawing N rows with
    replacement only decides how often each distinct difference (−1, 0, 1) comes up, so one multinomial draw replaces
    N indices: the same distribution, without an (N, draws) table.
    """
    gaps = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    if gaps.ndim != 1 or not len(gaps):
        raise ValueError("needs one entry a row and at least one row")
    values, counts = np.unique(gaps, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(len(gaps), counts / len(gaps), size=draws)
    low, high = np.quantile(drawn @ values / len(gaps), (0.025, 0.975))
    return Difference(float(gaps.mean()), float(low), float(high))


def confusion_matrix(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """(C, C) counts: true label down, predicted label across."""
    return np.bincount(truth * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def per_class(confusion: np.ndarray) -> list[dict]:
    """Precision, recall, F1 and support of each class; 0 where a share has nothing under its line."""
    hits, support, called = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    precision = np.divide(hits, called, out=np.zeros(len(hits)), where=called > 0)
    recall = np.divide(hits, support, out=np.zeros(len(hits)), where=support > 0)
    f1 = np.divide(2 * hits, support + called, out=np.zeros(len(hits)), where=support + called > 0)
    return [
        {"precision": float(p), "recall": float(r), "f1": float(f), "support": int(s)}
        for p, r, f, s in zip(precision, recall, f1, support, strict=True)
    ]


def macro_f1(confusion: np.ndarray) -> float:
    """Unweighted mean F1 of the classes that occur among the true or the predicted labels."""
    present = confusion.sum(axis=1) + confusion.sum(axis=0) > 0
    return float(np.mean([figures["f1"] for figures, there in zip(per_class(confusion), present, strict=True) if there]))


def calibration(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> dict:
    """Expected calibration error over equal bins (low, high] of the highest probability (Guo et al. 2017), and the bins."""
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    sums = np.bincount(place, weights=confidence, minlength=bins)
    hits = np.bincount(place, weights=right, minlength=bins)
    listed = [
        {
            "low": index / bins,
            "high": (index + 1) / bins,
            "count": int(counts[index]),
            "confidence": float(sums[index] / counts[index]) if counts[index] else None,
            "accuracy": float(hits[index] / counts[index]) if counts[index] else None,
        }
        for index in range(bins)
    ]
    return {"ece": float(np.abs(sums - hits).sum() / len(confidence)), "bins": listed}


def coverage_curve(confidence: np.ndarray, right: np.ndarray) -> list[dict]:
    """Coverage and accuracy at the thresholds 0.00, 0.01 … 1.00."""
    points = [_coverage(confidence, right, step / 100) for step in range(101)]
    return [{"threshold": point.threshold, "coverage": point.coverage, "accuracy": point.accuracy} for point in points]


def coverage_at(source: Mapping | Sequence[Mapping], threshold: float) -> Coverage:
    """Coverage and accuracy at one threshold, exactly from predictions, or from metrics at the nearest of its 101 points."""
    if isinstance(source, Mapping):
        point = min(source["coverage"], key=lambda entry: abs(entry["threshold"] - threshold))
        return Coverage(**point, answered=round(point["coverage"] * source["test_rows"]), rows=source["test_rows"])
    confidence = np.array([max(entry["scores"]) for entry in source])
    return _coverage(confidence, right_rows(source), threshold)


def label_issues(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(N,) True where the given label is probably wrong, by confident learning (Northcutt, Jiang & Chuang 2021).

    The threshold of a class is the mean probability it gets on rows that carry its label. A row counts as confidently
    another class when that class reaches its threshold, is the most probable of those that do, and is not the given one:
    the off-diagonal of the confident joint. `scores` must be out-of-sample.
    """
    classes = scores.shape[1]
    support = np.bincount(truth, minlength=classes)
    own = np.bincount(truth, weights=scores[np.arange(len(truth)), truth], minlength=classes)
    thresholds = np.divide(own, support, out=np.full(classes, np.inf), where=support > 0)
    confident = np.where(scores >= thresholds, scores, -1.0)
    chosen = confident.argmax(axis=1)
    return (confident.max(axis=1) >= 0) & (chosen != truth) & (scores.argmax(axis=1) != truth)


def right_rows(predictions: Sequence[Mapping]) -> np.ndarray:
    """(N,) True where the predicted label is the row's own."""
    return np.array([entry["predicted"] == entry["label"] for entry in predictions], dtype=bool)


def cell_rows(predictions: Sequence[Mapping], true: str, predicted: str) -> list[Mapping]:
    """The rows of one cell of the confusion matrix, the most confident first."""
    cell = [entry for entry in predictions if entry["label"] == true and entry["predicted"] == predicted]
    return sorted(cell, key=lambda entry: (-max(entry["scores"]), entry["row"]))


def mistakes(predictions: Sequence[Mapping], limit: int = 20) -> list[Mapping]:
    """The wrong predictions, the most confident first."""
    wrong = [entry for entry in predictions if entry["label"] != entry["predicted"]]
    return sorted(wrong, key=lambda entry: (-max(entry["scores"]), entry["row"]))[:limit]


def suspects(predictions: Sequence[Mapping], labels: Sequence[str], limit: int = 50) -> list[Mapping]:
    """The rows whose given label is probably wrong, the least probable label first."""
    column = {label: index for index, label in enumerate(labels)}
    found = [entry for entry in predictions if entry["suspect"]]
    return sorted(found, key=lambda entry: (entry["scores"][column[entry["label"]]], entry["row"]))[:limit]


def compare(runs: Sequence[tuple[str, Mapping, Sequence[Mapping]]], seed: int = 0) -> Comparison:
    """Several runs (name, metrics, predictions) on the same split in one table; the first is the reference.

    Raises UserError for fewer than two runs, or when a run was judged on other rows, folds or training rows than the first.
    """
    if len(runs) < 2:
        raise UserError("There is nothing to compare.", "A comparison needs at least two finished runs.", "Choose another run.", "runs")
    reference_name, _, reference = runs[0]
    for other in runs[1:]:
        _require_same_split(runs[0], other)
    order = [entry["row"] for entry in reference]
    first = right_rows(reference)
    lines = []
    for index, (name, metrics, predictions) in enumerate(runs):
        by_row = {entry["row"]: entry for entry in predictions}
        right = right_rows([by_row[row] for row in order])
        difference = paired_difference(right, first, seed) if index else None
        lines.append(_line(name, metrics, right, first, (difference, reference_name)))
    return Comparison(len(order), tuple(lines))


def _line(name: str, metrics: Mapping, right: np.ndarray, first: np.ndarray, to_first: tuple[Difference | None, str]) -> ComparedRun:
    training = metrics["training"]
    difference, reference_name = to_first
    costs = {key: training.get(key) for key in ("trainable_percent", "seconds", "peak_memory_mb", "file_bytes")}
    return ComparedRun(
        name=name,
        method=training.get("method", ""),
        **{key: metrics[key] for key in ("accuracy", "accuracy_low", "accuracy_high", "macro_f1")},
        **costs,
        difference=difference,
        only_this_right=int((right & ~first).sum()),
        only_first_right=int((first & ~right).sum()),
        sentence=sentences.difference(asdict(difference), f"“{reference_name}”")
        if difference
        else "The others are compared with this one.",
    )


def _require_same_split(first: tuple, other: tuple) -> None:
    (first_name, first_metrics, first_rows), (name, metrics, rows) = first, other
    limit, remedy = "Runs are compared on the same split.", "Train both on the same table with the same seed and split options."

    def keys(entries: Sequence[Mapping], *names: str) -> set:
        return {tuple(entry[key] for key in names) for entry in entries}

    if keys(rows, "row", "text", "label") != keys(first_rows, "row", "text", "label"):
        raise UserError(f"“{name}” was judged on other rows than “{first_name}”.", limit, remedy, "runs")
    if metrics["folds"] != first_metrics["folds"] or keys(rows, "row", "fold") != keys(first_rows, "row", "fold"):
        raise UserError(f"“{name}” was cross-validated on other folds than “{first_name}”.", limit, remedy, "runs")
    seen, first_seen = (part["split"].get("train", 0) + part["split"].get("validation", 0) for part in (metrics, first_metrics))
    if seen != first_seen:
        what = f"“{name}” learned from {seen:,} rows, “{first_name}” from {first_seen:,}."
        raise UserError(what, limit, remedy, "runs")


def _baselines(evidence: Evidence, truth: np.ndarray, right: np.ndarray, seed: int) -> dict:
    labels = list(evidence.labels)
    majority, tfidf = _numbers(evidence.majority, labels), _numbers(evidence.tfidf, labels)
    low, high = wilson(int((tfidf == truth).sum()), len(truth))
    return {
        "majority": {
            "accuracy": float((majority == truth).mean()),
            "macro_f1": macro_f1(confusion_matrix(truth, majority, len(labels))),
            "label": labels[int(np.bincount(majority).argmax())],
        },
        "tfidf": {
            "accuracy": float((tfidf == truth).mean()),
            "accuracy_low": low,
            "accuracy_high": high,
            "macro_f1": macro_f1(confusion_matrix(truth, tfidf, len(labels))),
            "difference": asdict(paired_difference(right, tfidf == truth, seed)),
        },
    }


def _coverage(confidence: np.ndarray, right: np.ndarray, threshold: float) -> Coverage:
    answered = confidence >= threshold
    count = int(answered.sum())
    accuracy = float(right[answered].mean()) if count else None
    return Coverage(threshold, count / len(confidence), accuracy, count, len(confidence))


def _numbers(names: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """Label names as their places in `labels`. Raises ValueError for a name that is not among them."""
    place = {label: index for index, label in enumerate(labels)}
    try:
        return np.array([place[name] for name in names], dtype=np.int64)
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} is not among the labels") from None


def _prediction_rows(evidence: Evidence, predicted: np.ndarray, suspect: np.ndarray) -> list[dict]:
    return [
        {
            "row": row["row"],
            "text": row["text"],
            "label": row["label"],
            "predicted": evidence.labels[predicted[index]],
            "scores": [round(float(score), 6) for score in evidence.scores[index]],
            "fold": int(evidence.folds[index]) if evidence.folds is not None else 0,
            "tfidf": evidence.tfidf[index],
            "suspect": bool(suspect[index]),
        }
        for index, row in enumerate(evidence.rows)
    ]
