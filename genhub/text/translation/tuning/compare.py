"""Translation models adapted to the same pairs, side by side: BLEU and chrF on the same unseen sources, with what each cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from genhub.errors import UserError
from genhub.text.compared import Compared, at_least_two, begun


@dataclass(frozen=True, kw_only=True)
class ComparedTranslator(Compared):
    """One line; scores from 0 to 100. more: BLEU more than the first run's, None for the first one itself. gain: BLEU more than its own base
    model's. general: the same on general sentences, None where the run was not judged on them."""

    bleu: float
    bleu_low: float
    bleu_high: float
    chrf: float
    chrf_low: float
    chrf_high: float
    more: float | None
    gain: float | None
    general: float | None


@dataclass(frozen=True)
class TranslatorsCompared:
    test_sources: int
    runs: tuple[ComparedTranslator, ...]

    def to_dict(self) -> dict:
        return asdict(self)


def compare(runs: Sequence[tuple[str, Mapping, Mapping]]) -> TranslatorsCompared:
    """Several runs (name, metrics, passport), the first one being what the others are compared with.

    Raises UserError for fewer than two, and for runs that were not judged on the same sources.
    """
    at_least_two(runs)
    _, first, passport = runs[0]
    for name, metrics, other in runs[1:]:
        if _ground(metrics, other) != _ground(first, passport):
            what = f"“{name}” was judged on other pairs."
            limit = "Only runs on the same pairs, languages, seed and shares stand in one table."
            raise UserError(what, limit, "Choose such runs, or have them judged on one file in stage 4 of Translate.", "runs")
    return TranslatorsCompared(first["test_sources"], tuple(_line(name, metrics, first) for name, metrics, _ in runs))


def _ground(metrics: Mapping, passport: Mapping) -> tuple:
    split = metrics["split"]
    return passport.get("data", {}).get("sha256"), passport.get("languages"), split.get("seed"), metrics["test_sources"]


def _line(name: str, metrics: Mapping, first: Mapping) -> ComparedTranslator:
    figures = (f"{kind}{end}" for kind in ("bleu", "chrf") for end in ("", "_low", "_high"))
    return ComparedTranslator(
        **begun(name, metrics["training"]),
        **{figure: metrics[figure] for figure in figures},
        more=None if metrics is first else metrics["bleu"] - first["bleu"],
        gain=_gain(metrics["baselines"].get("base")),
        general=_gain(metrics.get("general", {}).get("base")),
    )


def _gain(base: Mapping | None) -> float | None:
    return base["gain"]["bleu"]["mean"] if base and base.get("gain") else None
