"""The forecast of an adaptation: counts are exact, costs are measured."""

import json

import pytest

from genhub.errors import UserError
from genhub.text import adapt
from genhub.text.adapting.forecast import forecast
from genhub.training.configs import AdaptConfig
from tests.serving.tiny_language import MODEL, store_language
from tests.text.tiny_texts import text_run, tiny_text


@pytest.fixture
def rows(home, tmp_path):
    store_language()
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"text": tiny_text()}) + "\n")
    return path


def config(**values) -> AdaptConfig:
    return AdaptConfig(**{"model": MODEL, "window": 16, "batch_size": 16, "epochs": 2, "samples": 2, "sample_tokens": 5, **values})


def ask(rows, **values) -> dict:
    return forecast({"config": config(**values).to_dict(), "rows_path": str(rows)})


@pytest.mark.parametrize("values", [{}, {"method": "full", "batch_size": None}, {"method": "ia3", "samples": 0, "epochs": 3}])
def test_counts_are_those_of_the_training(rows, tmp_path, values):
    said = ask(rows, **values)
    got = list(adapt.train(config(**values, patience=0), text_run(tmp_path / "run", config())))[-1].metrics["training"]
    for name in ("trainable_parameters", "total_parameters", "trainable_percent", "steps", "precision"):
        assert said[name] == got[name], name
    assert said["seconds"] > 0
    assert said["measured_steps"] >= 1
    assert 0.4 < said["memory_mb"] / got["peak_memory_mb"] < 2.5


def test_more_epochs_and_samples_cost_more(rows):
    few, many = ask(rows, epochs=1), ask(rows, epochs=100)
    assert many["steps"] == 100 * few["steps"]
    assert many["seconds"] > few["seconds"]


def test_leaves_no_files(rows, home):
    before = sorted(home.rglob("*"))
    ask(rows)
    assert [path for path in sorted(home.rglob("*")) if path not in before] == []


def test_what_the_training_refuses_the_forecast_does_too(rows, tmp_path):
    rows.write_text(json.dumps({"text": "short"}) + "\n")
    with pytest.raises(UserError, match="5 characters"):
        ask(rows)
    rows.write_text(json.dumps({"text": tiny_text()}) + "\n")
    with pytest.raises(UserError, match="does not fit GPT-2"):
        ask(rows, method="oft")
