"""Tuning a translator through the Lab: pairs in, a run of its own kind, which translates in its model's place."""

import json

import pytest

from genhub.jobs.folder import RunFolder
from genhub.text import code, tune
from genhub.training.configs import TuneConfig
from genhub.ui import runs
from genhub.ui.learning import pairs_source
from genhub.ui.learning.kinds import TUNE
from tests.inline_worker import InlineWorker
from tests.serving.tiny_runs import store
from tests.text.tiny_pairs import OTHER
from tests.tiny_translators import MODEL, trained_translator

VISITOR = "v" * 43
FAST = {
    "model": MODEL,
    "epochs": 12,
    "batch_size": 8,
    "precision": "fp32",
    "learning_rate": 2e-2,
    "beams": 2,
    "patience": 0,
    "smoothing": 0.0,
}


@pytest.fixture
def lab(lab):
    store(MODEL, "c" * 40, trained_translator)
    lab.worker = InlineWorker()
    return lab


@pytest.fixture
def pairs(lab) -> str:
    return lab.take_pairs(VISITOR, "\n".join(f"{here}\t{there}" for here, there in OTHER), languages=["en", "es"]).id


def test_pairs_of_a_data_set_of_the_hub_are_learnt_and_named(lab, monkeypatch):
    from genhub import hub

    facts = {"dataset": "acme/said", "config": "en-es", "split": "train", "revision": "c" * 40, "columns": ["en", "es"]}
    facts |= {"rows": len(OTHER), "left_out": [], "cut": True, "drawn": True, "shortened": 0, "splits": ["train"]}
    asked = []

    def stream(request, settings):
        asked.append(request)
        with open(request["out"], "w") as file:
            file.writelines(json.dumps({"note": "Not this one.", "es": there, "en": here}) + "\n" for here, there in OTHER)
        return facts

    monkeypatch.setattr(hub, "dataset", stream)
    given = {"source": pairs_source.HUB, "pasted": "", "file": None, "dataset": "acme/said:en-es", "cut": False, "source_column": ""}
    given |= {"target_column": "", "model": MODEL, "source_language": "en", "target_language": "es"}
    taken, told = pairs_source.take(lab, {"visitor": VISITOR}, TUNE, {TUNE.name(part): value for part, value in given.items()})
    assert {name: asked[0][name] for name in ("dataset", "config", "split")} == {"dataset": "acme/said", "config": "en-es", "split": ""}
    assert "drawn from a shuffled stream" in told
    info = lab.pairs_info(VISITOR, taken)
    assert (info.source_column, info.target_column, info.pairs, info.fixes) == ("en", "es", len(OTHER), [])
    path = lab.run(VISITOR, lab.train(VISITOR, taken, FAST, task="translate")).path
    assert RunFolder(path).job()["data"]["hub"] == {
        name: facts[name] for name in ("dataset", "config", "split", "revision", "cut", "drawn")
    }
    command = code.command_line(path)
    assert "--data hub:acme/said:en-es:train --source-column en --target-column es " in command


@pytest.fixture
def run(lab, pairs) -> str:
    """A run that the trainer has ended, as the job process would."""
    run = lab.train(VISITOR, pairs, FAST, "Other words", task="translate")
    folder = RunFolder(lab.run(VISITOR, run).path)
    for event in tune.train(TuneConfig.from_dict(folder.job()["config"]), folder):
        folder.append(event)
    return run


def test_a_run_translates_in_its_models_place(lab, run):
    assert lab.run(VISITOR, run).task == "translate"
    told = lab.translate(VISITOR, "Tom sees bread.", {"beams": 2}, run)
    assert told["translation"] == "Tom quiere pan."
    assert told["languages"] == ["en", "es"]
    assert lab.translate(VISITOR, "Tom sees bread.", {"beams": 2, "model": MODEL})["translation"] == "Tom ve pan."
    ids = told["sentences"][0]["source_ids"]
    assert lab.translation_tree(VISITOR, ids, {"beams": 2}, run)["hypotheses"][0]["text"] == "Tom quiere pan."
    pair = {"source": ids, "target": told["sentences"][0]["hypotheses"][0]["ids"]}
    assert lab.attend(VISITOR, pair, {}, run)["target_words"][:2] == ["Tom", "quiere"]


def test_a_run_is_judged_beside_its_model(lab, run, pairs):
    told = lab.judge(VISITOR, pairs, [f"run:{run}", MODEL], {"beams": 2})
    assert [one["name"] for one in told["systems"]][:2] == ["Other words", MODEL]
    assert told["systems"][1]["difference"]["chrf"]["high"] < 0


def test_a_forecast_comes_before(lab, pairs):
    told = lab.forecast(VISITOR, pairs, FAST, task="translate")
    assert told["steps"] > 0
    assert told["limit_seconds"] == 3_600


def test_runs_that_translate_stand_in_one_table(lab, run):
    figures = RunFolder(lab.run(VISITOR, run).path).read("metrics.json")
    told = lab.compare(VISITOR, [run, run])
    first, second = told.runs
    assert told.test_sources == figures["test_sources"]
    assert (first.more, second.more) == (None, 0.0)
    assert first.gain == pytest.approx(figures["baselines"]["base"]["gain"]["bleu"]["mean"])
    shown = runs.compare(lab, {"visitor": VISITOR}, [run, run])
    assert f"The same {told.test_sources:,} unseen sources" in shown
    assert (shown.count("Other words"), shown.count("+0.0")) == (2, 1)


def test_a_run_leaves_as_a_zip_and_comes_back(lab, run):
    again = lab.reopen(VISITOR, lab.export(VISITOR, run))
    assert lab.translate(VISITOR, "Tom sees bread.", {"beams": 2}, again)["translation"] == "Tom quiere pan."
    told = lab.code(VISITOR, run)
    assert "AutoModelForSeq2SeqLM" in told["script"]
    assert "train translate --data YOUR-PAIRS.tsv" in told["command"]
