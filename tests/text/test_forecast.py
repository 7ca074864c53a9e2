"""The forecast: counts are exact, costs are measured."""

import json

import pytest

from genhub.errors import UserError
from genhub.events import Done
from genhub.text import classify
from genhub.text.forecast import _classic, _epochs, forecast
from genhub.training.configs import ClassifyConfig
from genhub.training.plan import Phase, Plan
from tests.serving.tiny_runs import BASE, store_base
from tests.tiny import tiny_rows, tiny_run


@pytest.fixture
def table(home, tmp_path):
    store_base()
    path = tmp_path / "clean.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in tiny_rows(60)))
    return path


def ask(table, **values) -> dict:
    return forecast({"config": ClassifyConfig(model=BASE, **values).to_dict(), "rows_path": str(table)})


@pytest.mark.parametrize(
    "values", [{"method": "lora", "folds": 0}, {"method": "full", "folds": 3, "epochs": 2, "patience": 0}, {"method": "frozen"}]
)
def test_counts_are_those_of_the_training(table, tmp_path, values):
    config = {"batch_size": 16, "epochs": 2, **values}
    said = ask(table, **config)
    *_, done = classify.train(ClassifyConfig(model=BASE, **config), run := tiny_run(tmp_path / "run", ClassifyConfig(model=BASE, **config)))
    assert isinstance(done, Done)
    assert run.has("metrics.json")
    got = done.metrics["training"]
    for name in ("trainable_parameters", "total_parameters", "trainable_percent", "steps"):
        assert said[name] == got[name], name
    assert said["seconds"] > 0
    assert said["memory_mb"] > 50
    assert (said["measured_steps"] >= 1) == (said["steps"] > 0)
    assert said["measured_rows"] == 60


def test_more_epochs_cost_more(table):
    few, many = (ask(table, epochs=epochs, folds=0) for epochs in (1, 50))
    assert many["steps"] == 50 * few["steps"]
    assert many["seconds"] > few["seconds"]


def test_leaves_no_files(table, home):
    before = sorted(home.rglob("*"))
    ask(table)
    assert [path for path in sorted(home.rglob("*")) if path not in before and "cache" not in path.parts] == []


def test_an_empty_table_is_refused(home, tmp_path):
    store_base()
    path = tmp_path / "clean.jsonl"
    path.write_text("")
    with pytest.raises(UserError, match="no rows"):
        ask(path)


def test_the_memory_said_is_about_the_memory_taken(table, tmp_path):
    said = ask(table, method="frozen")
    *_, done = classify.train(config := ClassifyConfig(model=BASE, method="frozen"), tiny_run(tmp_path / "run", config))
    assert 0.5 < said["memory_mb"] / done.metrics["training"]["peak_memory_mb"] < 2


def test_epochs_in_which_only_the_head_learns_count_for_less():
    rates = {"encoder": 1e-3, "head": 1e-3}
    both = Plan((Phase(2, {"encoder": 0.0, "head": 1e-2}), Phase(4, rates)), 8)
    assert 4 < _epochs(both) < 6
    assert _epochs(Plan((Phase(4, rates),), 8)) == 4


def test_fits_on_large_tables_are_not_scaled_from_a_small_one():
    assert _classic(0.1, 128, 128, 6) == pytest.approx(0.1)
    assert 0.1 < _classic(0.1, 128, 512, 6) < 0.4
    assert _classic(0.1, 128, 10_000, 77) > 30
