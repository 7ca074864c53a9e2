"""What a training will cost, from a few real steps on the user's own rows, before anything is committed.

Early stopping is not foreseen: a run may be shorter, it is hardly ever longer.
"""

import random
from pathlib import Path

import numpy as np

from genhub.data.split import Split
from genhub.text import learner, material, methods, outcome
from genhub.text.encoder import open_base
from genhub.text.material import Material, Part
from genhub.training.configs import ClassifyConfig
from genhub.training.loop import time_steps
from genhub.training.plan import Session, Timed, make_accelerator

SAMPLE = 400  # rows that are tokenised and trained on for the measurement
SECONDS = 1.2  # of measured steps
START_SECONDS = 1.5  # reading the rows, loading the encoder
CLASSIC_SECONDS = 1.5e-4  # logistic regression with TF-IDF or on sentence vectors, a row, two classes


def forecast(request: dict) -> dict:
    """The cost of a run, from {"config", "rows_path"}: trainable_parameters, total_parameters, trainable_percent, steps, seconds
    (all folds, base lines and verdict), memory_mb, precision, measured_steps. Raises UserError as the training would."""
    config = ClassifyConfig.from_dict(request["config"])
    rows = material.read_rows(Path(request["rows_path"]))
    parts, _ = material.plan_parts(config, rows)
    accelerator = make_accelerator()
    memory = outcome.Memory(accelerator.device)
    sample = _sample(config, rows)
    plans = [learner.plan(config, len(sample.labels), len(part.split.train)) for part in parts]
    steps = [plan.steps(len(part.split.train)) for plan, part in zip(plans, parts, strict=True)]
    model = sample.classifier(steps[-1])
    trainable, total = methods.counts(model)
    timed = time_steps(sample.task(model, sample.parts[0].split), plans[-1], Session(accelerator), SECONDS)
    return {
        "trainable_parameters": trainable,
        "total_parameters": total,
        "trainable_percent": round(100 * trainable / total, 4),
        "steps": 0 if config.method == "frozen" else sum(steps),
        "seconds": round(START_SECONDS + _seconds(sample, parts, (timed, plans[-1].epochs)), 1),
        "memory_mb": memory.peak_mb(),
        "precision": timed.precision,
        "measured_steps": timed.steps,
    }


def _sample(config: ClassifyConfig, rows: list[dict]) -> Material:
    """Some of the rows as material that knows all labels: they serve as training and validation rows alike."""
    labels = sorted({row["label"] for row in rows})
    chosen = random.Random(config.seed).sample(rows, min(SAMPLE, len(rows)))  # noqa: S311 - an estimate is no secret
    base = open_base(config.model)
    ids = base.tokenize([row["text"] for row in chosen], config.max_length)
    targets = np.array([labels.index(row["label"]) for row in chosen], dtype=np.int64)
    everything = list(range(len(chosen)))
    return Material(config, chosen, labels, targets, ids, base, [Part("final", Split(everything, everything, []), 0)], "hold-out")


def _seconds(sample: Material, parts: list[Part], measured: tuple[Timed, int]) -> float:
    """Training, validation after each epoch, prediction of the unseen rows, and the classic fits, over all parts; `measured` are
    what steps cost and the number of epochs."""
    config, classes = sample.config, len(sample.labels)
    tokens = sum(map(len, sample.ids)) / len(sample.ids)
    timed, epochs = measured
    total = 0.0
    for number, part in enumerate(parts):
        train, held, unseen = len(part.split.train), len(part.split.validation), len(part.split.test)
        if config.method == "frozen":  # each row is encoded once
            total += (train + held) * tokens * timed.step_seconds * (number == 0) + CLASSIC_SECONDS * train * classes / 2
        else:
            total += epochs * tokens * (train * timed.step_seconds + held * timed.forward_seconds)
        total += unseen * tokens * timed.forward_seconds * (2 if timed.precision == "bf16" else 1)  # the verdict is in fp32
        total += CLASSIC_SECONDS * train * classes / 2 if unseen else 0.0
    return total
