"""An encoder–decoder as the training loop sees it: pairs of token sequences, the target shifted by one (teacher forcing).

    task = TranslationTask(Seq2SeqLogits(marian), Pairs(train, special), Pairs(valid, special), smoothing=0.1)
    fitted = yield from fit(task, plan, session)

Losses are in nats a target token, the end token included.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from genhub.text.lm import groups
from genhub.training.plan import Examples, Trainable

IGNORED = -100  # label of a padded place


@dataclass(frozen=True)
class Special:
    """Ids with a meaning: `end` closes source and target, `start` is what the decoder reads first, `pad` fills up."""

    end: int
    pad: int
    start: int

    @classmethod
    def of(cls, config) -> "Special":
        """From a transformers configuration."""
        return cls(config.eos_token_id, config.pad_token_id, config.decoder_start_token_id)


class Pairs:
    """Pairs (source ids, target ids), without special tokens; implements `Examples`. A pair's length is that of both sides."""

    def __init__(self, pairs: Sequence[tuple[Sequence[int], Sequence[int]]], special: Special):
        self.special = special
        self.hold(pairs)

    def hold(self, pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> None:
        """These from now on."""
        self.pairs, self.lengths = pairs, [len(source) + len(target) + 2 for source, target in pairs]

    def batch(self, indices: Sequence[int]) -> dict[str, torch.Tensor]:
        """`input_ids`, `attention_mask` (B, S); `decoder_input_ids`, `labels` (B, T), labels of padding IGNORED."""
        special = self.special
        sources = [[*self.pairs[index][0], special.end] for index in indices]
        targets = [[*self.pairs[index][1], special.end] for index in indices]
        input_ids, labels = padded(sources, special.pad), padded(targets, IGNORED)
        mask = padded([[1] * len(source) for source in sources], 0)
        before = torch.cat([torch.full((len(targets), 1), special.start), labels[:, :-1]], 1)
        return {
            "input_ids": input_ids,
            "attention_mask": mask,
            "decoder_input_ids": before.masked_fill(before == IGNORED, special.pad),
            "labels": labels,
        }

    def weight(self, indices: Sequence[int]) -> float:
        return float(sum(len(self.pairs[index][1]) + 1 for index in indices))


def padded(rows: Sequence[Sequence[int]], filler: int) -> torch.Tensor:
    """Rows of ids as one tensor (B, longest), filled up on the right."""
    width = max(len(row) for row in rows)
    return torch.tensor([[*row, *[filler] * (width - len(row))] for row in rows])


class Seq2SeqLogits(nn.Module):
    """A transformers model called with a batch, answering logits (B, T, V).

    A Marian model adds a bias to them that is a buffer in fp32: under autocast a copy of all logits. One that is zero, as in a model from
    scratch, is left out: a tenth of a step on a CPU.
    """

    def __init__(self, translator: nn.Module):
        from transformers import MarianMTModel

        super().__init__()
        self.translator = translator
        self.unbiased = isinstance(translator, MarianMTModel) and not translator.final_logits_bias.any()

    def forward(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        asked = {name: batch[name] for name in ("input_ids", "attention_mask", "decoder_input_ids")}
        if self.unbiased:
            return self.translator.lm_head(self.translator.model(**asked, use_cache=False).last_hidden_state)
        return self.translator(**asked, use_cache=False).logits


def start_row(model: nn.Module) -> tuple[nn.Embedding, int]:
    """A transformers model's embeddings and the row of the token that its decoder begins with, for `TranslationTask.zero`."""
    return model.get_input_embeddings(), model.config.decoder_start_token_id


class TranslationTask(Trainable):
    """Cross-entropy of the next target token, summed; validation in nats and as the share of tokens that come first.

    smoothing: share of each label that is spread over the whole vocabulary (Szegedy et al. 2016); for training only.
    zero: a table of embeddings and its row that stays zero. A Marian decoder begins with such a token, and other programs that run
          Marian models rely on it; but the head, which is the same table, would move it.
    """

    def __init__(
        self, model: nn.Module, train: Examples, validation: Examples, smoothing: float = 0.0, zero: tuple[nn.Embedding, int] | None = None
    ):
        self.model, self.train, self.validation, self.smoothing, self.zero = model, train, validation, smoothing, zero
        self.groups = groups(model)
        self.after_step(0)

    def loss(self, outputs: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        flat, labels = outputs.float().flatten(0, 1), batch["labels"].flatten()
        return nn.functional.cross_entropy(flat, labels, reduction="sum", ignore_index=IGNORED, label_smoothing=self.smoothing)

    def after_step(self, step: int) -> None:
        if self.zero is not None:
            table, row = self.zero
            with torch.no_grad():
                table.weight[row].zero_()

    def measure(self, outputs: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        flat, labels = outputs.float().flatten(0, 1), batch["labels"].flatten()
        nats = nn.functional.cross_entropy(flat, labels, reduction="sum", ignore_index=IGNORED)
        counted = labels != IGNORED
        right = (flat.argmax(-1) == labels) & counted
        return torch.stack([nats, right.sum().float(), counted.sum().float()])

    def summary(self, sums: Sequence[float]) -> dict[str, float]:
        nats, right, tokens = sums
        return {"val_loss": nats / tokens, "token_accuracy": right / tokens}
