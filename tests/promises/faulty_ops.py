"""The operations of the model worker; two texts to classify are fatal: one runs out of memory, one gets the worker killed."""

import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from genhub.serving import ops
from tests.promises.faulty import KILL, MEMORY

context = ops.context
PREDICT = ops.OPS["classify.predict"]


def predict(context: Any, args: dict):
    _fail(args["texts"])
    return PREDICT.run(context, args)


def together(context: Any, all_args: list[dict]) -> list[dict]:
    for args in all_args:
        _fail(args["texts"])
    return PREDICT.together(context, all_args)


def _fail(texts: Sequence[str]) -> None:
    if MEMORY in texts:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9000000000000 bytes.")
    if KILL in texts:
        os.kill(os.getpid(), signal.SIGKILL)  # what the system does to a process that takes all of the memory


OPS = ops.OPS | {"classify.predict": replace(PREDICT, run=predict, together=together)}
