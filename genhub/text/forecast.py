"""What a training will cost, from real work on some of the user's own rows, before anything is committed.

Every kind of work that a run does is done here on a few rows, timed and scaled: opening the encoder, optimiser steps (or the vectors
and the head of a frozen encoder), predicting unseen rows, importing scikit-learn, TF-IDF. The most memory that all this took
is what the run will take, but for three things that only grow in it (`_grown`), and a tenth.

Early stopping is not foreseen: a run may be shorter, it is hardly ever longer.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from genhub import steps
from genhub.data.split import Split
from genhub.text import baselines, features, learner, material, methods
from genhub.text.classifier import Classifier, probabilities
from genhub.text.encoder import open_base
from genhub.text.material import Material, Part
from genhub.training import outcome, precision
from genhub.training.configs import ClassifyConfig
from genhub.training.loop import time_steps
from genhub.training.plan import Pace, Plan, Session, Timed, batch_order, make_accelerator

SAMPLE = 400  # rows that are tokenised and trained on for the measurement
FEW = 128  # rows that are encoded or predicted for it
SECONDS = 1.2  # of measured steps
LEAST_STEPS = 6  # fewer say little: then it is measured once more,
PATIENCE = 6.0  # unless so many seconds went by already
START_SECONDS = 0.5  # a process forked, its folder written
CLASSIC_SECONDS = 1.5e-4  # logistic regression with TF-IDF or on sentence vectors, a row, two classes: of tables too large to scale to
MORE = 1.12  # times the memory reckoned: what runs on a bundled sample took (frozen 1.16, LoRA 1.15, all weights 1.10)
HEAD_ONLY = 0.4  # of a step's cost, where only the head learns
MOST_SHAPES = 60  # shapes of batches for which the CPU's library keeps what it prepared; older ones go


@dataclass(frozen=True)
class Costs:
    """What was measured, in seconds. A token: `step` of training (of a frozen encoder: encoding it once), `held` of validation,
    `unseen` of the verdict. The whole: `start`, before the first step; `library`, the import of scikit-learn. A fit on the
    sample's rows: `head`, `tfidf`.
    """

    start: float
    step: float
    held: float
    unseen: float
    library: float
    head: float
    tfidf: float
    fitted_rows: int


def forecast(request: dict) -> dict:
    """The cost of a run, from {"config", "rows_path"}: trainable_parameters, total_parameters, trainable_percent, steps, seconds
    (all folds, baselines and verdict), memory_mb, precision, and on what it rests: measured_steps, measured_rows. Raises UserError as
    the training would."""
    config = ClassifyConfig.from_dict(request["config"])
    rows = material.read_rows(Path(request["rows_path"]))
    parts, _ = material.plan_parts(config, rows)
    accelerator = make_accelerator()
    memory = outcome.Memory(accelerator.device)
    sample, start = _timed(lambda: _sample(config, rows))
    plans = [learner.plan(config, len(sample.labels), len(part.split.train)) for part in parts]
    steps = [plan.steps(len(part.split.train)) for plan, part in zip(plans, parts, strict=True)]
    model = sample.classifier(steps[-1])
    trainable, total = methods.counts(model)
    measure = _Measuring(sample, model, accelerator, memory)
    timed, costs = measure.frozen(start) if config.method == "frozen" else measure.trained(plans[-1], start)
    return {
        "trainable_parameters": trainable,
        "total_parameters": total,
        "trainable_percent": round(100 * trainable / total, 4),
        "steps": 0 if config.method == "frozen" else sum(steps),
        "seconds": round(_seconds(sample, parts, costs, _epochs(plans[-1])), 1),
        "memory_mb": round(MORE * (memory.peak_mb() + _grown(measure, parts, plans[-1])), 1),
        "precision": timed.precision,
        "measured_steps": timed.steps,
        "measured_rows": len(measure.few),
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


class _Measuring:
    """A run's work, done on the sample.

    shapes, shape_mb: how many shapes of batches the measured steps had, and the memory that another one takes
    """

    def __init__(self, sample: Material, model: Classifier, accelerator, memory: outcome.Memory):
        self.sample, self.model, self.accelerator, self.memory = sample, model, accelerator, memory
        self.few = sample.ids[:FEW]
        self.few_tokens = sum(map(len, self.few))
        self.shapes, self.shape_mb = 0, 0.0
        self.began = time.perf_counter()

    def trained(self, plan: Plan, start: float) -> tuple[Timed, Costs]:
        """Optimiser steps: a first one and the one with the longest rows, for the memory; then as many as there is time for."""
        task, session = self.sample.task(self.model, self.sample.parts[0].split), Session(self.accelerator)
        plan = replace(plan, phases=plan.phases[-1:])  # in which everything learns that ever does
        time_steps(task, plan, session, 0.0)
        least = self.memory.peak_mb()
        timed = time_steps(task, plan, session, SECONDS)
        if timed.steps < min(LEAST_STEPS, len(task.train.lengths) // plan.batch_size) and time.perf_counter() - self.began < PATIENCE:
            timed = time_steps(task, plan, session, 2 * SECONDS)
        self.shapes = len(_shapes(task.train.lengths, plan.batch_size, range(1), timed.steps))
        if self.accelerator.device.type == "cpu":
            self.shape_mb = max(0.0, self.memory.peak_mb() - least) / max(1, self.shapes - 1)
        return timed, self.costs(start, timed.step_seconds, timed.forward_seconds)

    def frozen(self, start: float) -> tuple[Timed, Costs]:
        """Sentence vectors of a few rows, and a head fitted on them."""
        self.model.to(self.accelerator.device)
        arithmetic = precision.resolve(self.sample.config.precision, self.accelerator.device)
        found, encoding = _timed(lambda: steps.result(features.compute(self.model, self.few, arithmetic, bool, Pace())))
        timed = Timed(0, encoding / self.few_tokens, 0.0, arithmetic)
        return timed, self.costs(start, timed.step_seconds, 0.0, found.vectors.double().numpy())

    def costs(self, start: float, step: float, held: float, vectors: np.ndarray | None = None) -> Costs:
        """The rest of a run's work: what every method does in the end."""
        _, unseen = _timed(lambda: probabilities(self.model, self.few))
        _, library = _timed(_import_sklearn)
        names, head = self.sample.names(range(len(self.few))), 0.0
        _, tfidf = _timed(lambda: baselines.fit(self.sample.texts(range(len(self.few))), names, 0))
        if vectors is not None:
            labelled = features.Labelled(vectors, self.sample.targets[: len(self.few)])
            task = features.HeadTask("forecast", len(self.sample.labels), False, bool)
            _, head = _timed(lambda: steps.result(features.fit_head(labelled, labelled, task)))
        return Costs(start, step, held, unseen / self.few_tokens, library, head, tfidf, len(self.few))


def _seconds(sample: Material, parts: list[Part], costs: Costs, epochs: float) -> float:
    """Training, validation after each epoch, prediction of the unseen rows, and the classic fits, over all parts."""
    tokens = sum(map(len, sample.ids)) / len(sample.ids)
    total = START_SECONDS + costs.start + costs.library
    for number, part in enumerate(parts):
        train, held, unseen = len(part.split.train), len(part.split.validation), len(part.split.test)
        if sample.config.method == "frozen":  # each row is encoded once; of a hold-out split the unseen ones when they are predicted
            total += (train + held + (unseen if len(parts) > 1 else 0)) * tokens * costs.step * (number == 0)
            total += _classic(costs.head, costs.fitted_rows, train + held, len(sample.labels))
        else:
            total += epochs * tokens * (train * costs.step + held * costs.held)
        total += unseen * tokens * costs.unseen
        total += _classic(costs.tfidf, costs.fitted_rows, train + held, len(sample.labels)) if unseen else 0.0
    return total


def _epochs(plan: Plan) -> float:
    """Epochs by their cost: those in which only the head learns count for less."""
    return plan.phases[-1].epochs + HEAD_ONLY * sum(phase.epochs for phase in plan.phases[:-1])


def _classic(seconds: float, measured: int, rows: int, classes: int) -> float:
    """What a fit on `rows` rows takes, when one on `measured` took `seconds`: a part of it does not grow with the rows. On large
    tables fits need more iterations too, and TF-IDF chooses nothing any more: by experience."""
    if rows > baselines.CHOOSE_UP_TO:
        return CLASSIC_SECONDS * rows * classes / 2
    return seconds * (0.6 + 0.4 * rows / measured)


def _grown(measure: _Measuring, parts: list[Part], plan: Plan) -> float:
    """Megabytes that a run takes beyond the measurement: what the CPU's library prepares for each further shape of a batch, the best
    epoch's weights, and the model of the part before."""
    method = methods.get(measure.sample.config.method)
    if method.storage == "none":
        return 0.0
    lengths = list(map(len, measure.sample.ids))
    shapes = min(MOST_SHAPES, len(_shapes(lengths, plan.batch_size, range(plan.epochs))))
    trainable, total = (4e-6 * count for count in methods.counts(measure.model))
    before = (total if method.storage == "model" else trainable) if len(parts) > 1 else 0.0  # goes once the next one is made
    return max(0, shapes - measure.shapes) * measure.shape_mb + trainable + before


def _shapes(lengths: list[int], batch_size: int, epochs: range, steps: int | None = None) -> set[int]:
    """The different lengths of batches, of which the first `steps` an epoch are taken; the longest rows are always among them."""
    batches = [batch for epoch in epochs for batch in batch_order(lengths, batch_size, 0, epoch)[:steps]]
    return {max(lengths), *(max(lengths[row] for row in batch) for batch in batches)}


def _import_sklearn() -> None:
    import sklearn.feature_extraction.text
    import sklearn.linear_model
    import sklearn.model_selection  # noqa: F401 - a run imports them when it first fits something


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What `work` returns, and the seconds it took."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start
