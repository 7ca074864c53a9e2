"""The model card: the header that the Hub reads, the figures with their ground, and nothing of the user's table."""

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard

from genhub.errors import UserError
from genhub.jobs.folder import RunFolder, write_json
from genhub.text import card, code, verdict
from genhub.text.formats import CLASSIFIER
from genhub.text.passport import check
from genhub.training.configs import ClassifyConfig

LABELS = ["refund | <b>now</b>", "cancel_order"]
CANARY = "my secret complaint 4711"


def judged(**changes) -> dict:
    """Metrics of 60 rows, 51 of them right; TF-IDF gets 39 right."""
    rows = [{"row": index + 1, "text": f"{CANARY} {index}", "label": LABELS[index % 2]} for index in range(60)]
    truth = np.arange(60) % 2
    scores = np.where(np.eye(2)[np.where(np.arange(60) < 51, truth, 1 - truth)] > 0, 0.9, 0.1)
    tfidf = [LABELS[number if index < 39 else 1 - number] for index, number in enumerate(truth)]
    split = {"kind": "hold-out", "train": 210, "validation": 30, "test": 60, "seed": 5, "groups_kept_together": True}
    training = {"method": "lora", "seconds": 41.23, "trainable_parameters": 74_498, "peak_memory_mb": 812.4, "learning_rate": None}
    whole = verdict.judge(verdict.Evidence(rows, LABELS, scores, tfidf, [LABELS[0]] * 60), split, training)
    return {**whole.metrics, **changes}


def passport(**changes) -> dict:
    return {
        "format": CLASSIFIER,
        "base": {"id": "embedded/minilm-l6", "revision": "c9745ed1"},
        "method": "lora",
        "adapter": "peft",
        "labels": LABELS,
        "pooling": "mean",
        "normalize": True,
        "scale": 16.0,
        "max_length": 128,
        "data": {"sha256": "ab" * 32, "rows": 300},
        "config": ClassifyConfig(seed=5).to_dict(),
        "seed": 5,
        "versions": {"torch": "2.13.0", "peft": "0.21.2"},
        **changes,
    }


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return job(tmp_path / "run", {"name": "secret-customers.csv", "sample": None, "fixes": []})


def job(folder, data: dict) -> RunFolder:
    config = ClassifyConfig(seed=5).to_dict()
    return RunFolder.create(folder, {"task": "classify", "config": config, "name": "secret-customers · lora", "data": data})


def header(text: str) -> dict:
    return yaml.safe_load(text.split("---\n")[1])


def test_the_hub_understands_the_header(run):
    text = card.text(run, judged(), passport())
    read = ModelCard(text).data
    assert (read.license, read.library_name, read.pipeline_tag) == ("apache-2.0", "peft", "text-classification")
    assert read.base_model == "sentence-transformers/all-MiniLM-L6-v2"
    assert {"genhub", "text-classification", "lora"} <= set(read.tags)
    accuracy, f1 = read.eval_results
    assert (accuracy.metric_type, accuracy.metric_value, accuracy.dataset_split) == ("accuracy", 0.85, "hold-out")
    assert accuracy.metric_name == "Accuracy on 60 unseen rows, 95 % interval [0.739, 0.919]"
    assert (f1.metric_type, f1.metric_value) == ("f1", pytest.approx(0.85, abs=0.001))
    assert read.language == ["en"]
    assert header(text)["base_model_relation"] == "adapter"


def test_the_figures_stand_with_their_ground(run):
    text = card.text(run, judged(), passport())
    assert "Measured on 60 unseen rows: a stratified hold-out part (seed 5). 210 rows taught, 30 chose the best epoch." in text
    assert "| this model | 0.850 | [0.739, 0.919] | 0.850 |" in text
    assert "| TF-IDF + logistic regression | 0.650 | [0.524, 0.758] | 0.650 |" in text
    assert "| 0.500 | [0.377, 0.623] | 0.333 |" in text
    assert "Beats TF-IDF by 0.200" in text
    assert "Trainable parameters: 74,498" in text
    assert "Seconds: 41.2" in text
    assert "Learning rate" not in text


def test_labels_do_not_break_the_page(run):
    text = card.text(run, judged(), passport())
    assert "| refund \\| &lt;b>now&lt;/b> | 0.8" in text
    assert "| cancel\\_order | 0.8" in text


@pytest.mark.parametrize("data", [{"name": "secret-customers.csv", "sample": None}, {"name": "support.csv", "sample": "support"}])
def test_nothing_of_the_users_table_is_in_it(tmp_path, data):
    text = card.text(job(tmp_path / "run", {**data, "fixes": []}), judged(), passport())
    assert CANARY not in text
    assert "secret-customers" not in text
    dataset = header(text)["model-index"][0]["results"][0]["dataset"]
    assert dataset["name"] == ("GenHub sample support" if data["sample"] else "A private table")
    assert ("--data support --model" in text) == bool(data["sample"])


HUB = {"dataset": "owner/moods", "config": "default", "split": "train", "revision": "c" * 40, "cut": True, "drawn": True}


def test_a_data_set_of_the_hub_is_named_with_its_revision(tmp_path):
    text = card.text(job(tmp_path / "run", {"name": "owner/moods", "fixes": [], "hub": HUB}), judged(), passport(data={"hub": HUB}))
    dataset = header(text)["model-index"][0]["results"][0]["dataset"]
    assert (dataset["name"], dataset["type"], dataset["revision"]) == ("owner/moods", "owner/moods", "c" * 40)
    assert "Data set: owner/moods, configuration “default”, split “train”, revision cccccccccc, drawn from a shuffled stream" in text
    assert "--data hub:owner/moods:default:train" in text
    told = {"format": CLASSIFIER, **passport(data={"hub": HUB}, base={"id": "embedded/minilm-l6"}), "head": {"in": 384, "out": 2}}
    assert check(told)["data"]["hub"] == HUB


def test_the_script_on_the_card_is_the_runs_own(run):
    write_json(run.path / "passport.json", passport())
    assert code.script(run.path) in card.text(run, judged(), passport())


@pytest.mark.parametrize(
    ("folds", "stopped", "told"),
    [
        (
            5,
            False,
            "Measured on all 60 rows by 5-fold cross-validation (seed 5): each row was predicted by a model that had not seen it. "
            "The model in this folder was trained afterwards with the same options.",
        ),
        (5, True, "The model in this folder is the best one there was when training was stopped."),
        (
            1,
            True,
            "Measured on 60 rows by cross-validation (seed 5), fold 1 of 5: each row was predicted by a model that had not seen it. "
            "Then it was stopped; the model in this folder is that of fold 1.",
        ),
        (3, True, "folds 1 to 3 of 5: each row"),
    ],
)
def test_a_cross_validation_says_which_folds_were_judged(run, folds, stopped, told):
    metrics = judged()
    split = {**metrics["split"], "kind": "cross-validation", "folds": 5}
    text = card.text(run, {**metrics, "split": split, "folds": folds, "stopped": stopped}, passport())
    assert told in text
    assert ("The run was stopped before its end." in text) == stopped


def test_a_separate_test_table_is_named_as_such(run):
    metrics = judged()
    text = card.text(run, {**metrics, "split": {**metrics["split"], "kind": "given", "groups_kept_together": False}}, passport())
    assert "60 unseen rows: a separate test table." in text
    assert "on one side of the split" not in text


@pytest.mark.parametrize(
    ("adapter", "relation", "kept"),
    [
        ("bottleneck", "adapter", "not PEFT"),
        ("none", "finetune", "no change to the encoder"),
    ],
)
def test_only_peft_is_called_peft(run, adapter, relation, kept):
    text = card.text(run, judged(), passport(adapter=adapter, base={"id": "owner/unknown", "revision": ""}))
    read = header(text)
    assert "library_name" not in read
    assert (read["base_model"], read["license"], read["base_model_relation"]) == ("owner/unknown", "unknown", relation)
    assert "language" not in read
    assert kept in text


def test_write_reads_the_folder_unless_told(run):
    with pytest.raises(UserError, match=r"no metrics\.json"):
        card.write(run)
    path = card.write(run, judged(), passport())
    assert path == run.path / "README.md"
    told = path.read_text(encoding="utf-8")
    write_json(run.path / "metrics.json", judged())
    write_json(run.path / "passport.json", passport())
    assert card.write(run).read_text(encoding="utf-8") == told
