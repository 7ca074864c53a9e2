"""The app as `python -m genhub` serves it, but that its model worker has the operations of tests/ui/held_ops.py.

python -m tests.ui.held serve --port 7860
"""

import functools
import sys

from genhub import cli
from genhub.lab import base

if __name__ == "__main__":
    base.Worker = functools.partial(base.Worker, ops="tests.ui.held_ops")
    sys.exit(cli.main())
