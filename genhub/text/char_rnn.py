"""The character RNN: one GRU that reads a character, keeps what it needs in its state, and predicts the next.

    model = CharRNN(vocabulary=65)                        # embedding 16, GRU 128: 67,377 parameters … as in handson-ml3, chapter 16
    logits, state = model(ids, state)                     # (B, T), (1, B, 128) → (B, T, 65), (1, B, 128)

It is trained in windows of 100 characters, in one of two ways (Géron, "Hands-On Machine Learning", 3rd edition):

- stateless: windows from anywhere in the text, in random order; every window begins with an empty state (`StatelessTask`);
- stateful:  the text is cut into parallel streams, each window goes on where the last ended, and so does the state, though not
             the gradient: truncated back-propagation through time (`StatefulTask` over `Streams`).

No attention: what it knows of the past has to fit into 128 numbers. `Writer` gives it the shape of transformers'
models, for everything that generates text.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers.modeling_outputs import CausalLMOutput

from genhub.text.lm import LanguageTask, Windows

STATELESS, STATEFUL = "stateless", "stateful"
KIND = "char-rnn"  # in config.json, where transformers' models name their architecture
WEIGHTS, CONFIG = "model.safetensors", "config.json"


class CharRNN(nn.Module):
    """Embedding, GRU, dense layer. The state is (layers, B, units). `dropout` comes before and after each layer of the GRU, in training."""

    def __init__(self, vocabulary: int, embedding: int = 16, units: int = 128, layers: int = 1, dropout: float = 0.0):
        super().__init__()
        self.shape = {"vocabulary": vocabulary, "embedding": embedding, "units": units, "layers": layers}
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.gru = nn.GRU(embedding, units, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(units, vocabulary)

    def forward(self, ids: torch.Tensor, state: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """ids (B, T) and the state before them, None for an empty one → logits (B, T, V) and the state after them."""
        hidden, state = self.gru(self.dropout(self.embedding(ids)), state)
        return self.dense(self.dropout(hidden)), state


class Streams:
    """The text cut into `streams` equal parts, read side by side, `length` characters a step; implements `Examples`.

    Row i is stream i % streams at step i // streams, so a batch of `streams` rows in order (`Plan.in_order`) is one step of every
    stream, and goes on where the batch before it ended. Raises ValueError when the text is too short for one step.
    """

    def __init__(self, ids: Sequence[int] | np.ndarray, length: int, streams: int):
        self.ids = torch.as_tensor(np.asarray(ids, dtype=np.int64))
        self.length, self.streams = length, streams
        self.steps = (len(self.ids) - 1) // streams // length
        if not self.steps:
            raise ValueError(f"{len(self.ids)} tokens are too few for {streams} streams of {length}")
        self.lengths = [length] * (self.steps * streams)

    def batch(self, indices: Sequence[int]) -> dict[str, torch.Tensor]:
        """`input_ids`, `labels` (B, T), and whether the streams `begin` here."""
        starts = torch.tensor([(row % self.streams * self.steps + row // self.streams) * self.length for row in indices])
        rows = self.ids[starts[:, None] + torch.arange(self.length + 1)]
        begin = torch.tensor(indices[0] < self.streams)
        return {"input_ids": rows[:, :-1].contiguous(), "labels": rows[:, 1:].contiguous(), "begin": begin}

    def weight(self, indices: Sequence[int]) -> float:
        return float(len(indices) * self.length)


class Reader(nn.Module):
    """A CharRNN called with a batch, answering logits. With `carries`, training batches go on from the state of the one before."""

    def __init__(self, rnn: CharRNN, carries: bool):
        super().__init__()
        self.rnn, self.carries = rnn, carries
        self.state: torch.Tensor | None = None

    def forward(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        if not (self.carries and self.training):
            return self.rnn(batch["input_ids"])[0]
        if self.state is None or batch["begin"] or self.state.shape[1] != len(batch["input_ids"]):
            self.state = None
        logits, state = self.rnn(batch["input_ids"], self.state)
        self.state = state.detach()  # the state goes on, the gradient ends here
        return logits


class Writer(nn.Module):
    """A CharRNN called as transformers' models are: `model(input_ids=ids).logits`, ids read from an empty state."""

    def __init__(self, rnn: CharRNN):
        super().__init__()
        self.rnn = rnn
        self.config = SimpleNamespace(model_type=KIND, vocab_size=rnn.shape["vocabulary"])

    @property
    def device(self) -> torch.device:
        return self.rnn.dense.weight.device

    def forward(self, input_ids: torch.Tensor, use_cache: bool = False) -> CausalLMOutput:
        """(B, T) → logits (B, T, V). `use_cache` asks for nothing: a state is kept by `RecurrentDecoder`."""
        return CausalLMOutput(logits=self.rnn(input_ids)[0])


class StatelessTask(LanguageTask):
    """Each window begins with an empty state."""

    def __init__(self, rnn: CharRNN, train: Windows, validation: Windows):
        super().__init__(Reader(rnn, carries=False), train, validation)


class StatefulTask(LanguageTask):
    """Each window goes on from the state after the one before it; a checkpoint holds that state too. Wants `Plan.in_order`."""

    def __init__(self, rnn: CharRNN, train: Streams, validation: Windows):
        super().__init__(Reader(rnn, carries=True), train, validation)

    def extra_state(self) -> dict[str, torch.Tensor]:
        return {} if self.model.state is None else {"state": self.model.state}

    def set_extra_state(self, tensors: dict[str, torch.Tensor]) -> None:
        self.model.state = tensors.get("state")


@torch.inference_mode()
def reading_loss(rnn: CharRNN, ids: Sequence[int] | np.ndarray, chunk: int = 4096) -> float:
    """Nats a character over the whole text read from its beginning, the state carried to its end."""
    ids = torch.as_tensor(np.asarray(ids, dtype=np.int64))
    total, state = 0.0, None
    for at in range(0, len(ids) - 1, chunk):
        piece = ids[at : at + chunk + 1]
        logits, state = rnn(piece[None, :-1], state)
        total += nn.functional.cross_entropy(logits[0], piece[1:], reduction="sum").item()
    return total / (len(ids) - 1)


def save(folder: Path, variants: Mapping[str, CharRNN], dtype: torch.dtype = torch.float16) -> None:
    """The weights of all variants in one file, and their common shape."""
    shapes = [rnn.shape for rnn in variants.values()]
    if any(shape != shapes[0] for shape in shapes):
        raise ValueError("the variants have different shapes")
    tensors = {
        f"{name}.{key}": value.to("cpu", dtype).contiguous() for name, rnn in variants.items() for key, value in rnn.state_dict().items()
    }
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    config = {"model_type": KIND, "variants": list(variants), **shapes[0]}
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def variants(folder: Path) -> list[str]:
    """What `save` wrote into this folder; nothing where somebody else wrote it. Raises OSError and ValueError for one without a
    configuration."""
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    return config["variants"] if isinstance(config, dict) and config.get("model_type") == KIND else []


def load(folder: Path, variant: str = "") -> CharRNN:
    """One variant of what `save` wrote, the last one unless named, in fp32, ready to read. Raises ValueError for one that is not there."""
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    variant = variant or config["variants"][-1]
    if variant not in config["variants"]:
        raise ValueError(f"{folder.name} holds {', '.join(config['variants'])}, not {variant!r}")
    rnn = CharRNN(**{name: config[name] for name in ("vocabulary", "embedding", "units", "layers")})
    weights = load_file(folder / WEIGHTS)
    rnn.load_state_dict({key: weights[f"{variant}.{key}"].float() for key in rnn.state_dict()})
    return rnn.eval()
