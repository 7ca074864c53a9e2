"""Work in steps: generators whose return value is the answer."""

from collections.abc import Callable, Generator
from typing import Any


def result(steps: Generator[Any, None, Any]) -> Any:
    """What a generator returns in the end; what it yields is dropped."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def retold(steps: Generator[Any, None, Any], tell: Callable[[Any], Any]) -> Generator[Any, None, Any]:
    """The same steps and the same answer; of each event what `tell` makes of it."""
    while True:
        try:
            event = next(steps)
        except StopIteration as end:
            return end.value
        yield tell(event)


def quietly(steps: Generator[Any, None, Any]) -> Generator[None, None, Any]:
    """The same steps without their events."""
    return retold(steps, lambda event: None)
