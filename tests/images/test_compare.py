"""Image models side by side: the first is what the others are compared with, and only on the same images."""

import pytest

from genhub.errors import UserError
from genhub.images.compare import compare
from genhub.ui import comparisons


def metrics(mse: float, *, images: int = 50, seed: int = 0, nats: float | None = None) -> dict:
    told = {"mse": mse, "mse_low": mse - 0.001, "mse_high": mse + 0.001, "test_images": images, "split": {"seed": seed}}
    told |= {"baselines": {"pca": {"mse": 0.03, "components": 30}}, "code": {"size": 30, "active": 12}, "training": {"method": "stacked"}}
    return {**told, **({"nats": {"total": nats}} if nats else {})}


DATA = {"data": {"sha256": "a" * 64}}


def test_the_others_are_compared_with_the_first():
    told = compare([("one", metrics(0.02), DATA), ("two", metrics(0.015, nats=150.0), DATA)])
    first, second = told.runs
    assert (first.more, second.more) == (None, pytest.approx(-0.005))
    assert (first.nats, second.nats, second.pca, second.active) == (None, 150.0, 0.03, 12)
    shown = comparisons.table(told)
    for said in ("The same 50 unseen images", "-0.0050", "12 of 30", "150.0", "0.0150"):
        assert said in shown


@pytest.mark.parametrize("other", [(metrics(0.02, seed=1), DATA), (metrics(0.02, images=60), DATA), (metrics(0.02), {"data": {}})])
def test_other_images_are_refused(other):
    with pytest.raises(UserError, match="“two” was judged on other images"):
        compare([("one", metrics(0.02), DATA), ("two", *other)])


def test_a_stopped_run_is_refused_for_what_it_is():
    with pytest.raises(UserError, match="A run that was stopped is judged on fewer images"):
        compare([("one", metrics(0.02), DATA), ("two", {**metrics(0.02, images=20), "stopped": True}, DATA)])


def test_one_run_is_nothing_to_compare():
    with pytest.raises(UserError, match="nothing to compare"):
        compare([("one", metrics(0.02), DATA)])
