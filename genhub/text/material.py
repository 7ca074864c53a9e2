"""What a training of a classifier starts from: rows, labels, tokens, splits and the encoder, ready to use."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genhub.data import split as splitting
from genhub.data.split import Split
from genhub.errors import UserError
from genhub.text import learner, methods
from genhub.text.classifier import Classifier
from genhub.text.encoder import Encoder, open_base
from genhub.text.learner import ClassifierTask, TokenRows
from genhub.training.configs import ClassifyConfig


@dataclass(frozen=True)
class Part:
    """One model to train: its name in the log, its rows, and its number (folds count from 0, the final model comes last)."""

    name: str
    split: Split
    number: int

    @property
    def key(self) -> str:
        """Its name as part of a file name."""
        return self.name.replace(" ", "-")


@dataclass(frozen=True)
class Material:
    """N cleaned rows; `labels` sorted; `targets` (N,) label numbers; `ids` the tokens of each text, cut to the length read.

    `parts`: one for a hold-out split; for cross-validation one a fold, and then the final model, which has no test rows.
    """

    config: ClassifyConfig
    rows: list[dict]
    labels: list[str]
    targets: np.ndarray
    ids: list[list[int]]
    base: Encoder
    parts: list[Part]
    kind: str  # hold-out | given | cross-validation

    @property
    def folds(self) -> int:
        return len(self.parts) - 1

    @property
    def max_length(self) -> int:
        return min(self.config.max_length, self.base.max_length)

    def notes(self) -> list[str]:
        """What was decided about the rows, in plain words."""
        split = self.parts[0].split
        notes = [
            f"{len(self.rows):,} rows in {self.folds} folds: each row is judged by a model that has not seen it."
            if self.folds
            else f"{len(split.train):,} rows to learn from, {len(split.validation):,} to choose the best epoch, {len(split.test):,} for the verdict."
        ]
        if cut := sum(len(row) >= self.max_length for row in self.ids):
            texts = "1 text reaches" if cut == 1 else f"{cut:,} texts reach"
            notes.append(f"{texts} the {self.max_length} tokens that are read; anything beyond is cut off.")
        return notes

    def texts(self, indices) -> list[str]:
        return [self.rows[index]["text"] for index in indices]

    def names(self, indices) -> list[str]:
        return [self.rows[index]["label"] for index in indices]

    def token_rows(self, indices: list[int], weights: list[float]) -> TokenRows:
        return TokenRows(
            [self.ids[index] for index in indices],
            [int(self.targets[index]) for index in indices],
            self.base.tokenizer.pad_token_id,
            weights,
        )

    def classifier(self, steps: int) -> Classifier:
        """A fresh model: the adapter in an encoder that leaves `base` as it is (unless all weights learn and no other part
        needs them), and a new head. New weights come from torch's generator: seed it before."""
        storage = methods.get(self.config.method).storage
        alone = len(self.parts) == 1
        encoder = self.base if alone else self.base.clone() if storage == "model" else self.base.twin()
        return Classifier(methods.adapt(encoder, self.config, steps), len(self.labels), self.config.dropout)

    def task(self, model: Classifier, split: Split) -> ClassifierTask:
        weights = learner.class_weights([int(self.targets[index]) for index in split.train], len(self.labels), self.config.class_weights)
        train, validation = self.token_rows(split.train, weights), self.token_rows(split.validation or split.train, weights)
        return ClassifierTask(model, train, validation, self.config.label_smoothing)


def gather(config: ClassifyConfig, rows: list[dict]) -> Material:
    """Open the encoder, tokenise and split. Raises UserError for rows that cannot be learnt from."""
    labels = sorted({row["label"] for row in rows})
    if len(labels) < 2:
        raise UserError(
            "All rows have the same label.", "Classification needs at least two.", "Choose another label column.", "label_column"
        )
    base = open_base(config.model)
    parts, kind = plan_parts(config, rows)
    place = {label: number for number, label in enumerate(labels)}
    targets = np.array([place[row["label"]] for row in rows], dtype=np.int64)
    ids = base.tokenize([row["text"] for row in rows], config.max_length)
    return Material(config, rows, labels, targets, ids, base, parts, kind)


def read_rows(path: Path) -> list[dict]:
    """Cleaned rows, one JSON object a line. Raises UserError when there are none."""
    try:
        with open(path, encoding="utf-8") as file:
            rows = [json.loads(line) for line in file if line.strip()]
    except FileNotFoundError:
        rows = []
    if not rows:
        raise UserError("This run has no rows to learn from.", "Training needs a cleaned table.", "Start it again from a table.", "data")
    return rows


def plan_parts(config: ClassifyConfig, rows: list[dict]) -> tuple[list[Part], str]:
    """The models to train, and the kind of the split: hold-out, given or cross-validation."""
    given = any(row.get("part") == "test" for row in rows)
    folds = splitting.choose_folds(config.folds, len(rows), given)
    if not folds:
        split = splitting.holdout(rows, config.test_share, config.validation_share, config.seed)
        return [Part("final", split, 0)], "given" if given else "hold-out"
    splits = splitting.k_folds(rows, folds, config.validation_share, config.seed)
    parts = [Part(f"fold {number + 1}", split, number) for number, split in enumerate(splits)]
    held = set(splits[0].validation)
    final = Split([index for index in range(len(rows)) if index not in held], splits[0].validation, [])
    return [*parts, Part("final", final, folds)], "cross-validation"


def split_info(material: Material) -> dict:
    """The "split" section of metrics.json; sizes of cross-validation are those of its first fold."""
    split = material.parts[0].split
    groups = Counter(row.get("group") for row in material.rows)
    return {
        "kind": material.kind,
        "train": len(split.train),
        "validation": len(split.validation),
        "test": len(material.rows) if material.folds else len(split.test),
        "seed": material.config.seed,
        "folds": material.folds,
        "groups_kept_together": any(count > 1 for count in groups.values()),
    }
