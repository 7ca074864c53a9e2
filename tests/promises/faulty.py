"""The app as `python -m genhub` serves it, but that its model worker can be made to fail: see tests/promises/faulty_ops.py.

python -m tests.promises.faulty serve --port 7860
"""

import functools
import sys

from genhub import cli
from genhub.lab import base

MEMORY, KILL = "all of the memory", "the end of the worker"  # texts to classify that do it

if __name__ == "__main__":
    base.Worker = functools.partial(base.Worker, ops="tests.promises.faulty_ops")
    sys.exit(cli.main())
