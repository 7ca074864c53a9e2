"""What a line of every comparison of finished runs says: whose it is, and what it cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genhub.errors import UserError

COSTS = ("trainable_percent", "seconds", "peak_memory_mb", "file_bytes")


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One run of several. Costs that nobody measured are None."""

    name: str
    method: str
    trainable_percent: float | None
    seconds: float | None
    peak_memory_mb: float | None
    file_bytes: int | None


def begun(name: str, training: Mapping) -> dict:
    """The fields of `Compared` for a run of this name, from the "training" section of its metrics."""
    return {"name": name, "method": training.get("method") or "", **{cost: training.get(cost) for cost in COSTS}}


def at_least_two(runs: Sequence) -> None:
    """Raises UserError for fewer."""
    if len(runs) < 2:
        raise UserError("There is nothing to compare.", "A comparison needs at least two finished runs.", "Choose another run.", "runs")
