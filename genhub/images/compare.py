"""Image models trained on the same set, side by side: squared error on the same unseen images, with what each cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from genhub.errors import UserError
from genhub.text.compared import Compared, at_least_two, begun

STOPPED = "A run that was stopped is judged on fewer images than one that ran to its end."


@dataclass(frozen=True, kw_only=True)
class ComparedPainter(Compared):
    """One line; squared errors a pixel, intensities from 0 to 1. more: than the first run's, None for the first one itself. pca: that of PCA
    with a code of the same size. coding, active: numbers of a code, and those of them that vary with the image. nats: −ELBO an image of a VAE,
    else None."""

    mse: float
    mse_low: float
    mse_high: float
    more: float | None
    pca: float
    coding: int
    active: int
    nats: float | None


@dataclass(frozen=True)
class PaintersCompared:
    test_images: int
    runs: tuple[ComparedPainter, ...]

    def to_dict(self) -> dict:
        return asdict(self)


def compare(runs: Sequence[tuple[str, Mapping, Mapping]]) -> PaintersCompared:
    """Several runs (name, metrics, passport), the first one being what the others are compared with.

    Raises UserError for fewer than two, and for runs that were not judged on the same images.
    """
    at_least_two(runs)
    _, first, passport = runs[0]
    for name, metrics, other in runs[1:]:
        if ground(metrics, other) != ground(first, passport):
            stopped = metrics.get("stopped") != first.get("stopped")
            what = f"“{name}” was judged on other images."
            limit = "Only runs on the same set, seed and shares stand in one table." if not stopped else STOPPED
            raise UserError(what, limit, "Choose such runs, or two models in stage 8 of Images.", "runs")
    return PaintersCompared(first["test_images"], tuple(_line(name, metrics, first) for name, metrics, _ in runs))


def ground(metrics: Mapping, passport: Mapping) -> tuple:
    """What two runs must share to stand in one table."""
    return passport.get("data", {}).get("sha256"), metrics["split"].get("seed"), metrics["test_images"]


def _line(name: str, metrics: Mapping, first: Mapping) -> ComparedPainter:
    return ComparedPainter(
        **begun(name, metrics["training"]),
        **{figure: metrics[figure] for figure in ("mse", "mse_low", "mse_high")},
        more=None if metrics is first else metrics["mse"] - first["mse"],
        pca=metrics["baselines"]["pca"]["mse"],
        coding=metrics["code"]["size"],
        active=metrics["code"]["active"],
        nats=metrics.get("nats", {}).get("total"),
    )
