"""The model worker's operations in the calling process: where the GPU is, called through `genhub.zerogpu`.

What is loaded stays for the next call, where there is one in this process. Importing this module imports torch, transformers and peft.
"""

import time
from collections.abc import Generator, Iterator

import torch

from genhub.serving import ops
from genhub.serving.worker import describe

_contexts: list[ops.Context] = []


def answer(args: dict, seconds: float) -> Iterator[dict]:
    """{op, args} → {event}, then {result} or {error}, as the model worker answers; {at: seconds since the beginning} stands beside each."""
    begun = time.monotonic()
    try:
        for message in _messages(args["op"], args["args"]):
            yield {"at": time.monotonic() - begun, **message}
    except Exception as error:  # noqa: BLE001 - an edge: whatever is raised becomes an answer
        yield {"at": time.monotonic() - begun, "error": describe(error)}


def context() -> ops.Context:
    """What operations share in this process."""
    if not _contexts:
        _contexts.append(ops.context(0, {}, "cuda" if torch.cuda.is_available() else ""))
    return _contexts[0]


def _messages(op: str, args: dict) -> Generator[dict, None, None]:
    outcome = ops.OPS[op].run(context(), args)
    while isinstance(outcome, Generator):
        try:
            event = next(outcome)
        except StopIteration as end:
            outcome = end.value
        else:
            yield {} if event is None else {"event": event}
    yield {"result": outcome}
