"""What a command prints: its result on stdout (as words, or as one JSON object with --json), everything else on stderr.

Under `torchrun` the command runs in every process; only the main one prints.
"""

import json
import os
import sys
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

from genhub.events import Event, Metric, Note, Progress, Resumed, Sample, Stage

SECONDS_BETWEEN_LINES = 2.0


def main_process() -> bool:
    """True except in the second and further processes of a `torchrun`."""
    return os.environ.get("RANK", "0") == "0"


@dataclass(frozen=True)
class Output:
    json: bool = False
    quiet: bool = False

    def result(self, value: dict, words: str) -> None:
        """The last thing a command prints."""
        if main_process():
            sys.stdout.write((json.dumps(value, ensure_ascii=False) if self.json else words) + "\n")
            sys.stdout.flush()

    def say(self, line: str) -> None:
        """One line of progress."""
        if not self.quiet and main_process():
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    def steps(self, sentences: Generator[str, None, dict]) -> dict:
        """Print what goes on, a line each, and return what comes of it."""
        while True:
            try:
                self.say(next(sentences))
            except StopIteration as end:
                return end.value

    def follow(self, events: Iterable[Event]) -> Event | None:
        """Print events as they come and return the last one; steps no oftener than every two seconds."""
        last, printed, part = None, 0.0, ""
        for last in events:
            line, waits = _line(last)
            now = time.monotonic()
            if isinstance(last, Metric) and last.part not in ("final", part):
                part, line = last.part, f"{last.part}: {line}"
            if line and (not waits or now - printed >= SECONDS_BETWEEN_LINES):
                self.say(line)
                printed = now
        return last


def _line(event: Event) -> tuple[str, bool]:
    """What to print for an event, and whether it may be left out when another line has just been printed."""
    if isinstance(event, Stage):
        return f"{event.label} …", False
    if isinstance(event, Progress):
        left = "" if event.seconds_left is None else f" · {_seconds(event.seconds_left)} left"
        return f"  {event.done:,} of {event.total:,}{left}" + (f" · {event.note}" if event.note else ""), True
    if isinstance(event, Metric):
        figures = " · ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in event.values.items() if value is not None)
        return f"  step {event.step:,} · {figures}", not any(name.startswith("val_") for name in event.values)
    if isinstance(event, Sample) and event.file:
        return f"  step {event.step:,} draws {event.file}", True
    if isinstance(event, Sample):
        return f"  step {event.step:,} writes: {event.prompt}{event.text}".replace("\n", "\n    "), False
    if isinstance(event, Note):
        return f"  {event.text}", False
    if isinstance(event, Resumed):
        return f"Going on from step {event.step:,} ({event.part}).", False
    return "", True  # the command itself reports how it ended


def _seconds(value: float) -> str:
    return f"{value:.0f} s" if value < 120 else f"{value / 60:.0f} min"


def table(header: Sequence[str], rows: Sequence[Sequence]) -> str:
    """Columns aligned with blanks; numbers to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[column]) for line in [list(header), *cells]) for column in range(len(header))]
    right = [bool(rows) and all(isinstance(row[column], int | float | None) for row in rows) for column in range(len(header))]

    def joined(line: Sequence[str]) -> str:
        placed = (text.rjust(width) if end else text.ljust(width) for text, width, end in zip(line, widths, right, strict=True))
        return "  ".join(placed).rstrip()

    return "\n".join(joined(line) for line in [list(header), *cells])


def _cell(value) -> str:
    if value is None:
        return "–"
    return f"{value:,.3f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
