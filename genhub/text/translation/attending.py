"""What a translator looked at while it wrote each token, and how sure it was: one pass over a finished translation."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from transformers.modeling_outputs import BaseModelOutput

from genhub.text.translation.stepping import encode

SPACE = "▁"  # of sentencepiece and its like: the blank before a word


@dataclass(frozen=True)
class Look:
    """Of T target tokens and S source tokens. logprobs, entropies (nats), ranks (0: the most probable): T each.
    attention: (layers, heads, T, S), from the decoder to the source; every line of S sums to 1."""

    logprobs: list[float]
    entropies: list[float]
    ranks: list[int]
    attention: torch.Tensor


@torch.inference_mode()
def look(model: nn.Module, source: Sequence[int], target: Sequence[int], first: Sequence[int], hidden: Collection[int] = ()) -> Look:
    """`source` with the ids that close it; `target` with the end token; `first`: what the decoder reads before the target.

    The model must have been loaded with eager attention: no other kind tells its weights.
    """
    states, mask = encode(model, source, hidden)
    read = torch.tensor([[*first, *target[:-1]]], device=model.device)
    answer = model(
        encoder_outputs=BaseModelOutput(last_hidden_state=states),
        attention_mask=mask,
        decoder_input_ids=read,
        use_cache=False,
        output_attentions=True,
    )
    begin = len(first) - 1
    shares = answer.logits[0, begin:].float().log_softmax(-1).cpu()
    chosen = shares[torch.arange(len(target)), torch.tensor(list(target))]
    attention = torch.stack([layer[0, :, begin:].float().cpu() for layer in answer.cross_attentions])
    return Look(
        chosen.tolist(),
        torch.special.entr(shares.exp()).sum(-1).tolist(),
        (shares > chosen[:, None]).sum(-1).tolist(),
        attention,
    )


def words(pieces: Sequence[str]) -> list[list[int]]:
    """Places of the pieces of each word; marks of punctuation and special tokens are words of their own."""
    found: list[list[int]] = []
    for place, piece in enumerate(pieces):
        bare = piece.removeprefix(SPACE)
        before = pieces[place - 1].removeprefix(SPACE) if place else ""
        begins = (piece.startswith(SPACE) and before != "") or _is_mark(bare) or _is_mark(before)
        if found and not begins:
            found[-1].append(place)
        else:
            found.append([place])
    return found


def _is_mark(piece: str) -> bool:
    special = piece.startswith("<") and piece.endswith(">")
    return bool(piece) and (special or not any(character.isalnum() for character in piece))


def by_words(attention: torch.Tensor, target: Sequence[Sequence[int]], source: Sequence[Sequence[int]]) -> torch.Tensor:
    """(…, T, S) of pieces → (…, words, words): what a word looks at is the mean of its pieces, and the sum over those of a source word."""
    columns = torch.stack([attention[..., list(places)].sum(-1) for places in source], -1)
    return torch.stack([columns[..., list(places), :].mean(-2) for places in target], -2)
