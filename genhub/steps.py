"""Work in steps: generators whose return value is the answer."""

from collections.abc import Generator
from typing import Any


def result(steps: Generator[Any, None, Any]) -> Any:
    """What a generator returns in the end; what it yields is dropped."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def quietly(steps: Generator[Any, None, Any]) -> Generator[None, None, Any]:
    """The same steps without their events."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
        yield None
