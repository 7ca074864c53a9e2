"""Models that only draw, trained on the same set, side by side: how like real images theirs are, by one judge and on the same unseen images, with what each cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from genhub.errors import UserError
from genhub.images.compare import ground
from genhub.text.compared import Compared, at_least_two, begun


@dataclass(frozen=True, kw_only=True)
class ComparedDrawer(Compared):
    """One line; figures as in `genhub.images.drawn.verdict`. more: judge FID beyond the first run's, None for the first one itself. classes,
    covered: how many there are, and are drawn; None where nobody named any."""

    judge_fid: float
    judge_fid_floor: float
    more: float | None
    precision: float
    recall: float
    variety: float
    classes: int | None
    covered: int | None


@dataclass(frozen=True)
class DrawersCompared:
    test_images: int
    judge: str
    runs: tuple[ComparedDrawer, ...]

    def to_dict(self) -> dict:
        return asdict(self)


def compare(runs: Sequence[tuple[str, Mapping, Mapping]]) -> DrawersCompared:
    """Several runs (name, metrics, passport), the first one being what the others are compared with.

    Raises UserError for fewer than two, and for runs that were not judged on the same images, or by another judge.
    """
    at_least_two(runs)
    _, first, passport = runs[0]
    for name, metrics, other in runs[1:]:
        if ground(metrics, other) != ground(first, passport) or metrics["judge"] != first["judge"]:
            what = f"“{name}” was judged on other images, or by another judge."
            raise UserError(what, "Only runs on the same set, seed and shares stand in one table.", "Choose such runs.", "runs")
    return DrawersCompared(first["test_images"], first["judge"], tuple(_line(name, metrics, first) for name, metrics, _ in runs))


def _line(name: str, metrics: Mapping, first: Mapping) -> ComparedDrawer:
    classes = metrics.get("classes")
    return ComparedDrawer(
        **begun(name, metrics["training"]),
        **{figure: metrics[figure] for figure in ("judge_fid", "judge_fid_floor", "precision", "recall", "variety")},
        more=None if metrics is first else metrics["judge_fid"] - first["judge_fid"],
        classes=None if classes is None else len(classes),
        covered=None if classes is None else sum(each["covered"] for each in classes),
    )
