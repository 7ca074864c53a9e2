"""The forecast of a training from scratch: what it says of size and length, and that its seconds are of the right size."""

import json
import time

import pytest

from genhub.errors import UserError
from genhub.text import scratch
from genhub.text.from_scratch.forecast import forecast
from tests.text.tiny_scratch import TEXT, config, new_run


@pytest.mark.parametrize("kind", ["gpt", "stateful"])
def test_it_says_what_the_run_then_is(tmp_path, kind):
    chosen = config(kind, steps=145)
    run = new_run(tmp_path / "run", chosen)
    cost = forecast({"config": chosen.to_dict(), "rows_path": str(run.rows)})
    began = time.monotonic()
    *_, done = scratch.train(chosen, run)
    seconds = time.monotonic() - began
    told = done.metrics["training"]
    assert cost["steps"] == told["steps"] == 150
    assert cost["total_parameters"] == cost["trainable_parameters"] == told["total_parameters"]
    assert cost["precision"] == told["precision"]
    assert cost["measured_steps"] >= 1
    assert 0.2 * seconds < cost["seconds"] < 5 * seconds + 2  # this machine has other work
    assert 0.5 * told["peak_memory_mb"] < cost["memory_mb"] < 2 * told["peak_memory_mb"]


def test_longer_costs_more(tmp_path):
    run = new_run(tmp_path / "run", config())
    short, long = (forecast({"config": config(steps=steps, samples=0).to_dict(), "rows_path": str(run.rows)}) for steps in (10, 20_000))
    assert long["steps"] == 2_000 * short["steps"]
    assert long["seconds"] > 5 * short["seconds"]


def test_what_cannot_be_trained_is_refused_before(tmp_path):
    rows = tmp_path / "train.jsonl"
    rows.write_text(json.dumps({"text": TEXT[:300]}), encoding="utf-8")
    with pytest.raises(UserError, match="300 characters"):
        forecast({"config": config().to_dict(), "rows_path": str(rows)})
