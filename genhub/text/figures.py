"""The figures of a verdict, each a small function of numpy arrays with the paper it comes from.

N rows, C classes; `truth` and `predicted` are (N,) class numbers, `scores` (N, C) probabilities, `confidence` (N,) their
maximum, `right` (N,) whether the most probable class is the true one.
"""

import math
from dataclasses import dataclass

import numpy as np

Z95 = 1.959963984540054  # two-sided 95 % of the normal distribution
BINS = 10
DRAWS = 2_000
SUSPECT_RATIO = 20  # measured in tests/text/test_figures.py: half of the rows named are planted errors, and two thirds of those are found


@dataclass(frozen=True)
class Difference:
    """Mean paired difference of two accuracies, with its 95 % interval."""

    mean: float
    low: float
    high: float


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
    points = [coverage(confidence, right, step / 100) for step in range(101)]
    return [{"threshold": point.threshold, "coverage": point.coverage, "accuracy": point.accuracy} for point in points]


def coverage(confidence: np.ndarray, right: np.ndarray, threshold: float) -> Coverage:
    """What answering only from `threshold` on gives."""
    answered = confidence >= threshold
    count = int(answered.sum())
    accuracy = float(right[answered].mean()) if count else None
    return Coverage(threshold, count / len(confidence), accuracy, count, len(confidence))


def label_issues(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(N,) True where the given label is suspect: confident learning, pruned by noise rate (Northcutt, Jiang & Chuang 2021).

    The confident joint says how many rows labelled i belong to j; of class i that many are taken, by the largest margin
    of j over i. A model that errs often fills the joint with its own mistakes, so a row is only named where j is the most
    probable class and at least SUSPECT_RATIO times as probable as i. `scores` must be out-of-sample.
    """
    best, given = scores.argmax(axis=1), scores[np.arange(len(truth)), truth]
    clear = scores.max(axis=1) >= SUSPECT_RATIO * given
    joint = np.rint(confident_joint(truth, scores)).astype(np.int64)
    np.fill_diagonal(joint, 0)
    suspect = np.zeros(len(truth), dtype=bool)
    for label, other in np.argwhere(joint):
        rows = np.flatnonzero(truth == label)
        margins = scores[rows, other] - given[rows]
        taken = rows[np.argsort(-margins, kind="stable")[: joint[label, other]]]
        suspect[taken] |= clear[taken] & (best[taken] == other)
    return suspect


def confident_joint(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(C, C) estimated numbers of rows by given label (down) and by the one they belong to (across).

    The threshold of a class is the mean probability it gets on rows that carry its label. A row counts for the most
    probable of the classes that reach theirs, if any; each line is then scaled to the rows that carry its label.
    """
    classes = scores.shape[1]
    support = np.bincount(truth, minlength=classes)
    own = np.bincount(truth, weights=scores[np.arange(len(truth)), truth], minlength=classes)
    thresholds = np.divide(own, support, out=np.full(classes, np.inf), where=support > 0)
    confident = np.where(scores >= thresholds, scores, -1.0)
    sure = confident.max(axis=1) >= 0
    counts = confusion_matrix(truth[sure], confident.argmax(axis=1)[sure], classes)
    lines = counts.sum(axis=1, keepdims=True)
    return np.divide(counts * support[:, None], lines, out=np.zeros((classes, classes)), where=lines > 0)
