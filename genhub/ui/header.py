"""The slim line at the top: what this is, on what it runs, for whom, what runs now, whether the Hub is there."""

import importlib.metadata
import math
import os

from genhub.lab import Lab
from genhub.ui import markup

LIVE = ("running", "stopping")


def render(lab: Lab) -> str:
    pieces = [
        "<strong>GenHub</strong>",
        f"<span>{markup.esc(device(lab.settings.zerogpu))}</span>",
        f"<span>{markup.esc(profile(lab))}</span>",
    ]
    pieces.append(f"<span>{'offline: embedded models only' if lab.settings.offline else 'Hub models where there is a network'}</span>")
    busy = now(lab)
    pieces.append(markup.pick(busy, "watch", title="Show it", classes="busy") if busy else "<span>nothing is training</span>")
    return markup.page(f'<div class="gh-bar">{"".join(pieces)}</div>')


def device(lent: bool = False) -> str:
    """The processor this installation computes on, without importing torch: a CPU build says so in its version. lent: it trains on another."""
    try:
        build = importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        build = ""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    gpu = "+cpu" not in build and os.path.exists("/dev/nvidia0")  # noqa: PTH110
    found = "GPU" if gpu and not lent else f"CPU, {markup.plural(cores, 'core')}"
    return f"{found}; a GPU of ZeroGPU for trainings" if lent else found


def profile(lab: Lab) -> str:
    hours = lab.settings.limits.keep_hours
    return f"public: runs are deleted after {hours} h" if hours else "local"


def now(lab: Lab) -> str:
    """What trains at this moment on this server, of all visitors, without saying whose."""
    running, queued = lab.runner.load()
    if not running and not queued:
        return ""
    waiting = f", {queued} waiting" if queued else ""
    seconds = lab.runner.seconds_left()
    left = f", {markup.seconds(math.ceil(seconds))} left" if seconds is not None else ""
    return f"{markup.plural(running, 'job')} running{left}{waiting}"
