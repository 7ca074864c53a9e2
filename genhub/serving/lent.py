"""The web process's end of inference in the profile `zerogpu`: long work goes to a GPU that is lent for it, the rest to the model worker.

    worker = Lent(settings)          # called as `client.Worker` is

A visitor's GPU seconds are few (two to five minutes a day), and a GPU takes seconds to come: for one sentence, a picture or a table of
attention the processor answers sooner and costs nothing. So what goes to a GPU stands in a table, LONG, with what of it is long. When no GPU
is to be had, or its time was up too soon, the model worker answers instead.
"""

import contextlib
import logging
import math
import time
from collections.abc import Callable, Iterator

from genhub import zerogpu
from genhub.errors import UserError
from genhub.serving.client import Worker, error_of
from genhub.settings import Settings

LEAST_TEXTS = 512  # an encoder reads them in about the time that a GPU takes to come
UNKNOWN_SECONDS, LEAST_SECONDS, MOST_SECONDS = 30, 10, 60
SLACK = 1.5  # a text may be longer than those before it
MODULES = ("genhub.serving.inline",)
LOG = logging.getLogger(__name__)


def _texts(args: dict) -> int:
    texts = args.get("texts")
    return len(texts) if isinstance(texts, list) else 0


LONG: dict[str, tuple[Callable[[dict], int], int]] = {  # operation → how much work a request is, and from how much on it is long
    "classify.predict": (_texts, LEAST_TEXTS),
}


class Lent:
    """All methods may be called from any thread, and are called in the visitor's own: whose GPU seconds are spent is in its context."""

    def __init__(self, settings: Settings):
        zerogpu.check()
        self.beside = Worker(settings)
        self._measured: dict[str, tuple[float, float]] = {}  # operation → seconds on the way, seconds for each piece of its work

    def start(self) -> None:
        self.beside.start()
        zerogpu.prepare(MODULES)

    def ready(self) -> bool:
        return self.beside.ready()

    @property
    def pid(self) -> int:
        """Of the model worker."""
        return self.beside.pid

    def close(self) -> None:
        self.beside.close()

    def call(self, op: str, args: dict, seconds: float = 30.0) -> dict:
        """As `client.Worker.call`."""
        for message in self.stream(op, args, seconds):
            if "result" in message:
                return message["result"]
        raise RuntimeError(f"{op} ended without a result")

    def stream(self, op: str, args: dict, seconds: float = 30.0) -> Iterator[dict]:
        """As `client.Worker.stream`."""
        deadline = time.monotonic() + seconds
        if self.work(op, args):
            try:
                yield from self._on_gpu(op, args, deadline, seconds)
                return
            except (zerogpu.Refused, zerogpu.Busy, zerogpu.Ended) as error:
                LOG.info("%s goes to the processor: %s", op, error)
                yield {"restarted": True}
        with contextlib.closing(self.beside.stream(op, args, max(1.0, deadline - time.monotonic()))) as messages:
            yield from messages

    @staticmethod
    def work(op: str, args: dict) -> int:
        """How much of it there is for a GPU; 0: none."""
        measure, least = LONG.get(op, (_texts, math.inf))
        work = measure(args)
        return work if work >= least else 0

    def seconds_for(self, op: str, work: int) -> int:
        """How many a request asks for: what the last one took, a piece of work at a time."""
        if op not in self._measured:
            return UNKNOWN_SECONDS
        way, each = self._measured[op]
        return min(max(math.ceil(SLACK * (way + each * work)), LEAST_SECONDS), MOST_SECONDS)

    def _on_gpu(self, op: str, args: dict, deadline: float, seconds: float) -> Iterator[dict]:
        work, first = self.work(op, args), None
        with contextlib.closing(zerogpu.run("genhub.serving.inline:answer", {"op": op, "args": args}, self.seconds_for(op, work))) as told:
            for message in told:
                first = message["at"] if first is None else first
                if "error" in message:
                    raise error_of(message["error"])
                if "result" in message:
                    self._measured[op] = (first, (message["at"] - first) / work)
                    yield {"result": message["result"]}
                    return
                if time.monotonic() > deadline:
                    raise UserError(f"No answer within {seconds:g} s.", f"The limit is {seconds:g} s.", "Try fewer texts, or again later.")
                if "event" in message:
                    yield message["event"]
        raise zerogpu.Ended("the answer has no end")
