import json
import math

import pytest

from genhub import events
from genhub.events import Done, Failed, Metric, Note, Progress, Resumed, Sample, Stage

ALL = [
    Stage("train", "Training"),
    Progress(3, 10, 1.5, "epoch 1"),
    Metric(7, {"loss": 0.25, "learning_rate": 1e-3}, "fold 2"),
    Sample(7, "Once upon a time,\nthere was a hen.", "Once", "final"),
    Note("Stopped early – no gain for 2 epochs."),
    Resumed("fold 2", 40, ["fold 1"]),
    Done({"accuracy": 0.5, "labels": ["a", "b"]}, stopped=True),
    Failed("The loss is not finite.", "Step 12.", "Choose a smaller learning rate."),
]


@pytest.mark.parametrize("event", ALL, ids=lambda event: type(event).__name__)
def test_each_event_is_one_line_and_comes_back_equal(event):
    line = events.to_json(event, t=12.5)
    assert "\n" not in line
    assert events.from_json(line) == (12.5, event)


def test_every_kind_is_covered():
    assert {type(event).__name__ for event in ALL} == set(events.KINDS)


def test_non_finite_figures_become_null_so_that_the_log_stays_json():
    line = events.to_json(Metric(1, {"loss": math.nan, "val_loss": math.inf, "accuracy": 0.5}))
    assert json.loads(line)["values"] == {"loss": None, "val_loss": None, "accuracy": 0.5}
    nested = events.to_json(Done({"bins": [{"accuracy": math.nan}], "pair": (1.0, -math.inf)}))
    assert json.loads(nested)["metrics"] == {"bins": [{"accuracy": None}], "pair": [1.0, None]}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "7",
        '{"event": "Boom", "t": 1}',
        '{"event": "Note"}',
        '{"event": "Note", "t": 1}',
        '{"event": "Note", "t": 1, "x": 2}',
    ],
)
def test_anything_else_is_not_an_event(line):
    with pytest.raises(ValueError):  # noqa: PT011 (json.JSONDecodeError is one, with its own words)
        events.from_json(line)
