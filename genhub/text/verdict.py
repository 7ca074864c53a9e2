"""How good a classifier is, measured on rows that it has not seen, and said in plain words.

`judge` turns the probabilities of unseen rows into what metrics.json and predictions.jsonl hold: accuracy with its
interval, figures per class, confusion, calibration, the price of abstaining, suspected label errors, and the baselines
beside them even when they win. `compare` puts several runs on the same split into one table. Everything here is numpy on
(N, C) probabilities: N unseen rows, C labels; no model, no random state but the seeded bootstrap.

What it does not do: decide which rows are unseen. The caller hands in out-of-sample probabilities only, from a hold-out
test part or from cross-validation in which each row was predicted by a model that had not been trained on it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from genhub.errors import UserError
from genhub.text import sentences
from genhub.text.compared import Compared, at_least_two, begun
from genhub.text.figures import (
    Coverage,
    Difference,
    calibration,
    confusion_matrix,
    coverage,
    coverage_curve,
    label_issues,
    macro_f1,
    paired_difference,
    per_class,
    wilson,
)


@dataclass(frozen=True)
class Evidence:
    """What is known of N unseen rows, all in the same order.

    rows:     the cleaned rows; "row", "text" and "label" are read
    labels:   the C label names, in the order of the columns of `scores`
    scores:   (N, C) out-of-sample probabilities; each row sums to 1
    tfidf:    N labels predicted by TF-IDF + logistic regression on the same split (`baselines.tfidf`)
    majority: N labels: the most frequent one of the rows that row's model was trained on (`baselines.majority`)
    folds:    N fold numbers from 0; None for a hold-out split
    taught:   rows that TF-IDF learnt from, and how many there were to learn from; None: all of them
    """

    rows: Sequence[Mapping]
    labels: Sequence[str]
    scores: np.ndarray
    tfidf: Sequence[str]
    majority: Sequence[str]
    folds: Sequence[int] | None = None
    taught: tuple[int, int] | None = None

    def __post_init__(self):
        scores = np.asarray(self.scores, dtype=np.float64)
        object.__setattr__(self, "scores", scores)
        size = len(self.rows)
        if size == 0 or scores.shape != (size, len(self.labels)):
            raise ValueError(f"{size} rows and {len(self.labels)} labels do not fit scores of shape {scores.shape}")
        if any(len(part) != size for part in (self.tfidf, self.majority, self.rows if self.folds is None else self.folds)):
            raise ValueError("every part of the evidence needs one entry a row")
        if not np.isfinite(scores).all() or np.abs(scores.sum(axis=1) - 1).max() > 0.02:
            raise ValueError("scores are probabilities: finite, each row summing to 1")


@dataclass(frozen=True)
class Verdict:
    """`metrics` is what metrics.json holds; `predictions` is one dictionary a line of predictions.jsonl."""

    metrics: dict
    predictions: list[dict]


@dataclass(frozen=True, kw_only=True)
class ComparedRun(Compared):
    """One line of a comparison; `difference` is this run − the first one, None for the first one itself."""

    accuracy: float
    accuracy_low: float
    accuracy_high: float
    macro_f1: float
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
    "validation", "test", "seed", "folds" (as planned), "groups_kept_together"} and {"method", …}. `seed` is the bootstrap's.
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


def coverage_at(source: Mapping | Sequence[Mapping], threshold: float) -> Coverage:
    """Coverage and accuracy at one threshold, exactly from predictions, or from metrics at the nearest of its 101 points."""
    if isinstance(source, Mapping):
        point = min(source["coverage"], key=lambda entry: abs(entry["threshold"] - threshold))
        return Coverage(**point, answered=round(point["coverage"] * source["test_rows"]), rows=source["test_rows"])
    confidence = np.array([max(entry["scores"]) for entry in source])
    return coverage(confidence, right_rows(source), threshold)


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
    """The rows whose given label the model contradicts with confidence, the least probable label first."""
    column = {label: index for index, label in enumerate(labels)}
    found = [entry for entry in predictions if entry["suspect"]]
    return sorted(found, key=lambda entry: (entry["scores"][column[entry["label"]]], entry["row"]))[:limit]


def compare(runs: Sequence[tuple[str, Mapping, Sequence[Mapping]]], seed: int = 0) -> Comparison:
    """Several runs (name, metrics, predictions) on the same split in one table; the first is the reference.

    Raises UserError for fewer than two runs, or when a run was judged on other rows, folds or training rows than the first.
    """
    at_least_two(runs)
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


def read_predictions(run_dir: Path) -> list[dict]:
    """The unseen rows of a run (predictions.jsonl); empty where the folder holds none, as in a run opened from a zip."""
    path = run_dir / "predictions.jsonl"
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _line(name: str, metrics: Mapping, right: np.ndarray, first: np.ndarray, to_first: tuple[Difference | None, str]) -> ComparedRun:
    difference, reference_name = to_first
    return ComparedRun(
        **begun(name, metrics["training"]),
        **{key: metrics[key] for key in ("accuracy", "accuracy_low", "accuracy_high", "macro_f1")},
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
    for run_name, run_rows in ((first_name, first_rows), (name, rows)):
        if not run_rows:
            raise UserError(f"“{run_name}” came without its unseen rows.", "They stay where it was trained.", "Leave it out.", "runs")

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
    majority_low, majority_high = wilson(int((majority == truth).sum()), len(truth))
    return {
        "majority": {
            "accuracy": float((majority == truth).mean()),
            "accuracy_low": majority_low,
            "accuracy_high": majority_high,
            "macro_f1": macro_f1(confusion_matrix(truth, majority, len(labels))),
            "label": labels[int(np.bincount(majority).argmax())],
        },
        "tfidf": {
            "accuracy": float((tfidf == truth).mean()),
            "accuracy_low": low,
            "accuracy_high": high,
            "macro_f1": macro_f1(confusion_matrix(truth, tfidf, len(labels))),
            "difference": asdict(paired_difference(right, tfidf == truth, seed)),
            **(dict(zip(("learnt_rows", "rows_to_learn"), evidence.taught, strict=True)) if evidence.taught else {}),
        },
    }


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
