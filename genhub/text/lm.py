"""A causal language model as the training loop sees it: windows of one long text, the next token of each position.

    task = LanguageTask(Logits(gpt2), Windows(ids[:cut], 256, wander=True), Windows(ids[cut:], 256))
    fitted = yield from fit(task, plan, session)

Losses are in nats a token. Position t of a window predicts token t + 1 from the tokens before it in the window, so the first
positions know little: `sliding_loss` gives every token a context, `Windows` side by side is what nanoGPT measures.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import nn

from genhub.training import draws
from genhub.training.plan import Examples, Trainable

MATRICES, REST = "matrices", "rest"  # groups of parameters: what Muon may step, and what it must not


class Windows:
    """Windows of `length` tokens that begin every `stride` tokens of `ids` (N,); implements `Examples`.

    stride: `length`, side by side, unless given. A smaller one shows each token several times an epoch.
    wander: each time a window is asked for, it begins up to a stride later, drawn from torch's generator: an epoch is still one
            look at the text, cut at other places every time, and goes on the same after a resume, which restores the generator.

    Raises ValueError when the text is too short for one window.
    """

    def __init__(self, ids: Sequence[int] | np.ndarray, length: int, stride: int = 0, wander: bool = False):
        self.ids = torch.as_tensor(np.asarray(ids, dtype=np.int64))
        self.length, self.stride, self.wander = length, stride or length, wander
        self.last = len(self.ids) - length - 1  # where the last window can begin: it predicts one token more than it reads
        if self.last < 0:
            raise ValueError(f"{len(self.ids)} tokens are too few for a window of {length} and the token after it")
        self.starts = range(0, self.last + 1, self.stride)
        self.lengths = [length] * len(self.starts)

    def batch(self, indices: Sequence[int]) -> dict[str, torch.Tensor]:
        """`input_ids` and `labels` (B, T): the same tokens, one place apart."""
        starts = torch.tensor([self.starts[index] for index in indices])
        if self.wander:
            starts = (starts + draws.own(lambda rows: torch.randint(self.stride, (rows,)), len(indices))).clamp(max=self.last)
        rows = self.ids[starts[:, None] + torch.arange(self.length + 1)]
        return {"input_ids": rows[:, :-1].contiguous(), "labels": rows[:, 1:].contiguous()}

    def weight(self, indices: Sequence[int]) -> float:
        return float(len(indices) * self.length)


class Logits(nn.Module):
    """A transformers model called with a batch, answering logits (B, T, V)."""

    def __init__(self, language_model: nn.Module):
        super().__init__()
        self.language_model = language_model

    def forward(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return self.language_model(input_ids=batch["input_ids"], use_cache=False).logits


class LanguageTask(Trainable):
    """Cross-entropy of the next token, summed; validation in nats a token. `model(batch)` answers logits (B, T, V)."""

    def __init__(self, model: nn.Module, train: Examples, validation: Examples):
        self.model, self.train, self.validation = model, train, validation
        self.groups = groups(self.model)

    def loss(self, outputs: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return nn.functional.cross_entropy(outputs.float().flatten(0, 1), batch["labels"].flatten(), reduction="sum")

    def measure(self, outputs: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return torch.stack([self.loss(outputs, batch), torch.tensor(float(batch["labels"].numel()), device=outputs.device)])

    def summary(self, sums: Sequence[float]) -> dict[str, float]:
        loss, tokens = sums
        return {"val_loss": loss / tokens}


def groups(model: nn.Module) -> dict[str, list[str]]:
    """Names of the parameters that learn: the hidden matrices, and the rest (embeddings, head, biases, norms)."""
    found: dict[str, list[str]] = {MATRICES: [], REST: []}
    for name, tensor in model.named_parameters():
        if tensor.requires_grad:
            found[MATRICES if tensor.ndim == 2 and not _is_table(name) else REST].append(name)
    return found


def _is_table(name: str) -> bool:
    """Embeddings and heads have one row a token or position."""
    return any(part in name for part in (".wte.", ".wpe.", ".shared.", "embed", "lm_head"))


@torch.inference_mode()
def window_loss(model: nn.Module, windows: Windows, batch_size: int = 16, stop: Callable[[], bool] = bool) -> float | None:
    """Nats a token of `model(batch)` over whole windows, as the training loop validates; None when `stop` says so meanwhile."""
    total, rows = 0.0, range(len(windows.lengths))
    for at in rows[::batch_size]:
        if stop():
            return None
        batch = {name: tensor.to(_device(model)) for name, tensor in windows.batch(rows[at : at + batch_size]).items()}
        total += nn.functional.cross_entropy(model(batch).float().flatten(0, 1), batch["labels"].flatten(), reduction="sum").item()
    return total / sum(windows.lengths)


def _device(model: nn.Module) -> torch.device:
    return next((tensor.device for tensor in model.parameters()), torch.device("cpu"))


@torch.inference_mode()
def sliding_loss(model: nn.Module, ids: Sequence[int] | np.ndarray, length: int, context: int, batch_size: int = 16) -> tuple[float, int]:
    """(nats, tokens): the summed loss of `model(batch)` over every token of `ids` but the first, each predicted from at least
    `context` tokens, or from all there are before it."""
    ids = torch.as_tensor(np.asarray(ids, dtype=np.int64))
    windows = sliding_windows(len(ids), length, context)
    total, count = 0.0, 0
    for at in range(0, len(windows), batch_size):
        some = windows[at : at + batch_size]
        width = max(end - start for start, end, _ in some)
        rows = torch.zeros(len(some), width + 1, dtype=torch.int64)
        labels = torch.full((len(some), width), -100)
        for row, (start, end, new) in enumerate(some):
            rows[row, : end - start + 1] = ids[start : end + 1]
            labels[row, new - start : end - start] = ids[new + 1 : end + 1]
        logits = model({"input_ids": rows[:, :-1]}).float()
        total += nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum").item()
        count += int((labels >= 0).sum())
    return total, count


def sliding_windows(tokens: int, length: int, context: int) -> list[tuple[int, int, int]]:
    """(start, end, new): read tokens start … end - 1 and measure what positions new … end - 1 predict; every position of a text
    of `tokens` tokens but the last is measured once."""
    if not 0 <= context < length:
        raise ValueError(f"a window of {length} tokens cannot leave {context} unmeasured")
    windows, new, last = [], 0, tokens - 1
    while new < last:
        start = max(0, new - context)
        end = min(start + length, last)
        windows.append((start, end, new))
        new = end
    return windows
