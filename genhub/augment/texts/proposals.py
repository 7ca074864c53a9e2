"""Words that a masked-language model proposes for gaps, in their context.

made = Proposals(model, tokenizer).words([(["I", "like", "tea"], ["", " ", " ", "."], [2], rng)])       # [["coffee"]]
"""

from collections.abc import Sequence

import numpy as np
import torch

from genhub.augment.texts import words
from genhub.augment.texts.similar import letters_only
from genhub.text.classifier import length_batches
from genhub.text.masked import MaskedLM

LIKELIEST = 8  # among which one is drawn
TOGETHER = 64  # texts
LONGEST = 128  # tokens of a text that are read; words behind them stay
Asked = Sequence[tuple[Sequence[str], Sequence[str], Sequence[int], np.random.Generator]]


class Proposals:
    """Whole words of letters alone, and never the one that was there."""

    def __init__(self, model: MaskedLM, tokenizer):
        self.model, self.tokenizer = model, tokenizer
        self.of = letters_only(tokenizer.get_vocab())
        self.number = {word: place for place, word in enumerate(self.of)}
        self.tokens = torch.tensor(list(self.of.values()))
        self.named = list(self.of)

    def words(self, asked: Asked) -> list[list[str]]:
        """For the words of each text, with the gaps between them, what stands at the places then: drawn by its probability among the LIKELIEST."""
        found = [[text[place] for place in places] for text, _, places, _ in asked]
        wanted = [number for number, (_, _, places, _) in enumerate(asked) if places]
        rows = self.tokenizer([self._hidden(*asked[number][:3]) for number in wanted], truncation=True, max_length=LONGEST)["input_ids"]
        for batch in length_batches([len(row) for row in rows], TOGETHER):
            self._fill([wanted[at] for at in batch], [rows[at] for at in batch], asked, found)
        return found

    def _hidden(self, text: Sequence[str], gaps: Sequence[str], places: Sequence[int]) -> str:
        hide, mask = set(places), self.tokenizer.mask_token
        shown = [mask if place in hide else word for place, word in enumerate(text)]
        return words.joined(shown, [gap.replace("[", "(") for gap in gaps])  # a mask that somebody wrote is none

    @torch.inference_mode()
    def _fill(self, numbers: list[int], rows: list[list[int]], asked: Asked, found: list[list[str]]) -> None:
        ids = torch.full((len(rows), max(map(len, rows))), self.tokenizer.pad_token_id)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = torch.tensor(row)
        gaps = ids == self.tokenizer.mask_token_id
        batch = {"input_ids": ids, "attention_mask": (ids != self.tokenizer.pad_token_id).long(), "labels": torch.where(gaps, 0, -100)}
        shares, likeliest = self.model(batch)[:, self.tokens].float().softmax(-1).topk(LIKELIEST + 1)
        at = iter(zip(shares.tolist(), likeliest.tolist(), strict=True))
        for number, count in zip(numbers, gaps.sum(1).tolist(), strict=True):
            rng = asked[number][3]
            for place in range(count):
                share, best = next(at)
                found[number][place] = self._drawn(share, best, found[number][place], rng)

    def _drawn(self, shares: list[float], likeliest: list[int], before: str, rng: np.random.Generator) -> str:
        own = self.number.get(before.lower(), -1)
        kept = [(share, word) for share, word in zip(shares, likeliest, strict=True) if word != own][:LIKELIEST]
        at = rng.random() * sum(share for share, _ in kept)
        for share, word in kept:
            at -= share
            if at <= 0:
                return self.named[word]
        return self.named[kept[-1][1]]
