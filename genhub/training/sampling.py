"""Samples of what a model in training makes on its way, taken between two steps and without touching them.

fitted = yield from with_samples(fit(task, plan, session), sampler, places(6, steps))
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from genhub.events import Event, Metric, Resumed, Sample


class Sampler(Protocol):
    def sample(self, step: int, part: str) -> Sample:
        """What the model as it is now makes, always from the same draw: what changes from one to the next is the model."""


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
                yield sampler.sample(0, part)
        yield event
        if isinstance(event, Metric) and "loss" in event.values and waiting and event.step >= waiting[0]:
            waiting = [place for place in waiting if place > event.step]
            yield sampler.sample(event.step, part)
