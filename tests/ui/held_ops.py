"""The operations of the model worker; a text of the model `HELD` stands still after some tokens, until it is stopped.

What is stopped in a test is still being written then, however quick the machine is and however late its browser.
"""

import contextlib
import math
import time
from collections.abc import Generator
from dataclasses import replace
from typing import Any

from genhub.serving import ops

context = ops.context
HELD = "tests/endless-gpt"
EVENTS = 24
APART = 0.1  # seconds between two of them, in which the page shows what has come
TURN = 0.005  # seconds between two looks whether it is stopped; the worker answers others meanwhile


def write(context: Any, args: dict) -> Generator[dict | None, None, dict]:
    """`generate.write`, which never comes to an end when it would say more than `EVENTS` things of `HELD`."""
    told = 0
    with contextlib.closing(ops.OPS["generate.write"].run(context, args)) as steps:
        while True:
            try:
                event = next(steps)
            except StopIteration as end:
                return end.value
            yield event
            told += event is not None
            if args.get("model") == HELD and event is not None:
                yield from _pause(APART if told < EVENTS else math.inf)


def _pause(seconds: float) -> Generator[None, None, None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(TURN)
        yield None


OPS = ops.OPS | {"generate.write": replace(ops.OPS["generate.write"], run=write)}
