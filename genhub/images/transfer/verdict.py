"""How good each way is on images that nothing was learnt from, all on the same ones, and beside what needs no network.

The figures are those of text classifiers (genhub.text.figures): accuracy with Wilson's interval, macro-F1, figures a class, confusion, calibration,
suspected label errors; paired differences between the ways.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch

from genhub.images.pixels import Images, tensor
from genhub.images.transfer.material import Material
from genhub.images.transfer.networks import Network
from genhub.text.figures import calibration, confusion_matrix, label_issues, macro_f1, paired_difference, per_class, wilson

BATCH = 100
AFTER_STOP = 200  # test images
FITTED = 20_000_000  # numbers that the baseline on pixels sees
DIGITS = 6


@dataclass(frozen=True)
class Learnt:
    """What came of a way. val_accuracy: of its best epoch. seconds: of its training steps."""

    way: str
    network: Network
    trainable: int
    total: int
    val_accuracy: float
    seconds: float
    epochs_run: int
    best_epoch: int


@dataclass(frozen=True)
class Verdict:
    """metrics: what metrics.json begins with. predictions: a dictionary a test image."""

    metrics: dict
    predictions: list[dict]


def judge(material: Material, learnt: Sequence[Learnt], kept: str, seed: int, *, stopped: bool) -> Verdict:
    """The figures of the way that is kept, a line for each of the ways, and the baselines."""
    test = material.test.part(slice(0, AFTER_STOP)) if stopped else material.test
    scores = {each.way: probabilities(each.network, test) for each in learnt}
    truth, names = test.y, list(material.names)
    own = scores[kept]
    predicted, confidence = own.argmax(1), own.max(1)
    right, suspect = predicted == truth, label_issues(truth, own)
    confusion = confusion_matrix(truth, predicted, len(names))
    metrics = {
        **_line(truth, predicted, len(names)),
        "test_images": len(test),
        "folds": 0,
        "kept": kept,
        "ways": [_way(each, truth, scores, len(names), seed) for each in learnt],
        "baselines": base_lines(material, test, right, seed),
        "labels": names,
        "per_class": [{"label": name, **figures} for name, figures in zip(names, per_class(confusion), strict=True)],
        "confusion": confusion.tolist(),
        "calibration": calibration(confidence, right),
        "suspects": int(suspect.sum()),
    }
    rows = [
        {
            "row": int(material.rows[place]),
            "text": "",
            "label": names[truth[place]],
            "predicted": names[predicted[place]],
            "scores": [round(float(score), DIGITS) for score in own[place]],
            "fold": 0,
            "suspect": bool(suspect[place]),
        }
        for place in range(len(test))
    ]
    return Verdict(metrics, rows)


@torch.inference_mode()
def probabilities(network: Network, images: Images) -> np.ndarray:
    """(N, C)."""
    network.eval()
    parts = [network(tensor(images.x[at : at + BATCH])).softmax(1) for at in range(0, len(images), BATCH)]
    return torch.cat(parts).double().numpy()


def base_lines(material: Material, test: Images, right: np.ndarray, seed: int) -> dict:
    """majority: the most frequent class. pixels: logistic regression on the pixels. difference: of the kept way to it."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    most = max(100, FITTED // material.test.shape.pixels)
    seen = [material.train.part(slice(0, most)), material.validation.part(slice(0, most))]
    x = np.concatenate([part.x.reshape(len(part), -1) for part in seen]).astype(np.float32) / 255
    y, classes = np.concatenate([part.y for part in seen]), len(material.names)
    often = int(np.bincount(y).argmax())
    fitted = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200)).fit(x, y)
    said = fitted.predict(test.x.reshape(len(test), -1).astype(np.float32) / 255)
    return {
        "majority": {**_line(test.y, np.full(len(test), often), classes), "label": material.names[often]},
        "pixels": {**_line(test.y, said, classes), "difference": asdict(paired_difference(right, said == test.y, seed))},
    }


def _way(learnt: Learnt, truth: np.ndarray, scores: Mapping[str, np.ndarray], classes: int, seed: int) -> dict:
    predicted = scores[learnt.way].argmax(1)
    first = scores["frozen"].argmax(1) == truth
    gap = asdict(paired_difference(predicted == truth, first, seed)) if learnt.way != "frozen" else None
    return {
        "name": learnt.way,
        **_line(truth, predicted, classes),
        "difference": gap,
        "trainable_parameters": learnt.trainable,
        "total_parameters": learnt.total,
        "trainable_percent": round(100 * learnt.trainable / learnt.total, 4),
        "val_accuracy": learnt.val_accuracy,
        "seconds": round(learnt.seconds, 2),
        "epochs_run": learnt.epochs_run,
        "best_epoch": learnt.best_epoch,
    }


def _line(truth: np.ndarray, predicted: np.ndarray, classes: int) -> dict:
    right = int((predicted == truth).sum())
    low, high = wilson(right, len(truth))
    return {
        "accuracy": right / len(truth),
        "accuracy_low": low,
        "accuracy_high": high,
        "macro_f1": macro_f1(confusion_matrix(truth, predicted, classes)),
    }
