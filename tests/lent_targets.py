"""What tests have called with a GPU."""

import os
import signal
from collections.abc import Iterator


def count(args: dict, seconds: float) -> Iterator[dict]:
    """As many numbers as `to` says, and where they come from; `end`: how it comes to none."""
    for number in range(args["to"]):
        facts = {"secret": os.environ.get("GENHUB_AUTH", ""), "offline": os.environ.get("GENHUB_OFFLINE", "")}
        yield {"number": number, "pid": os.getpid(), "seconds": seconds, **facts}
    if args.get("end") == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if args.get("end") == "defect":
        raise ZeroDivisionError("a detail")
