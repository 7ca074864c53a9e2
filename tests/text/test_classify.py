"""The trainer of "classify", whole: verdict on unseen rows, resume in the middle of a fold, Stop, divergence, two processes."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from genhub.errors import UserError
from genhub.events import Done, Metric, Note, Resumed, Stage
from genhub.jobs.folder import RunFolder
from genhub.text import classify
from genhub.text.classifier import load_run
from genhub.training.configs import ClassifyConfig
from tests.serving.tiny_runs import BASE, store_base
from tests.tiny import tiny_rows, tiny_run

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def base(home):
    return store_base()


def config(**values) -> ClassifyConfig:
    defaults = {"model": BASE, "epochs": 2, "batch_size": 16, "precision": "fp32", "folds": 0, "patience": 0}
    defaults |= {"learning_rate": 5e-3, "head_learning_rate": 1e-2}
    return ClassifyConfig(**{**defaults, **values})


def curve(seen) -> list:
    kept = ("loss", "val_loss", "val_accuracy", "learning_rate")
    return [
        (event.part, event.step, {name: event.values[name] for name in kept if name in event.values})
        for event in seen
        if isinstance(event, Metric)
    ]


def predictions(run: RunFolder) -> list[dict]:
    return [json.loads(line) for line in (run.path / "predictions.jsonl").read_text().splitlines()]


def test_a_hold_out_run_is_complete(tmp_path):
    run = tiny_run(tmp_path / "run", config(epochs=6), tiny_rows(120))
    seen = list(classify.train(config(epochs=6), run))
    assert [event.name for event in seen if isinstance(event, Stage)] == ["prepare", "train", "verdict"]
    metrics = run.read("metrics.json")
    assert isinstance(seen[-1], Done)
    assert seen[-1].metrics["accuracy"] == metrics["accuracy"] > metrics["baselines"]["majority"]["accuracy"]
    assert metrics["split"]["kind"] == "hold-out"
    assert metrics["test_rows"] == metrics["split"]["test"] == len(predictions(run))
    assert metrics["training"]["tokens_per_second"] > 0
    assert metrics["training"]["peak_memory_mb"] > 50
    assert {path.name for path in run.path.iterdir()} >= {"adapter", "head.safetensors", "passport.json", "README.md", "predictions.jsonl"}
    assert not run.checkpoints.exists()
    passport = run.read("passport.json")
    assert set(passport["files"]) == {"adapter/adapter_config.json", "adapter/adapter_model.safetensors", "head.safetensors"}
    assert passport["metrics"]["accuracy"] == metrics["accuracy"]


def test_the_verdict_is_what_the_loaded_run_says(tmp_path):
    run = tiny_run(tmp_path / "run", config())
    list(classify.train(config(), run))
    rows = predictions(run)
    answer = load_run(run.path).predict([row["text"] for row in rows])
    assert answer.labels == [row["predicted"] for row in rows]
    assert max(abs(answer.scores[index] - row["scores"]).max() for index, row in enumerate(rows)) < 1e-5


def test_the_same_seed_gives_the_same_run(tmp_path):
    runs = [tiny_run(tmp_path / name, config()) for name in "ab"]
    curves = [curve(classify.train(config(), run)) for run in runs]
    assert curves[0] == curves[1]
    assert predictions(runs[0]) == predictions(runs[1])
    other = curve(classify.train(config(seed=1), tiny_run(tmp_path / "c", config(seed=1))))
    assert other != curves[0]


def test_no_unseen_row_is_trained_on(tmp_path, monkeypatch):
    taught = set()
    original = classify.material.TokenRows.batch

    def batch(self, indices):
        taught.update(tuple(self.ids[index]) for index in indices)
        return original(self, indices)

    monkeypatch.setattr(classify.material.TokenRows, "batch", batch)
    run = tiny_run(tmp_path / "run", config())
    list(classify.train(config(), run))
    tokenizer = load_run(run.path).classifier.base
    unseen = {tuple(ids) for ids in tokenizer.tokenize([row["text"] for row in predictions(run)], 128)}
    assert taught
    assert not taught & unseen


def test_a_given_test_table_is_the_verdict(tmp_path):
    rows = tiny_rows(60)
    for row in rows[50:]:
        row["part"] = "test"
    run = tiny_run(tmp_path / "run", config(folds=None), rows)
    list(classify.train(config(folds=None), run))
    assert run.read("metrics.json")["split"]["kind"] == "given"
    assert [row["row"] for row in predictions(run)] == [row["row"] for row in rows[50:]]


@pytest.mark.parametrize("method", ["lora", "frozen"])
def test_cross_validation_judges_every_row_once(tmp_path, method):
    chosen = config(folds=3, epochs=1, method=method)
    run = tiny_run(tmp_path / "run", chosen)
    seen = list(classify.train(chosen, run))
    rows = predictions(run)
    assert sorted(row["row"] for row in rows) == list(range(1, 61))
    assert {row["fold"] for row in rows} == {0, 1, 2}
    assert list(dict.fromkeys(part for part, *_ in curve(seen))) == ["fold 1", "fold 2", "fold 3", "final"]
    assert run.read("metrics.json")["split"]["test"] == 60


def test_balanced_weights_change_the_training(tmp_path):
    rows = [row for row in tiny_rows(120) if row["label"] == "praise" or row["row"] % 4 == 0]
    curves = []
    for kind in ("none", "balanced"):
        chosen = config(class_weights=kind)
        curves.append(curve(classify.train(chosen, tiny_run(tmp_path / kind, chosen, rows))))
    assert curves[0] != curves[1]


def test_frozen_takes_vectors_from_the_cache(tmp_path):
    chosen = config(method="frozen")
    first = list(classify.train(chosen, tiny_run(tmp_path / "a", chosen)))
    second = list(classify.train(chosen, tiny_run(tmp_path / "b", chosen)))
    cached = [any(isinstance(event, Note) and "cache" in event.text for event in seen) for seen in (first, second)]
    assert cached == [False, True]
    assert first[-1].metrics["accuracy"] == second[-1].metrics["accuracy"]


@pytest.mark.parametrize("method", ["lora", "adalora"])
def test_resumes_in_the_middle_of_a_fold(tmp_path, monkeypatch, method):
    chosen = config(folds=3, epochs=2 if method == "lora" else 4, method=method)
    whole = list(classify.train(chosen, tiny_run(tmp_path / "whole", chosen)))
    monkeypatch.setenv("GENHUB_CHECKPOINT_SECONDS", "0")
    run = tiny_run(tmp_path / "run", chosen)
    draw, seen = random.Random(3), []
    for patience in [draw.randint(2, 9) for _ in range(5)] + [999]:
        generator = classify.train(chosen, run)
        for event in generator:
            if isinstance(event, Resumed):
                seen = [old for old in seen if old.part in event.parts_done or (old.part == event.part and old.step <= event.step)]
            if isinstance(event, Metric):
                seen.append(event)
                patience -= 1
            if patience == 0:
                break
        generator.close()
    assert curve(seen) == curve(whole)
    assert predictions(run) == predictions(RunFolder(tmp_path / "whole"))
    assert any(event.part == "fold 3" for event in seen)


CHILD = """
import os, sys
sys.path.insert(0, {root!r})
import torch
torch.set_num_threads(1)
from pathlib import Path
from genhub import cli
from genhub.jobs.folder import RunFolder
from genhub.text import classify
from genhub.training.configs import ClassifyConfig
run = RunFolder(Path(sys.argv[1]))
for event in classify.train(ClassifyConfig.from_dict(run.job()["config"]), run):
    if os.environ.get("RANK", "0") == "0":
        run.append(event)
        print(type(event).__name__, getattr(event, "part", ""), getattr(event, "step", ""), flush=True)
cli.leave()
"""


@pytest.mark.parametrize("method", ["lora", "frozen"])
@pytest.mark.parametrize("when", ["at once", "first metric", "fold 2"])
def test_stop_keeps_the_best_and_judges_it(tmp_path, method, when):
    chosen = config(folds=3, epochs=3, method=method)
    run, pressed, seen = tiny_run(tmp_path / "run", chosen), None, []
    for event in classify.train(chosen, run):
        seen.append(event)
        wanted = {
            "at once": isinstance(event, Stage) and event.name == "train",
            "first metric": isinstance(event, Metric),
            "fold 2": isinstance(event, Metric) and event.part == "fold 2",
        }[when]
        if wanted and pressed is None:
            run.request_stop()
            pressed = time.monotonic()
    assert time.monotonic() - pressed < 3
    assert seen[-1].stopped
    metrics = run.read("metrics.json")
    assert metrics["stopped"]
    assert 0 < metrics["test_rows"] < 60
    assert metrics["training"]["stopped_by"] == "hand"
    assert any("stopped by hand" in text for text in metrics["sentences"])
    assert any(isinstance(event, Note) and "of 60 unseen rows" in event.text for event in seen)
    assert load_run(run.path).predict(["a good dog"]).labels[0] in ("praise", "blame")


@pytest.mark.parametrize("folds", [0, 2])
def test_a_stopped_run_goes_on_from_the_step_it_was_stopped_at(tmp_path, folds):
    chosen = config(epochs=4, folds=folds)
    whole = list(classify.train(chosen, tiny_run(tmp_path / "whole", chosen)))
    run, seen = tiny_run(tmp_path / "run", chosen), []
    wanted = 5
    for event in classify.train(chosen, run):
        if isinstance(event, Metric):
            seen.append(event)
            if event.step == wanted and event.part in ("final", "fold 2"):
                run.request_stop()
    assert run.read("metrics.json")["stopped"]
    first = run.read("passport.json")
    run.clear_stop()
    again = list(classify.train(chosen, run))
    (resumed,) = [event for event in again if isinstance(event, Resumed)]
    assert resumed.step == seen[-1].step > 0
    assert curve([*seen, *again]) == curve(whole)
    assert predictions(run) == predictions(RunFolder(tmp_path / "whole"))
    assert not run.read("metrics.json")["stopped"]
    assert run.read("passport.json")["files"] != first["files"]
    assert load_run(run.path).predict(["a good dog"]).labels
    assert not run.checkpoints.exists()


def test_a_diverging_run_names_the_step_and_keeps_the_best(tmp_path, monkeypatch):
    from genhub.text.learner import ClassifierTask

    def poisoned(self, step):
        if step == 5:
            for parameter in self.model.parameters():
                if parameter.requires_grad:
                    parameter.data.fill_(float("nan"))

    monkeypatch.setattr(ClassifierTask, "after_step", poisoned)
    run = tiny_run(tmp_path / "run", config(epochs=3))
    with pytest.raises(UserError, match=r"after step 6 at a learning rate of 0\.0") as caught:
        list(classify.train(config(epochs=3), run))
    assert caught.value.field == "learning_rate"
    assert load_run(run.path).predict(["a good dog"]).labels
    assert not run.has("metrics.json")


def test_stop_while_judging_says_that_the_base_line_had_no_time(tmp_path, monkeypatch):
    monkeypatch.setattr(classify, "STOP_BASELINE_ROWS", 20)
    run = tiny_run(tmp_path / "run", config())
    for event in classify.train(config(), run):
        if isinstance(event, Stage) and event.name == "verdict":
            run.request_stop()
    metrics = run.read("metrics.json")
    tfidf = metrics["baselines"]["tfidf"]
    assert (tfidf["learnt_rows"], tfidf["rows_to_learn"]) == (20, metrics["split"]["train"] + metrics["split"]["validation"])
    assert metrics["stopped"]
    assert any("TF-IDF learnt from 20 of" in text for text in metrics["sentences"])
    assert run.checkpoints.exists()


def test_rows_with_one_label_are_refused(tmp_path):
    rows = [row for row in tiny_rows(60) if row["label"] == "praise"]
    with pytest.raises(UserError, match="same label"):
        list(classify.train(config(), tiny_run(tmp_path / "run", config(), rows)))


def test_two_processes_give_the_same_result(tmp_path, base):
    """Sums of floats are taken in another order, so the figures agree within a tolerance, not bitwise."""
    settings = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps({**settings, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}))
    chosen = config(dropout=0.0, batch_size=15)
    alone, together = tiny_run(tmp_path / "alone", chosen), tiny_run(tmp_path / "together", chosen)
    expected = curve(classify.train(chosen, alone))
    script = tmp_path / "child.py"
    script.write_text(CHILD.format(root=str(ROOT)))
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "--master_port", str(random.randint(20_000, 60_000))]
    environment = {**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    subprocess.run([*launch, str(script), str(together.path)], check=True, capture_output=True, env=environment, timeout=120)
    got = curve(event for _, _, event in together.events())
    assert [(part, step) for part, step, _ in got] == [(part, step) for part, step, _ in expected]
    for (*_, first), (*_, second) in zip(got, expected, strict=True):
        assert first == pytest.approx(second, abs=2e-4)
    first, second = predictions(together), predictions(alone)
    assert [row["row"] for row in first] == [row["row"] for row in second]
    for one, other in zip(first, second, strict=True):
        assert one["scores"] == pytest.approx(other["scores"], abs=1e-3)
