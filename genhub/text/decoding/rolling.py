"""A transformer that writes on when its positions are full: it reads the last half of them anew and goes on from there.

From where it reads depends on the place alone, not on how the text came about: what is read at once, token by token, or judged by
`lm.sliding_windows`, has the same probabilities.

Right for models of characters, which were trained on windows from anywhere in a text: what came before the window, they never knew. As
`sample.py` of nanoGPT crops what a model reads, only that each new token does not cost a whole window.
"""

import torch

from genhub.text.decoding.memory import KeyValues, TransformerDecoder


class Rolling:
    """What is remembered of some rows, and the tokens it is made of, row by row."""

    joinable = True

    def __init__(self, inner: KeyValues, texts: list[list[int]]):
        self.inner, self.texts = inner, texts

    def join(self, other: "Rolling") -> None:
        self.inner.join(other.inner)
        self.texts += other.texts

    def keep(self, rows: list[int]) -> None:
        """Only these rows, in this order; a row may be named twice (beams)."""
        self.inner.keep(rows)
        self.texts = [self.texts[row] for row in rows]


class RollingDecoder:
    """A model of transformers with `held` positions, without an end."""

    positions = 0

    def __init__(self, model: torch.nn.Module, held: int):
        self.inner, self.held = TransformerDecoder(model, held), held
        self.stride = held - held // 2  # tokens that are let go when all positions are full

    def begin(self, ids: list[int]) -> tuple[Rolling, torch.Tensor]:
        """A prompt of at least one token, of which the last `held // 2 + 1` at least and `held` at most are read → its memory and (1, V)
        logits of the token after it."""
        text = ids[len(ids) - self.read(len(ids)) :]
        memory, logits = self.inner.begin(text)
        return Rolling(memory, [text]), logits

    def read(self, count: int) -> int:
        """How many of the last of `count` tokens are read before the next one is written."""
        beyond = max(0, count - self.held)
        return count - -(-beyond // self.stride) * self.stride

    def step(self, tokens: torch.Tensor, memory: Rolling) -> torch.Tensor:
        """One token of each row (B,) → (B, V) logits of the one after it."""
        texts = [[*text, token] for text, token in zip(memory.texts, tokens.tolist(), strict=True)]
        full = [row for row, text in enumerate(texts) if len(text) > self.held]
        if not full:
            memory.texts = texts
            return self.inner.step(tokens, memory.inner)
        going = [row for row in range(len(texts)) if row not in full]
        parts = [self.begin(texts[row]) for row in full]
        if going:
            memory.inner.keep(going)
            logits = self.inner.step(tokens[going], memory.inner)
            parts.append((Rolling(memory.inner, [texts[row] for row in going]), logits))
        whole = parts[0][0]
        for part, _ in parts[1:]:
            whole.join(part)
        order = sorted(range(len(texts)), key=[*full, *going].__getitem__)
        whole.keep(order)
        memory.inner, memory.texts = whole.inner, whole.texts
        return torch.cat([logits for _, logits in parts])[order]
