"""What a run is told at its birth."""

import hashlib
from datetime import datetime

import pytest

from genhub.jobs.arrival import opened_name
from genhub.jobs.new import make_job, run_name
from genhub.training.configs import ADAPT_PRESETS, SCRATCH_PRESETS, AdaptConfig, ClassifyConfig, ScratchConfig


def test_a_job_describes_its_data_and_its_libraries(rows):
    job = make_job("classify", ClassifyConfig(method="frozen"), rows, {"name": "tickets.csv", "fixes": ["merge-labels"]})
    assert job["task"] == "classify"
    assert ClassifyConfig.from_dict(job["config"]) == ClassifyConfig(method="frozen")
    assert job["name"] == "tickets.csv · Frozen encoder"
    assert job["data"] == {
        "name": "tickets.csv",
        "sample": None,
        "fixes": ["merge-labels"],
        "duplicates_removed": 0,
        "sha256": hashlib.sha256(rows.read_bytes()).hexdigest(),
        "rows": 4,
    }
    assert datetime.fromisoformat(job["created"]).tzinfo is not None
    assert {"genhub", "torch", "transformers", "peft"} <= set(job["versions"])
    assert make_job("classify", ClassifyConfig(), rows, {}, name="Mine")["name"] == "Mine"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "t.csv · LoRA · Balanced"),
        ({"epochs": 10, "rank": 16, "patience": 3}, "t.csv · LoRA · Thorough"),
        ({"seed": 7, "class_weights": "balanced"}, "t.csv · LoRA · Balanced · class weights balanced · seed 7"),
        ({"epochs": 1, "rank": 16}, "t.csv · LoRA · 1 epoch · rank 16"),
        ({"method": "full", "text_column": "text"}, "t.csv · Full fine-tuning · 4 epochs"),
        ({"method": "frozen"}, "t.csv · Frozen encoder"),
        ({"method": "frozen", "folds": 0}, "t.csv · Frozen encoder · folds 0"),
        ({"model": "google-bert/bert-base-cased"}, "t.csv · LoRA · Balanced · bert-base-cased"),
    ],
)
def test_a_run_is_named_by_what_sets_it_apart(values, told):
    assert run_name("t.csv", ClassifyConfig(**values)) == told


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (AdaptConfig(**ADAPT_PRESETS["Quick"]), "t.txt · LoRA · Quick"),
        (AdaptConfig(**ADAPT_PRESETS["Balanced"]), "t.txt · LoRA · Balanced"),
        (AdaptConfig(method="full", epochs=5, window=64), "t.txt · Full fine-tuning · 5 epochs · window 64"),
        (AdaptConfig(model="openai-community/gpt2", **ADAPT_PRESETS["Thorough"]), "t.txt · LoRA · Thorough · gpt2"),
        (ScratchConfig(**SCRATCH_PRESETS["GPT, 1 minute"]), "t.txt · GPT · 1 minute"),
        (ScratchConfig(architecture="rnn", steps=20), "t.txt · Character RNN · steps 20"),
    ],
)
def test_each_task_has_presets_of_its_own(config, told):
    assert run_name("t.txt", config) == told


def test_a_runs_name_stays_short():
    config = ClassifyConfig(seed=7, rank=3, alpha=5, dropout=0.25, weight_decay=0.5, label_smoothing=0.125, model="owner/" + "m" * 60)
    assert len(run_name("a table with a long name " * 9, config)) <= 80


@pytest.mark.parametrize(
    ("passport", "file", "told"),
    [
        ({"name": "t.csv · LoRA · Balanced", "method": "lora"}, "genhub-adapter-1a2b3c4d", "t.csv · LoRA · Balanced · opened from a zip"),
        ({"name": "Mine · opened from a zip", "method": "lora"}, "mine", "Mine · opened from a zip"),
        ({"method": "lora"}, "genhub-adapter-1a2b3c4d", "LoRA · opened from a zip"),
        ({"method": "lora"}, "desk of May", "desk of May · opened from a zip"),
        ({"name": "n" * 80}, "f", "n" * 60 + " · opened from a zip"),
    ],
)
def test_a_run_that_came_as_a_zip_is_named_as_such(passport, file, told):
    assert opened_name(passport, file) == told
