"""Windows of a text for a training that is so many steps long, whatever the size of the text.

An epoch is a stretch of such a training between two validations. Which windows belong to it follows from its number alone, so that a
run that was killed goes on with the very same ones.
"""

from collections.abc import Sequence

import numpy as np
import torch

from genhub.text.char_rnn import Streams


class Passes:
    """`rows` windows of `length` tokens an epoch, pass after pass over `ids` (N,); implements `Examples`.

    A pass takes windows side by side in random order, the first beginning anywhere within a window's length: every token is learnt from
    about once a pass, and is at another place of its window each time. Raises ValueError when the text is too short for one window.
    """

    def __init__(self, ids: Sequence[int] | np.ndarray, length: int, rows: int, seed: int = 0):
        self.ids = torch.as_tensor(np.asarray(ids, dtype=np.int64))
        if len(self.ids) <= length:
            raise ValueError(f"{len(self.ids)} tokens are too few for a window of {length} and the token after it")
        self.length, self.seed = length, seed
        self.late = min(length, len(self.ids) - length)  # places where the first window of a pass can begin
        self.windows = (len(self.ids) - self.late) // length  # of a pass
        self.lengths = [length] * rows
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """The windows of this epoch from now on."""
        rows = len(self.lengths)
        first, skipped = divmod(epoch * rows, self.windows)
        passes = -(-(skipped + rows) // self.windows)
        starts = np.concatenate([self.one_pass(first + number) for number in range(passes)])
        self.starts = torch.from_numpy(starts[skipped : skipped + rows])

    def one_pass(self, number: int) -> np.ndarray:
        """Where the windows of a pass begin."""
        draw = np.random.default_rng([self.seed, number])
        return draw.integers(self.late) + self.length * draw.permutation(self.windows)

    def batch(self, indices: Sequence[int]) -> dict[str, torch.Tensor]:
        """`input_ids` and `labels` (B, T): the same tokens, one place apart."""
        rows = self.ids[self.starts[list(indices)][:, None] + torch.arange(self.length + 1)]
        return {"input_ids": rows[:, :-1].contiguous(), "labels": rows[:, 1:].contiguous()}

    def weight(self, indices: Sequence[int]) -> float:
        return float(len(indices) * self.length)


class Onward(Streams):
    """Streams that go on where the epoch before ended, and from the beginning of the text when they have come to its end; an epoch has
    `steps` of them. Wants `Plan.in_order`."""

    def __init__(self, ids: Sequence[int] | np.ndarray, length: int, streams: int, steps: int):
        super().__init__(ids, length, streams)
        self.whole = len(self.lengths)
        self.lengths = [length] * (steps * streams)
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """The windows of this epoch from now on."""
        self.before = epoch * len(self.lengths) % self.whole

    def batch(self, indices: Sequence[int]) -> dict[str, torch.Tensor]:
        return super().batch([(self.before + index) % self.whole for index in indices])
