"""Rows of several requests, decoded together: each step gives every row one token.

Whoever asks for a row's next token drives the whole batch one step, and finds the tokens that others' steps have brought
for it in the meantime. So rows join and leave between steps, and nobody waits for the end of somebody else's text.
"""

from collections import deque
from dataclasses import dataclass

import torch

from genhub.text.decoding.memory import Decoder, Memory
from genhub.text.decoding.strategies import Chooser
from genhub.training.configs import GenerateConfig

END, LENGTH, POSITIONS = "end", "length", "positions"  # why a text stops: the model ended it, or one of two limits


@dataclass(frozen=True)
class Token:
    """A token that was chosen. logprob and entropy (nats) are the model's own, before any temperature or cut; rank: 0 for the most
    probable one."""

    id: int
    logprob: float
    entropy: float
    rank: int


class Row:
    """One continuation on its way."""

    def __init__(self, prompt: list[int], config: GenerateConfig, ends: frozenset[int] = frozenset()):
        """`ends`: tokens with which the model ends a text. Raises ValueError for an empty prompt."""
        if not prompt:
            raise ValueError("a prompt has at least one token")
        self.ids, self.prompt, self.config = list(prompt), len(prompt), config
        self.ends = ends if config.stop_at_end else frozenset()
        self.chooser = Chooser(config)
        self.fresh: deque[Token] = deque()
        self.ended = ""

    @property
    def new(self) -> list[int]:
        return self.ids[self.prompt :]

    def take(self, token: Token, positions: int) -> None:
        """A token has been chosen: keep it, and see whether it was the last."""
        if token.id in self.ends:
            self.ended = END
            return
        self.ids.append(token.id)
        self.fresh.append(token)
        if len(self.new) >= self.config.max_new_tokens:
            self.ended = LENGTH
        elif positions and len(self.ids) >= positions:
            self.ended = POSITIONS


class Batch:
    """Rows on one model. `rows[i]` is row i of `memory` and of `logits` (B, V)."""

    def __init__(self, decoder: Decoder):
        self.decoder = decoder
        self.rows: list[Row] = []
        self.memory: Memory | None = None
        self.logits: torch.Tensor | None = None

    def join(self, row: Row) -> None:
        """Read a row's prompt and put it beside the others."""
        memory, logits = self.decoder.begin(row.ids)
        if self.rows:
            self.memory.join(memory)
            self.logits = torch.cat([self.logits, logits])
        else:
            self.memory, self.logits = memory, logits
        self.rows.append(row)

    def leave(self, row: Row) -> None:
        """A row that is not wanted any more goes; one that has gone already does not matter."""
        if row in self.rows:
            self._keep([place for place, other in enumerate(self.rows) if other is not row])

    def next(self, row: Row) -> Token | None:
        """The row's next token; None when it has ended. Drives the batch where there is none yet."""
        while not row.fresh and not row.ended:
            if row not in self.rows:
                raise RuntimeError("a step of this row's batch has failed")
            self.step()
        return row.fresh.popleft() if row.fresh else None

    def step(self) -> None:
        """One token for every row. What fails in the middle leaves rows and memory apart, so the batch ends with it."""
        try:
            self._step()
        except BaseException:
            self.rows, self.memory, self.logits = [], None, None
            raise

    def _step(self) -> None:
        for row, token in zip(self.rows, self._chosen(), strict=True):
            row.take(token, self.decoder.positions)
        self._keep([place for place, row in enumerate(self.rows) if not row.ended])
        if self.rows:
            self.logits = self.decoder.step(torch.tensor([row.ids[-1] for row in self.rows]), self.memory)

    def _chosen(self) -> list[Token]:
        logprobs = self.logits.log_softmax(-1)
        entropies = torch.special.entr(logprobs.exp()).sum(-1).tolist()
        tokens = []
        for place, row in enumerate(self.rows):
            token = row.chooser.choose(torch.tensor([row.ids]), self.logits[place : place + 1])
            logprob = logprobs[place, token]
            tokens.append(Token(token, float(logprob), entropies[place], int((logprobs[place] > logprob).sum())))
        return tokens

    def _keep(self, places: list[int]) -> None:
        if len(places) == len(self.rows):
            return
        self.rows = [self.rows[place] for place in places]
        if not self.rows:
            self.memory = self.logits = None
            return
        self.memory.keep(places)
        self.logits = self.logits[torch.tensor(places)]
