"""Samples that a model in training writes on its way, between two steps and without touching them.

    fitted = yield from with_samples(fit(task, plan, session), Sampler(...), places(6, steps))

A sample draws from a generator of its own, always the same: what changes from one to the next is the model.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from torch import nn

from genhub.events import Event, Metric, Resumed, Sample
from genhub.text.decoding.batch import Batch, Row
from genhub.text.decoding.memory import Decoder
from genhub.text.decoding.spelling import Speller
from genhub.training.configs import GenerateConfig


@dataclass(frozen=True)
class Sampler:
    """`module` is the model in training, `decoder` the same one token at a time; `prompt` (T,) tokens and as text."""

    module: nn.Module
    decoder: Decoder
    tokenizer: object
    prompt: list[int]
    prompt_text: str
    config: GenerateConfig
    ends: frozenset[int] = frozenset()

    def write(self) -> str:
        """What the model as it is now writes after the prompt."""
        training = self.module.training
        self.module.eval()
        try:
            row, speller, written = Row(self.prompt, self.config, self.ends), Speller(self.tokenizer, self.prompt), []
            batch = Batch(self.decoder)
            batch.join(row)
            while token := batch.next(row):
                written.append(speller.add(token.id))
            return "".join([*written, speller.flush()])
        finally:
            self.module.train(training)


def places(samples: int, steps: int) -> list[int]:
    """After which steps the samples are due: before the first, after the last, and evenly between them."""
    if samples <= 0:
        return []
    return sorted({round(number * steps / max(1, samples - 1)) for number in range(samples)}) if samples > 1 else [steps]


def with_samples(
    events: Iterator[Event], sampler: Sampler, due: Sequence[int], part: str = "final", before: Iterable[Event] = ()
) -> Iterator[Event]:
    """`events` with a Sample after the first report at or past each step of `due`; returns what `events` returns.

    `before`: events to come before the first step, made when they are asked for. After a resume, what came before the step that it
    goes on from does not come again.
    """
    waiting, begun = list(due), False
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            return end.value
        if isinstance(event, Resumed):
            begun = event.step > 0
            waiting = [place for place in waiting if place > event.step or not begun]
            yield event if begun else replace(event, step=-1)  # what came before the first step is void too: it comes again
            continue
        if not begun:
            begun = True
            yield from before
            if waiting and waiting[0] == 0:
                waiting.pop(0)
                yield Sample(0, sampler.write(), sampler.prompt_text, part)
        yield event
        if isinstance(event, Metric) and "loss" in event.values and waiting and event.step >= waiting[0]:
            waiting = [place for place in waiting if place > event.step]
            yield Sample(event.step, sampler.write(), sampler.prompt_text, part)
