"""The trainer of "translate", whole: it learns other words, judges itself on unseen sources, goes on, stops, and travels as a zip."""

import json
import os
import subprocess
import sys

import pytest
import torch

from genhub import settings
from genhub.errors import UserError
from genhub.events import Done, Metric, Note, Stage
from genhub.text import code, portable, tune
from genhub.text.translation import evaluate, writing
from genhub.text.translation.translator import open_translator
from genhub.text.translation.tuned import load_tuned
from genhub.text.translation.tuning import forecast, material, verdict
from genhub.training.configs import TuneConfig
from tests.serving.tiny_runs import store
from tests.text.tiny_pairs import OTHER, pairs_run
from tests.tiny_translators import MODEL, PAIRS, trained_translator


@pytest.fixture(autouse=True)
def base(home):
    return store(MODEL, "c" * 40, trained_translator)


def config(**values) -> TuneConfig:
    fast = {"epochs": 12, "batch_size": 8, "precision": "fp32", "learning_rate": 2e-2, "beams": 2, "patience": 0, "smoothing": 0.0}
    return TuneConfig(**{"model": MODEL, **fast, **values})


def trained(folder, chosen: TuneConfig):
    run = pairs_run(folder, chosen)
    seen = list(tune.train(chosen, run))
    return run, seen


def test_a_run_learns_and_is_complete(tmp_path):
    run, seen = trained(tmp_path / "run", config())
    assert [event.name for event in seen if isinstance(event, Stage)] == ["prepare", "train", "verdict"]
    losses = [event.values["loss"] for event in seen if isinstance(event, Metric) and "loss" in event.values]
    assert losses[-1] < losses[0] / 2
    metrics = run.read("metrics.json")
    assert isinstance(seen[-1], Done)
    assert seen[-1].metrics == metrics
    base = metrics["baselines"]["base"]
    assert metrics["chrf"] > base["chrf"]
    assert base["gain"]["chrf"]["mean"] == pytest.approx(metrics["chrf"] - base["chrf"])
    assert metrics["split"]["train"] + metrics["split"]["validation"] + metrics["split"]["test"] == len({source for source, _ in OTHER})
    assert not run.checkpoints.exists()
    assert "BLEU" in (run.path / "README.md").read_text(encoding="utf-8")
    passport = run.read("passport.json")
    assert (passport["languages"], passport["adapter"]) == (["en", "es"], "peft")


def test_the_loaded_run_writes_what_it_was_judged_by_and_leaves_its_base_alone(tmp_path):
    run, seen = trained(tmp_path / "run", config())
    base = open_translator(MODEL)
    before = {name: tensor.clone() for name, tensor in base.model.state_dict().items()}
    samples = seen[-1].metrics["samples"]
    for loaded in (load_tuned(run.path), load_tuned(run.path, base)):
        ((found),) = [list(writing.write(loaded, [one["source"] for one in samples], 2))]
        written = {place: text for some in found for place, text in some.items()}
        assert [written[place] for place in range(len(samples))] == [one["model"] for one in samples]
    assert all(torch.equal(tensor, before[name]) for name, tensor in base.model.state_dict().items())


@pytest.mark.parametrize("method", ["full", "dora", "ia3", "lntuning", "bitfit"])
def test_other_methods_train_and_load(tmp_path, method):
    run, seen = trained(tmp_path / "run", config(method=method, epochs=2))
    loaded, metrics = load_tuned(run.path), seen[-1].metrics
    (written,) = writing.write(loaded, [one["source"] for one in metrics["samples"]], 2)
    assert [written[place] for place in range(len(written))] == [one["model"] for one in metrics["samples"]]
    assert metrics["training"]["method"] == method
    base = open_translator(MODEL).model.state_dict()
    learnt = [name for name, tensor in loaded.model.state_dict().items() if name not in base or not torch.equal(tensor, base[name])]
    assert learnt
    if method == "full":
        assert not loaded.model.get_input_embeddings().weight[-1].any()  # what a Marian decoder begins with stays zero


def test_the_same_seed_gives_the_same_run_and_a_killed_one_goes_on(tmp_path):
    def figures(run):
        return {name: value for name, value in run.read("metrics.json").items() if name not in ("training", "sentences")}

    first, _ = trained(tmp_path / "a", config())
    again = pairs_run(tmp_path / "b", config())
    events = tune.train(config(), again)
    for event in events:
        if isinstance(event, Metric) and event.step >= 20:
            break
    events.close()
    list(tune.train(config(), again))
    assert figures(again) == figures(first)


def test_stop_keeps_the_best_and_judges_a_few(tmp_path):
    run = pairs_run(tmp_path / "run", config(epochs=40))
    seen = []
    for event in tune.train(config(epochs=40), run):
        seen.append(event)
        if isinstance(event, Metric) and event.step == 10:
            run.request_stop()
    assert seen[-1].stopped
    assert seen[-1].metrics["stopped"]
    assert load_tuned(run.path)


def test_a_zip_opens_again_with_the_same_words(tmp_path):
    run, _ = trained(tmp_path / "run", config())
    packed = portable.export_zip(run.path, tmp_path / "run.zip")
    opened = portable.open_zip(packed, tmp_path / "opened", settings.get().limits)
    sources = [source for source, _ in PAIRS[:6]]
    assert list(writing.write(load_tuned(opened), sources, 2)) == list(writing.write(load_tuned(run.path), sources, 2))
    assert "samples" not in json.loads((opened / "metrics.json").read_text(encoding="utf-8"))
    merged = portable.merged(run.path, tmp_path / "merged")
    assert (merged / "model.safetensors").exists()


def test_the_script_writes_the_same(tmp_path, base):
    run, _ = trained(tmp_path / "run", config())
    (run.path / "translate.py").write_text(code.script(run.path), encoding="utf-8")
    env = {**os.environ, "BASE": str(base), "BEAMS": "2", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, run.path / "translate.py", PAIRS[0][0]], env=env, capture_output=True, text=True, check=True)
    (expected,) = writing.write(load_tuned(run.path), [PAIRS[0][0]], 2)
    assert json.loads(done.stdout)["translation"] == expected[0]


def test_the_base_stands_beside_every_sample_whether_it_did_worst_there_or_not(monkeypatch):
    monkeypatch.setattr(evaluate, "WORST", 1)
    sources, right = ["one", "two"], [["uno"], ["dos"]]
    systems = {"model": ["zzz", "dos"], "base": ["uno", "xxx"], verdict.COPY: sources}
    told = verdict.figures(evaluate.evaluate(sources, right, systems), dict(zip(sources, systems["base"], strict=True)))
    assert [(one["source"], one["model"], one["base"]) for one in told["samples"]] == [("one", "zzz", "uno")]


def test_no_source_stands_in_two_parts():
    twice = [*OTHER, *((source, target + "!") for source, target in OTHER)]
    parts = material.divide(twice, 0.1, 0.2, 0)
    sources = {part: {source for source, _ in found} for part, found in parts.items()}
    assert not sources["train"] & sources["test"]
    assert not sources["train"] & sources["validation"]
    assert sum(map(len, parts.values())) == len(twice)


def test_long_pairs_are_left_out_and_said(tmp_path):
    long = ("Tom sees bread. " * 60, "Tom ve pan.")
    run = pairs_run(tmp_path / "run", config(epochs=1), [*OTHER, long])
    notes = [event.text for event in tune.train(config(epochs=1), run) if isinstance(event, Note)]
    assert any("1 pair was left out" in note for note in notes)


@pytest.mark.parametrize(
    ("pairs", "more", "said"),
    [
        (OTHER[:6], {}, "6 different sources"),
        (OTHER, {"target_language": "de"}, "does not translate"),
        (OTHER, {"test_share": 0.5, "validation_share": 0.5}, "different sources"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(tmp_path, pairs, more, said):
    run = pairs_run(tmp_path / "run", config(**more), pairs)
    with pytest.raises(UserError, match=said):
        list(tune.train(config(**more), run))


def test_the_forecast_knows_steps_and_parameters(tmp_path):
    run = pairs_run(tmp_path / "run", config())
    told = forecast.forecast({"config": config().to_dict(), "rows_path": str(run.rows)})
    seen = list(tune.train(config(), run))
    training = seen[-1].metrics["training"]
    assert (told["steps"], told["trainable_parameters"]) == (training["steps"], training["trainable_parameters"])
    assert told["seconds"] > 0
