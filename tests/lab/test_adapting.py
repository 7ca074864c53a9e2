"""Adapting a language model as the page does it: a text in, a run, its answers, its zip and back."""

import json
from pathlib import Path

import pytest

from genhub.errors import UserError
from genhub.events import Done
from genhub.jobs import process
from genhub.text.generator import load_generator
from genhub.training.configs import AdaptConfig
from tests.serving.tiny_language import MODEL, store_language
from tests.text.tiny_texts import tiny_text

ME = "a" * 32
FAST = {"model": MODEL, "epochs": 1, "window": 16, "batch_size": 16, "samples": 2, "sample_tokens": 5, "precision": "fp32"}


@pytest.fixture
def text(lab) -> str:
    store_language()
    return lab.take_text(ME, tiny_text(), "animals.txt").id


def finished(lab, run_id: str):
    run = lab.folder(ME, run_id)
    *_, last = process.inline(AdaptConfig.from_dict(run.job()["config"]), run)
    assert isinstance(last, Done), last
    return run


def test_a_text_becomes_a_run_that_is_taken_home_and_opened_again(lab, text, monkeypatch):
    run_id = lab.train(ME, text, FAST, task="generate")
    run = finished(lab, run_id)
    job = run.job()
    assert (job["task"], job["name"], job["data"]["rows"]) == (
        "generate",
        "animals.txt · LoRA · 1 epoch · tiny-gpt · batch size 16 · window 16 · samples 2",
        1,
    )
    packed = lab.export(ME, run_id)
    told = lab.code(ME, run_id)
    assert "PeftModel" in told["script"]
    assert "train generate --data YOUR-TEXT.txt" in told["command"]
    again = lab.reopen(ME, packed)
    info = lab.run(ME, again)
    assert (info.task, info.state) == ("generate", "finished")
    assert info.metrics["bits_per_character"] == run.read("metrics.json")["bits_per_character"]
    one, two = (load_generator(Path(lab.run(ME, each).path)).model.state_dict() for each in (run_id, again))
    assert all(one[name].equal(two[name]) for name in one)


def test_the_forecast_of_an_adaptation_goes_with_the_run(lab, text, monkeypatch):
    asked = []
    monkeypatch.setattr(lab.runner, "call", lambda target, args, **_: asked.append((target, args)) or {"seconds": 7.0})
    assert lab.forecast(ME, text, FAST, task="generate")["seconds"] == 7.0
    [(target, args)] = asked
    assert target == "genhub.text.adapting.forecast:forecast"
    assert json.loads(Path(args["rows_path"]).read_text().splitlines()[0])["text"] == tiny_text()
    assert lab.folder(ME, lab.train(ME, text, FAST, task="generate")).job()["forecast"]["seconds"] == 7.0


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"epochs": 0}, "Epochs is 0"),
        ({"method": "frozen"}, "Method is"),
        ({"model": "embedded/minilm-l6"}, "is an encoder"),
        ({"model": "../../etc"}, "two dots"),
        ({"labels": 3}, "no option"),
    ],
)
def test_refusals(lab, text, values, what):
    with pytest.raises(UserError, match=what):
        lab.train(ME, text, {**FAST, **values}, task="generate")
    with pytest.raises(UserError, match=r"not here any more|not the id"):
        lab.train(ME, "0" * 32, FAST, task="generate")
