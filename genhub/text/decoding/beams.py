"""Beam search that remembers its tree: which hypotheses there were, which were dropped, and where greedy decoding would have gone.

At each step every hypothesis is continued by every token; of all continuations the best `beams` go on. The score of a
finished hypothesis of n new tokens is

    sum of log-probabilities / n ** length_penalty

as in transformers' `generate`, whose results this gives. Beam sampling draws the continuations instead, without putting
back, in proportion to their probability.
"""

from collections.abc import Generator
from dataclasses import dataclass, field

import torch

from genhub.text.decoding.memory import Decoder
from genhub.text.decoding.strategies import Chooser
from genhub.training.configs import GenerateConfig

ROOT = -1


@dataclass
class Node:
    """A token in the tree. logprob: its own; score: the sum down to it; state: "open", "kept" (went on), "dropped" or "ended"."""

    token: int
    parent: int
    depth: int
    logprob: float
    score: float
    state: str = "dropped"
    greedy: bool = False


@dataclass(frozen=True)
class Hypothesis:
    """A finished continuation: its new tokens without the ending one, its score with the length penalty, its last node."""

    tokens: list[int]
    score: float
    node: int
    ended: bool


@dataclass
class Beams:
    """The search so far: nodes by number, hypotheses best first."""

    nodes: list[Node] = field(default_factory=list)
    hypotheses: list[Hypothesis] = field(default_factory=list)

    def path(self, node: int) -> list[int]:
        """Numbers of the nodes from the first token down to this one."""
        found = []
        while node != ROOT:
            found.append(node)
            node = self.nodes[node].parent
        return found[::-1]

    def tokens(self, node: int) -> list[int]:
        return [self.nodes[number].token for number in self.path(node)]


def search(decoder: Decoder, prompt: list[int], config: GenerateConfig, ends: frozenset[int]) -> Generator[Beams, None, Beams]:
    """Yields the search after each step and returns it when it is done; a prompt has at least one token."""
    hunt = _Search(decoder, prompt, config, ends if config.stop_at_end else frozenset())
    while not hunt.done:
        hunt.step()
        yield hunt.beams
    return hunt.beams


class _Search:
    def __init__(self, decoder: Decoder, prompt: list[int], config: GenerateConfig, ends: frozenset[int]):
        self.decoder, self.prompt, self.config, self.ends = decoder, prompt, config, ends
        self.chooser = Chooser(config)
        self.beams = Beams()
        room = decoder.positions - len(prompt) if decoder.positions else config.max_new_tokens
        self.longest = max(1, min(config.max_new_tokens, room))
        self.depth, self.done = 0, False
        self.memory, self.logits = decoder.begin(prompt)
        self.running = [(ROOT, 0.0)]  # (node, score) of each row of memory
        self.greedy = ROOT  # the last node of the greedy path, as far as beams follow it

    def step(self) -> None:
        logprobs = self._logprobs()
        found = self._candidates(logprobs)
        self.depth += 1
        last = self.depth >= self.longest
        going = []
        for rank, (place, token, score) in enumerate(found):
            parent = self.running[place][0]
            number = self._node(parent, token, float(logprobs[place, token]), score)
            ends = token in self.ends
            if (ends or last) and rank < self.config.beams:
                self._finish(number, ends)
            elif not ends and not last and len(going) < self.config.beams:
                self.beams.nodes[number].state = "kept"
                going.append((place, number, score))
        self._mark_greedy(logprobs)
        if last or not going or self._hopeless(going[0][2]):
            self.done = True
            return
        self.running = [(number, score) for _, number, score in going]
        self.memory.keep([place for place, _, _ in going])
        self.logits = self.decoder.step(torch.tensor([self.beams.nodes[number].token for _, number, _ in going]), self.memory)

    def _logprobs(self) -> torch.Tensor:
        """(rows, V) log-probabilities after the processors, which see the tokens of each row."""
        logprobs = self.logits.log_softmax(-1)
        rows = []
        for place, (node, _) in enumerate(self.running):
            ids = torch.tensor([[*self.prompt, *self.beams.tokens(node)]])
            rows.append(self.chooser.scores(ids, logprobs[place : place + 1]))
        return torch.cat(rows)

    def _candidates(self, logprobs: torch.Tensor) -> list[tuple[int, int, float]]:
        """(row, token, score) of the continuations that are looked at, the best first: so many that enough are left when some end."""
        totals = (logprobs + torch.tensor([score for _, score in self.running])[:, None]).flatten()
        wanted = min((len(self.ends) + 1 if self.ends else 2) * self.config.beams, int(torch.isfinite(totals).sum()))
        if self.chooser.draws:
            places = torch.multinomial(totals.softmax(-1), wanted, generator=self.chooser.random)
            places = places[totals[places].argsort(descending=True)]
        else:
            places = totals.topk(wanted).indices
        width = logprobs.shape[-1]
        return [(int(place) // width, int(place) % width, float(totals[place])) for place in places]

    def _node(self, parent: int, token: int, logprob: float, score: float) -> int:
        self.beams.nodes.append(Node(token, parent, self.depth, logprob, score))
        return len(self.beams.nodes) - 1

    def _finish(self, number: int, ended: bool) -> None:
        node = self.beams.nodes[number]
        node.state = "ended"
        tokens = self.beams.tokens(number)
        score = node.score / self.depth**self.config.length_penalty
        self.beams.hypotheses.append(Hypothesis(tokens[:-1] if ended else tokens, score, number, ended))
        self.beams.hypotheses.sort(key=lambda hypothesis: -hypothesis.score)
        del self.beams.hypotheses[self.config.beams :]

    def _hopeless(self, best: float) -> bool:
        """Whether no running hypothesis is likely to beat the worst finished one."""
        full = len(self.beams.hypotheses) == self.config.beams
        return full and best / self.depth**self.config.length_penalty < self.beams.hypotheses[-1].score

    def _mark_greedy(self, logprobs: torch.Tensor) -> None:
        """Follow the greedy path for as long as the search looks at it."""
        places = [place for place, (node, _) in enumerate(self.running) if node == self.greedy]
        if not places or (self.depth > 1 and self.greedy == ROOT):
            return
        best = int(logprobs[places[0]].argmax())
        for number in range(len(self.beams.nodes) - 1, -1, -1):
            node = self.beams.nodes[number]
            if node.depth < self.depth:
                break
            if node.parent == self.greedy and node.token == best:
                node.greedy, self.greedy = True, number
                return
        self.greedy = ROOT
