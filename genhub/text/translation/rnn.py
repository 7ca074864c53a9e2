"""The recurrent encoder–decoder of the course, without and with attention.

    model = RNNTranslator(Shape(8000), special, attention=True)
    logits = model(batch)                                            # teacher forcing: (B, T, V)
    best = translate(model, ids, mask, beams=4)                      # one Hypothesis a row

A two-directional LSTM reads the source (B, S) into states h^enc (B, S, units). An LSTM writes, its state before token t being
h_{t-1}^dec; it reads the token before and a context c_t (B, units):

- without attention c_t is the same for every t, the last state of the encoder (Cho et al. 2014): all that the source says has to
  fit into it;
- with attention c_t = Attn(h_{t-1}^dec, h^enc, h^enc), looked up anew for every token (Bahdanau et al. 2015; here with the scaled
  dot product).
"""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from genhub.text.translation.seq2seq import Special

PLAIN, ATTENTION = "plain", "attention"
KIND = "rnn-translator"  # in config.json, where transformers' models name their architecture
CONFIG = "config.json"
State = tuple[torch.Tensor, torch.Tensor]  # of an LSTM: hidden and cell, each (B, units)


@dataclass(frozen=True)
class Shape:
    """Entries of the vocabulary, width of the embeddings, units of the decoder (the encoder has half of them in each direction)."""

    vocabulary: int
    embedding: int = 128
    units: int = 256


@dataclass(frozen=True)
class Memory:
    """A source that has been read: states (B, S, units), mask (B, S) true where there is a token, last (B, units)."""

    states: torch.Tensor
    mask: torch.Tensor
    last: torch.Tensor

    def rows(self, index: torch.Tensor) -> "Memory":
        """The same rows in another order, or several times."""
        return Memory(self.states[index], self.mask[index], self.last[index])


class RNNTranslator(nn.Module):
    """The embeddings serve both languages, and the head. `dropout` is of embeddings and of what the head reads, in training."""

    def __init__(self, shape: Shape, special: Special, attention: bool, dropout: float = 0.0):
        super().__init__()
        self.shape, self.special, self.attention = shape, special, attention
        self.embedding = nn.Embedding(shape.vocabulary, shape.embedding)
        self.encoder = nn.LSTM(shape.embedding, shape.units // 2, batch_first=True, bidirectional=True)
        self.decoder = nn.LSTMCell(shape.embedding + shape.units, shape.units)
        self.query = nn.Linear(shape.units, shape.units, bias=False) if attention else None
        self.mix = nn.Linear(2 * shape.units + shape.embedding, shape.embedding)
        self.bias = nn.Parameter(torch.zeros(shape.vocabulary))
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.embedding.weight, std=shape.embedding**-0.5)

    def forward(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """A batch as `Pairs` makes it → logits (B, T, V)."""
        memory = self.read(batch["input_ids"], batch["attention_mask"])
        state, written = self.begin(memory), self.dropout(self.embedding(batch["decoder_input_ids"]))
        features = []
        for before in written.unbind(1):
            feature, state, _ = self.step(before, state, memory)
            features.append(feature)
        return self.head(torch.stack(features, 1))

    def read(self, ids: torch.Tensor, mask: torch.Tensor) -> Memory:
        """The source, ids and mask (B, S), padded on the right."""
        packed = pack_padded_sequence(self.dropout(self.embedding(ids)), mask.sum(1).cpu(), batch_first=True, enforce_sorted=False)
        states, (hidden, _) = self.encoder(packed)
        states, _ = pad_packed_sequence(states, batch_first=True, total_length=ids.shape[1])
        return Memory(states, mask.bool(), torch.cat([hidden[0], hidden[1]], -1))

    def begin(self, memory: Memory) -> State:
        """The decoder's first state: what the encoder ended with."""
        return memory.last, torch.zeros_like(memory.last)

    def step(self, before: torch.Tensor, state: State, memory: Memory) -> tuple[torch.Tensor, State, torch.Tensor | None]:
        """The embedding of the token before (B, E) → what the head reads (B, E), the next state, attention weights (B, S) or None."""
        context, weights = self.context(state[0], memory)
        state = self.decoder(torch.cat([before, context], -1), state)
        mixed = torch.tanh(self.mix(torch.cat([state[0], context, before], -1)))
        return self.dropout(mixed), state, weights

    def context(self, hidden: torch.Tensor, memory: Memory) -> tuple[torch.Tensor, torch.Tensor | None]:
        if self.query is None:
            return memory.last, None
        scores = torch.einsum("bu,bsu->bs", self.query(hidden), memory.states) / math.sqrt(self.shape.units)
        weights = scores.masked_fill(~memory.mask, -math.inf).softmax(-1)
        return torch.einsum("bs,bsu->bu", weights, memory.states), weights

    def head(self, features: torch.Tensor) -> torch.Tensor:
        """(…, E) → logits (…, V); scaled, because the table of embeddings has small entries."""
        return nn.functional.linear(features * math.sqrt(self.shape.embedding), self.embedding.weight, self.bias)


@dataclass(frozen=True)
class Hypothesis:
    """One translation: ids without special tokens, the sum of log-probabilities, attention weights (T, S), None without attention."""

    ids: list[int]
    score: float
    weights: list[list[float]] | None


@torch.inference_mode()
def translate(model: RNNTranslator, ids: torch.Tensor, mask: torch.Tensor, beams: int = 4, limit: int = 128) -> list[Hypothesis]:
    """The best of `beams` hypotheses of each row by log-probability a token; `limit`: tokens written at most."""
    return [search(model, ids[row : row + 1, : int(mask[row].sum())], beams, limit) for row in range(len(ids))]


@torch.inference_mode()
def search(model: RNNTranslator, ids: torch.Tensor, beams: int = 4, limit: int = 128, hidden: Collection[int] = ()) -> Hypothesis:
    """Beam search for one source (1, S). A hypothesis ends with the end token; the search when there are as many as beams.

    hidden: places of the source that attention does not see; what the encoder ended with has read them all the same.
    """
    memory = model.read(ids, torch.ones_like(ids))
    memory.mask[:, sorted(hidden)] = False
    state = model.begin(memory)
    alive = [Hypothesis([], 0.0, [] if model.attention else None)]
    last = torch.tensor([model.special.start])
    done: list[Hypothesis] = []
    for _ in range(limit):
        memory_rows = memory.rows(torch.zeros(len(alive), dtype=torch.int64))
        features, state, weights = model.step(model.embedding(last), state, memory_rows)
        shares = model.head(features).float().log_softmax(-1) + torch.tensor([one.score for one in alive])[:, None]
        shares[:, model.special.pad] = -math.inf
        scores, places = shares.flatten().topk(min(2 * beams, shares.numel()))
        rows, tokens = (places // model.shape.vocabulary).tolist(), (places % model.shape.vocabulary).tolist()
        grown, kept = [], []
        for score, row, token in zip(scores.tolist(), rows, tokens, strict=True):
            looked = None if weights is None else [*alive[row].weights, weights[row].tolist()]
            if token == model.special.end:
                done.append(Hypothesis(alive[row].ids, score, looked))
            elif len(kept) < beams:
                grown.append(Hypothesis([*alive[row].ids, token], score, looked))
                kept.append(row)
        index = torch.tensor(kept)
        alive, last, state = grown, torch.tensor([one.ids[-1] for one in grown]), (state[0][index], state[1][index])
        if len(done) >= beams:
            break
    return max(done or alive, key=_a_token)


def _a_token(one: Hypothesis) -> float:
    return one.score / (len(one.ids) + 1)


def save(folder: Path, models: Mapping[str, RNNTranslator]) -> None:
    """Both models, PLAIN and ATTENTION, in fp16, and what is needed to build them."""
    some = next(iter(models.values()))
    config = {"model_type": KIND, "shape": asdict(some.shape), "special": asdict(some.special), "parts": sorted(models)}
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    for part, model in models.items():
        save_file({name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}, folder / f"{part}.safetensors")


def load(folder: Path, part: str) -> RNNTranslator:
    """One of the two, in fp32, ready to translate. Raises ValueError when the folder holds another kind of model."""
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    if config.get("model_type") != KIND or part not in config["parts"]:
        raise ValueError(f"{folder.name} holds no {KIND} called {part}")
    model = RNNTranslator(Shape(**config["shape"]), Special(**config["special"]), part == ATTENTION)
    model.load_state_dict({name: tensor.float() for name, tensor in load_file(folder / f"{part}.safetensors").items()})
    return model.eval()


def parameters(model: nn.Module) -> int:
    return sum(tensor.numel() for tensor in model.parameters())


def as_batch(rows: Sequence[Sequence[int]], special: Special) -> tuple[torch.Tensor, torch.Tensor]:
    """Sources as ids and mask (B, S), the end token added."""
    width = max(len(row) for row in rows) + 1
    ids = torch.tensor([[*row, special.end, *[special.pad] * (width - len(row) - 1)] for row in rows])
    mask = torch.tensor([[1] * (len(row) + 1) + [0] * (width - len(row) - 1) for row in rows])
    return ids, mask
