"""Language models trained on one text, side by side: bits a character on the same unseen part, with what each cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from genhub.errors import UserError
from genhub.text.compared import Compared, at_least_two, begun


@dataclass(frozen=True, kw_only=True)
class ComparedWriter(Compared):
    """One line. fewer: bits a character fewer than the first run's (below 0: more); None for the first one itself. gain: bits a character
    fewer than its own base model, None for a model from scratch."""

    bits_per_character: float
    bits_per_character_low: float
    bits_per_character_high: float
    fewer: float | None
    gain: float | None
    copied: float | None


@dataclass(frozen=True)
class WritersCompared:
    test_characters: int
    runs: tuple[ComparedWriter, ...]

    def to_dict(self) -> dict:
        return asdict(self)


def compare(runs: Sequence[tuple[str, Mapping, Mapping]]) -> WritersCompared:
    """Several runs (name, metrics, passport), the first one being what the others are compared with.

    Raises UserError for fewer than two, and for runs that were not judged on the same stretch of the same text.
    """
    at_least_two(runs)
    _, first, passport = runs[0]
    for name, metrics, other in runs[1:]:
        if _ground(metrics, other) != _ground(first, passport):
            what = f"“{name}” was judged on another text, or on another stretch of it."
            raise UserError(what, "Only runs on the same text, seed and shares can be compared.", "Choose such runs.", "runs")
    return WritersCompared(first["test_characters"], tuple(_line(name, metrics, first) for name, metrics, _ in runs))


def _ground(metrics: Mapping, passport: Mapping) -> tuple:
    return passport.get("data", {}).get("sha256"), metrics["split"].get("seed"), metrics["test_characters"]


def _line(name: str, metrics: Mapping, first: Mapping) -> ComparedWriter:
    base = metrics["baselines"].get("base")
    figures = ("bits_per_character", "bits_per_character_low", "bits_per_character_high")
    return ComparedWriter(
        **begun(name, metrics["training"]),
        **{figure: metrics[figure] for figure in figures},
        fewer=None if metrics is first else first["bits_per_character"] - metrics["bits_per_character"],
        gain=base["gain"]["mean"] if base and base.get("gain") else None,
        copied=metrics.get("copying", {}).get("model", {}).get("share"),
    )
