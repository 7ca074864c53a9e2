"""A masked-language model over an encoder: which word stands in a gap (Devlin et al. 2019).

Hidden states at the gaps go through one layer, and are compared with the table of embeddings that the encoder begins with:

    s = LayerNorm(gelu(W h + b)),  logits = E s + c          (M, H) → (M, V)

An adapter beside the encoder's matrices may have learnt together with the head.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from genhub.training.plan import Trainable

MASKED, KEPT, SWAPPED = 0.15, 0.1, 0.1  # of the tokens; of those the shares that stay as they are, or become any other
HEAD, ADAPTER = "head.safetensors", "adapter_model.safetensors"
ENCODER_GROUP, HEAD_GROUP = "encoder", "head"
IGNORED = -100


class Head(nn.Module):
    """`table`: (V, H) the encoder's embeddings, which are read and not learnt."""

    def __init__(self, hidden: int, vocabulary: int, eps: float = 1e-12):
        super().__init__()
        self.dense, self.norm = nn.Linear(hidden, hidden), nn.LayerNorm(hidden, eps=eps)
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def forward(self, states: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
        """(M, H) → (M, V)."""
        return nn.functional.linear(self.norm(nn.functional.gelu(self.dense(states))), table.to(states.dtype), self.bias.to(states.dtype))


class MaskedLM(nn.Module):
    """`encoder`: a transformers model, with an adapter or without."""

    def __init__(self, encoder: nn.Module, head: Head):
        super().__init__()
        self.encoder, self.head = encoder, head

    @property
    def table(self) -> torch.Tensor:
        return self.encoder.get_input_embeddings().weight

    def forward(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """(B, T) tokens, their mask and labels → logits (M, V) at the places whose labels are not IGNORED, row by row."""
        states = self.encoder(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
        return self.head(states[batch["labels"] != IGNORED], self.table)


class Sentences:
    """Texts as tokens with a part of them hidden; implements `Examples`. Of texts to learn from what is hidden is drawn anew each time, from torch's
    generator; of others it is always the same."""

    def __init__(self, rows: Sequence[Sequence[int]], special: Mapping[str, int], vocabulary: int, seed: int | None = None):
        self.rows, self.special, self.vocabulary, self.seed = rows, special, vocabulary, seed
        self.lengths = [len(row) for row in rows]

    def batch(self, indices: Sequence[int]) -> dict[str, torch.Tensor]:
        longest = max(len(self.rows[index]) for index in indices)
        tokens = torch.full((len(indices), longest), self.special["pad"])
        for place, index in enumerate(indices):
            tokens[place, : len(self.rows[index])] = torch.as_tensor(np.asarray(self.rows[index], dtype=np.int64))
        generator = None if self.seed is None else torch.Generator().manual_seed(self.seed + int(indices[0]))
        return hidden(tokens, self.special, self.vocabulary, generator)

    def weight(self, indices: Sequence[int]) -> float:
        """About as many gaps as there are."""
        return max(1.0, MASKED * sum(self.lengths[index] for index in indices))


def hidden(
    tokens: torch.Tensor, special: Mapping[str, int], vocabulary: int, generator: torch.Generator | None = None
) -> dict[str, torch.Tensor]:
    """(B, T) tokens with 15 % of those that are no special ones hidden: eight of ten become the mask, one any token, one stays. At least one of each
    row that has any."""
    there = torch.ones_like(tokens, dtype=torch.bool)
    for token in special.values():
        there &= tokens != token
    drawn = torch.rand(tokens.shape, generator=generator).masked_fill(~there, 2.0)
    chosen = (drawn < MASKED) | ((drawn == drawn.min(1, keepdim=True).values) & there)
    how = torch.rand(tokens.shape, generator=generator)
    shown = tokens.masked_fill(chosen & (how >= KEPT + SWAPPED), special["mask"])
    any_token = torch.randint(vocabulary, tokens.shape, generator=generator)
    shown = torch.where(chosen & (how < SWAPPED), any_token, shown)
    return {
        "input_ids": shown,
        "attention_mask": (tokens != special["pad"]).long(),
        "labels": tokens.masked_fill(~chosen, IGNORED),
    }


class MaskedTask(Trainable):
    """Cross-entropy at the gaps. Figures: val_loss in nats a gap, val_top1 and val_top5."""

    def __init__(self, model: MaskedLM, train: Sentences, validation: Sentences):
        self.model, self.train, self.validation = model, train, validation
        learn = [name for name, tensor in model.named_parameters() if tensor.requires_grad]
        self.groups = {group: [name for name in learn if name.startswith(f"{group}.")] for group in (ENCODER_GROUP, HEAD_GROUP)}

    def loss(self, outputs: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return nn.functional.cross_entropy(outputs.float(), _labels(batch), reduction="sum")

    def measure(self, outputs: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        labels = _labels(batch)
        best = outputs.float().topk(5, -1).indices == labels[:, None]
        return torch.stack(
            [self.loss(outputs, batch), best[:, 0].sum().float(), best.any(-1).sum().float(), torch.tensor(float(len(labels)))]
        )

    def summary(self, sums: Sequence[float]) -> dict[str, float]:
        loss, first, five, count = sums
        return {"val_loss": loss / count, "val_top1": first / count, "val_top5": five / count}


def _labels(batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    return batch["labels"][batch["labels"] != IGNORED]


def special_of(tokenizer) -> dict[str, int]:
    """The tokens that are never hidden, and the mask."""
    return {name: getattr(tokenizer, f"{name}_token_id") for name in ("pad", "mask", "cls", "sep", "unk")}


def save(folder: Path, model: MaskedLM, base: str = "") -> None:
    """The adapter as PEFT saves it, and the head, in fp16. base: the Hub id of what the adapter stands beside."""
    for config in model.encoder.peft_config.values():
        config.base_model_name_or_path = base or config.base_model_name_or_path
    model.encoder.save_pretrained(folder)
    path = folder / ADAPTER
    save_file({name: tensor.half() for name, tensor in load_file(path).items()}, path)
    save_file({name: tensor.detach().half().contiguous() for name, tensor in model.head.state_dict().items()}, folder / HEAD)


def load(folder: Path, encoder: nn.Module) -> MaskedLM:
    """Over a base of its own, which is changed: the adapter is folded in. In fp32, ready to use."""
    from peft import PeftModel

    merged = PeftModel.from_pretrained(encoder, str(folder)).merge_and_unload()
    tensors = {name: tensor.float() for name, tensor in load_file(folder / HEAD).items()}
    head = Head(tensors["dense.weight"].shape[0], len(tensors["bias"]))
    head.load_state_dict(tensors)
    return MaskedLM(merged, head).eval().requires_grad_(False)
