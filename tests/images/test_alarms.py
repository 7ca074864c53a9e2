"""Alarms: raised once, when there is reason, and not before."""

import pytest

from genhub.events import Metric, Note, Resumed
from genhub.images.alarms import Watch, watched


def told(*reports: dict, epochs: int = 10) -> list[str]:
    """The first words of the alarms over some reports."""
    return [text.partition(":")[0] for text in whole(*reports, epochs=epochs)]


def whole(*reports: dict, epochs: int = 10) -> list[str]:
    """The alarms."""

    def events():
        for step, report in enumerate(reports):
            yield report if isinstance(report, Resumed) else Metric(step, report)
        return "fitted"

    def drained():
        ended.append((yield from watched(events(), lambda: Watch(epochs))))

    ended: list[str] = []
    found = [event.text for event in drained() if isinstance(event, Note)]
    assert ended == ["fitted"]
    return found


def validations(*losses: float, train: float = 1.0, active: float = 2.0) -> list[dict]:
    return [report for loss in losses for report in ({"loss": train}, {"val_loss": loss, "active_units": active})]


def test_a_training_that_goes_well_is_left_alone():
    assert told(*validations(1.5, 1.4, 1.3, 1.2, 1.1)) == []
    assert told(*validations(1.0, 1.01, 1.0, 1.01, 1.0)) == []


def test_a_code_that_says_nothing():
    assert told(*validations(9.0, 8.0, 7.0, 6.0, train=8.0, active=0.0)) == ["Posterior collapse"]
    assert told(*validations(9.0, 8.0, train=8.0, active=0.0)) == []
    assert told(*validations(9.0, 8.0, 7.0, train=8.0, active=0.0), epochs=100) == []


def test_a_loss_that_rises():
    assert told(*validations(1.2, 1.0, 1.1, 1.2, 1.3, 1.4)) == ["Over-fitting"]
    assert told(*validations(1.2, 1.0, 1.1, 1.2), Resumed("final", 4), *validations(1.3, 1.4)) == []


def test_the_step_since_which_it_rises_is_named():
    (said,) = whole(*validations(1.2, 1.0, 1.1, 1.2, 1.3, 1.4))
    assert "rising since step 3;" in said  # a report before each validation, from 0 on


def test_a_deeper_model_is_compared_with_none_before_it():
    reports = [{**report, "depth": depth} for depth in (1.0, 2.0) for report in validations(depth, depth, train=2.0)]
    assert told(*reports, *({**report, "depth": 2.0} for report in validations(2.0, 2.0, train=2.0))) == []


@pytest.mark.parametrize(("train", "said"), [(0.5, ["Too powerful an encoder"]), (0.7, [])])
def test_images_learnt_by_heart(train, said):
    assert told(*validations(1.0, 1.0, 1.0, 1.0, train=train)) == said
