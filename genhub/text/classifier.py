"""An encoder with a linear head, and reading a finished run back to predict with it.

    loaded = load_run(run_folder)
    loaded.predict(["Where is my parcel?"])     # Predictions(labels=["delivery"], scores=[[0.97, …]])

Prediction sorts the texts by length and cuts them into batches of about equal work, so that hardly anything computed is
padding; the answer comes back in the order of the question.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from genhub.errors import UserError
from genhub.text.encoder import Encoder, load_encoder, open_base, pool
from genhub.text.finished import Readable, read_back
from genhub.text.formats import CLASSIFIER as FORMAT
from genhub.training import precision

BULK = 256  # texts up to which every prediction is in float32
CLOSE = 0.05  # five times the largest error of bfloat16 seen on 1,066 reviews


@dataclass(frozen=True)
class Predictions:
    """`labels[i]` is the most probable label of text i, `scores` its (N, C) probabilities in the order of the run's labels."""

    labels: list[str]
    scores: np.ndarray


class Classifier(nn.Module):
    """Sentence vector → dropout → linear head. `encoder` is what is inside `base`, with or without an adapter in it."""

    def __init__(self, base: Encoder, labels: int, dropout: float = 0.0):
        super().__init__()
        self.encoder = base.model
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(base.hidden, labels)
        self.base = base
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    @property
    def device(self) -> torch.device:
        return self.head.weight.device

    def vectors(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Batch with `input_ids` and `attention_mask` (B, T) → sentence vectors (B, H), float32."""
        states = self.encoder(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
        return pool(states, batch["attention_mask"], self.base.pooling, self.base.normalize, self.base.scale)

    def forward(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The same batch → logits (B, C)."""
        return self.head(self.dropout(self.vectors(batch)))

    @torch.no_grad()
    def encode(self, texts: list[str], max_length: int = 128, batch_size: int = 64) -> torch.Tensor:
        """Sentence vectors (N, H) of `texts`, on the CPU."""
        ids = self.base.tokenize(texts, max_length)
        vectors = torch.zeros(len(ids), self.base.hidden)
        for rows in length_batches([len(row) for row in ids], batch_size):
            vectors[rows] = self.vectors(self.collate([ids[row] for row in rows])).cpu()
        return vectors

    def collate(self, ids: Sequence[Sequence[int]]) -> dict[str, torch.Tensor]:
        """Token ids of some texts → padded `input_ids` and `attention_mask` (B, T) on the model's device."""
        batch = pad(ids, self.base.tokenizer.pad_token_id)
        return {name: tensor.to(self.device, non_blocking=True) for name, tensor in batch.items()}


def pad(ids: Sequence[Sequence[int]], pad_id: int) -> dict[str, torch.Tensor]:
    """Rows of different lengths → `input_ids` and `attention_mask`, (B, longest), int64."""
    longest = max(len(row) for row in ids)
    tokens = np.full((len(ids), longest), pad_id, dtype=np.int64)
    mask = np.zeros_like(tokens)
    for number, row in enumerate(ids):
        tokens[number, : len(row)] = row
        mask[number, : len(row)] = 1
    return {"input_ids": torch.from_numpy(tokens), "attention_mask": torch.from_numpy(mask)}


def length_batches(lengths: Sequence[int], batch_size: int) -> Iterator[list[int]]:
    """Indices in batches of rows of nearly the same length, the longest first (so that running out of memory shows at once)."""
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


@torch.inference_mode()
def probabilities(model: Classifier, ids: Sequence[Sequence[int]], batch_size: int = 32) -> np.ndarray:
    """Probabilities (N, C) of tokenised texts, in the arithmetic of the context. Puts the model into evaluation mode."""
    model.eval()
    scores = np.zeros((len(ids), model.head.out_features), dtype=np.float32)
    for rows in length_batches([len(row) for row in ids], batch_size):
        logits = model(model.collate([ids[row] for row in rows]))
        scores[rows] = logits.float().softmax(-1).cpu().numpy()
    return scores


def quick_probabilities(model: Classifier, ids: Sequence[Sequence[int]], batch_size: int = 32) -> np.ndarray:
    """The same in bfloat16 where that is faster here, rows whose two best labels are closer than CLOSE once more in float32:
    labels are those of float32, probabilities agree with it to about 0.01."""
    arithmetic = precision.resolve("auto", model.device)
    with precision.autocast(arithmetic, model.device):
        scores = probabilities(model, ids, batch_size)
    if arithmetic == "bf16":
        best = np.sort(scores, axis=-1)
        close = np.flatnonzero(best[:, -1] - best[:, -2] < CLOSE)
        scores[close] = probabilities(model, [ids[row] for row in close], batch_size)
    return scores


@dataclass(frozen=True)
class LoadedClassifier:
    """A finished run, ready to predict."""

    classifier: Classifier
    labels: list[str]
    passport: dict

    @property
    def max_length(self) -> int:
        return int(self.passport["max_length"])

    def predict(self, texts: list[str], batch_size: int = 32, *, exact: bool | None = None) -> Predictions:
        """Labels and (N, C) probabilities of `texts`, in their order.

        exact: in float32, as the exported script computes. By default that is so for up to BULK texts; more are computed by
        `quick_probabilities`.
        """
        ids = self.classifier.base.tokenize(list(texts), self.max_length)
        exact = len(ids) <= BULK if exact is None else exact
        scores = (probabilities if exact else quick_probabilities)(self.classifier, ids, batch_size)
        return Predictions([self.labels[index] for index in scores.argmax(-1)] if len(ids) else [], scores)


def load_run(run_dir: Path, encoder: Encoder | None = None) -> LoadedClassifier:
    """The classifier that a finished run left. `encoder`: the base, when it is in memory already; this and errors: see `read_back`."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    base, passport = read_back(run_dir, encoder, RUNS)
    classifier = Classifier(base, len(passport["labels"]))
    try:
        classifier.head.load_state_dict(load_file(Path(run_dir) / "head.safetensors"))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise UserError(
            f"head.safetensors cannot be used ({type(error).__name__}).",
            f"It holds weight ({len(passport['labels'])}, {base.hidden}) and bias.",
            "Download the run again, or train it anew.",
            "run",
        ) from error
    return LoadedClassifier(classifier.eval().requires_grad_(False), passport["labels"], passport)


def _own(folder: Path, passport: dict) -> Encoder:
    return load_encoder(folder, pooling=passport["pooling"], id=passport["base"]["id"])


RUNS = Readable(FORMAT, "A classifier", _own, open_base)
