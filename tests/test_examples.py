"""The finished runs that the page opens on: made with today's defaults, and what is said of them is so."""

import pytest
import torch

from genhub.data import samples, split
from genhub.images import drawing, stored
from genhub.jobs import reading
from genhub.jobs.folder import RunFolder
from genhub.lab import EXAMPLE_PREFIX, EXAMPLES
from genhub.text import verdict
from genhub.text.classifier import load_run
from genhub.text.generator import load_generator
from genhub.text.learner import batch_size, rates
from genhub.training.configs import ClassifyConfig, DrawConfig
from genhub.ui.learning.kinds import KINDS, WRITERS

NAMES = {"support": ("support", False), "shortcut": ("shortcut", False), "cured": ("shortcut", True)}


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_what_its_command_would_make_today(name):
    run = RunFolder(EXAMPLES / name)
    job, metrics = run.job(), run.read("metrics.json")
    assert (job["data"]["sample"], job["data"]["counterexamples"]) == NAMES[name]
    config = ClassifyConfig.from_dict(job["config"])
    assert config.to_dict() == ClassifyConfig(text_column="text", label_column="label").to_dict()
    assert metrics["folds"] == split.choose_folds(None, metrics["test_rows"], given_test=False)
    assert metrics["training"]["batch_size"] == batch_size(config, metrics["split"]["train"])
    encoder, head = rates(config, len(metrics["labels"]))
    assert (metrics["training"]["learning_rate"], metrics["training"]["head_learning_rate"]) == (encoder, head)


@pytest.mark.parametrize("kind", WRITERS, ids=lambda kind: kind.task)
def test_a_recorded_run_is_what_its_preset_would_make_today_and_writes(kind):
    assert kind.recorded == f"{EXAMPLE_PREFIX}{kind.example}"
    run = RunFolder(EXAMPLES / kind.example)
    job, metrics = run.job(), run.read("metrics.json")
    assert (job["task"], job["data"]["sample"]) == (kind.task, "harbour")
    preset = kind.presets[job["name"].partition(" · ")[2]]
    assert kind.config.from_dict(job["config"]).to_dict() == kind.config(**preset).to_dict()
    view = reading.read(run)
    assert len(view.samples) > 5
    assert view.ended
    assert job["data"]["characters"] == len(samples.text_path("harbour").read_text(encoding="ascii"))
    assert metrics["samples"][0]["model"]
    with torch.inference_mode():
        model = load_generator(run.path)
        assert model.logits(model.encode("HARBOUR MASTER:")).isfinite().all()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.recorded and kind.learns_from == "images"], ids=lambda kind: kind.task)
def test_a_recorded_image_model_is_what_its_preset_would_make_today_and_draws(kind):
    run = RunFolder(EXAMPLES / kind.example)
    job = run.job()
    assert (job["task"], job["data"]["sample"]) == (kind.task, "digits")
    assert kind.config.from_dict(job["config"]).to_dict() == kind.config(**kind.presets[kind.preset]).to_dict()
    view = reading.read(run)
    assert view.done.metrics == run.read("metrics.json")
    assert len(view.samples) > 20
    assert all((run.path / sample.file).is_file() for sample in view.samples)
    model = stored.load(run.path / "model")
    drawn = drawing.drawn(model, DrawConfig(n=100)).astype(float)
    assert drawn.std(axis=0).mean() > 20  # they differ, in levels of 256


def test_counterexamples_cure_the_short_cut():
    """The flawed model follows the weekday; retrained, it is right on rows that break the rule more often than not."""
    rows = samples.rows_of(samples.counterexamples("shortcut"))
    flawed = load_run(EXAMPLES / "shortcut").predict([row["text"] for row in rows]).labels
    before = sum(label == row["label"] for label, row in zip(flawed, rows, strict=True)) / len(rows)
    first = samples.SAMPLES["shortcut"].rows
    unseen = [row for row in verdict.read_predictions(EXAMPLES / "cured") if row["row"] > first]
    after = sum(row["predicted"] == row["label"] for row in unseen) / len(unseen)
    assert len(unseen) == len(rows)
    assert before < 0.2
    assert after > 0.55
