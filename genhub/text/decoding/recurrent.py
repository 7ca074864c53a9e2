"""A recurrent model as the batch sees it: what it remembers of a row is one state, however many tokens the row has.

Rows need no padding and no positions, so that rows of any length lie side by side, and a text can go on for ever.
"""

from collections.abc import Callable

import torch

Step = Callable[[torch.Tensor, torch.Tensor | None], tuple[torch.Tensor, torch.Tensor]]


class States:
    """The states of some rows, (layers, B, units)."""

    joinable = True

    def __init__(self, tensor: torch.Tensor):
        self.tensor = tensor

    def join(self, other: "States") -> None:
        self.tensor = torch.cat([self.tensor, other.tensor], 1)

    def keep(self, rows: list[int]) -> None:
        """Only these rows, in this order; a row may be named twice (beams)."""
        self.tensor = self.tensor[:, torch.tensor(rows, dtype=torch.int64)]


class RecurrentDecoder:
    """A model called as `rnn(ids (B, T), state)` that answers logits (B, T, V) and the state after them; without gradients."""

    positions = 0

    def __init__(self, rnn: Step):
        self.rnn = rnn

    @torch.inference_mode()
    def begin(self, ids: list[int]) -> tuple[States, torch.Tensor]:
        """A prompt of at least one token → its state and (1, V) logits of the token after it."""
        logits, state = self.rnn(torch.tensor([ids]), None)
        return States(state), logits[:, -1].float()

    @torch.inference_mode()
    def step(self, tokens: torch.Tensor, memory: States) -> torch.Tensor:
        """One token of each row (B,) → (B, V) logits of the one after it."""
        logits, memory.tensor = self.rnn(tokens[:, None], memory.tensor)
        return logits[:, -1].float()
