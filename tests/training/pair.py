"""A process of several under torchrun: `python -m tests.training.pair WORDS.json` runs one command line of genhub after the other.

The file holds lists of words; where the first word is stop=N, Stop is pressed in the last process when it asks for the Nth time.
"""

import json
import os
import sys
from pathlib import Path

from genhub import cli
from genhub.jobs.folder import RunFolder

asked = RunFolder.stop_requested


def pressed_after(count: int):
    """What RunFolder.stop_requested is then."""
    left = iter(range(count - 1))
    return lambda run: next(left, None) is None


def main() -> None:
    last = int(os.environ["RANK"]) == int(os.environ["WORLD_SIZE"]) - 1
    for first, *rest in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        stops = first.startswith("stop=")
        RunFolder.stop_requested = pressed_after(int(first[5:])) if stops and last else asked
        if status := cli.main(rest if stops else [first, *rest]):
            sys.exit(status)


if __name__ == "__main__":
    try:
        main()
    finally:
        cli.leave()
