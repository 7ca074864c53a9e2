"""The command line where it learns to write from a text."""

import csv

import pytest

from genhub import cli
from genhub.jobs.folder import RunFolder
from genhub.training.configs import AdaptConfig
from tests.serving.tiny_language import MODEL, store_language
from tests.test_cli import genhub
from tests.text.tiny_texts import tiny_text

FAST = ("--model", MODEL, "--epochs", "1", "--window", "16", "--samples", "2", "--sample-tokens", "6", "--precision", "fp32")


@pytest.fixture
def text(home, tmp_path):
    store_language()
    path = tmp_path / "animals.txt"
    path.write_text(tiny_text(), encoding="utf-8")
    return path


def test_a_text_is_learnt_from_and_the_run_is_there(text, tmp_path):
    ended = genhub("train", "generate", "--data", text, *FAST, "--out", tmp_path / "run", "--json")
    assert ended.status == 0, ended.err
    metrics = ended.value["metrics"]
    assert list(metrics)[:4] == ["loss", "perplexity", "bits_per_character", "bits_per_byte"]
    assert set(metrics["baselines"]) == {"base", "ngrams", "unigram"}
    assert ended.value["run"] == str(tmp_path / "run")
    job = RunFolder(tmp_path / "run").job()
    assert (job["task"], job["data"]["name"], job["data"]["rows"]) == ("generate", "animals.txt", 1)
    assert AdaptConfig.from_dict(job["config"]).window == 16
    assert "step 0 writes" in ended.err


def test_the_verdict_in_words_and_the_list_of_runs(text):
    ended = genhub("train", "generate", "--data", text, *FAST, "--name", "Animals")
    assert ended.status == 0, ended.err
    assert "the base model" in ended.out
    assert "5-grams, counted" in ended.out
    assert "python -m genhub generate --run" in ended.out
    [listed] = genhub("runs", "--json").value["runs"]
    assert (listed["name"], listed["state"]) == ("Animals", "finished")
    assert listed["bits_per_character"] > 0


def test_a_column_of_a_table_is_documents(text, tmp_path):
    table = tmp_path / "pets.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("who", "said"), *((f"nobody {number}", f"{number} {tiny_text(2, number)}") for number in range(60))])
    ended = genhub("train", "generate", "--data", table, "--text-column", "said", *FAST, "--out", tmp_path / "run", "--json")
    assert ended.status == 0, ended.err
    assert ended.value["metrics"]["split"]["by"] == "document"
    job = RunFolder(tmp_path / "run").job()
    assert (job["data"]["rows"], job["data"]["column"]) == (60, "said")


def test_a_bundled_text_is_named(home, tmp_path):
    store_language()
    ended = genhub(
        "train", "generate", "--data", "harbour", *FAST, "--epochs", "1", "--batch-size", "256", "--out", tmp_path / "run", "--json"
    )
    assert ended.status == 0, ended.err
    assert RunFolder(tmp_path / "run").job()["data"]["sample"] == "harbour"


def test_a_run_that_was_stopped_goes_on(text, tmp_path, monkeypatch):
    from genhub import tasks
    from genhub.events import Stage

    def cut(config, run):
        yield Stage("train", "Training")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tasks.Task, "load", lambda task: cut)
        assert genhub("train", "generate", "--data", text, *FAST, "--out", tmp_path / "run").status == 130
    wrong = genhub("train", "classify", "--resume", tmp_path / "run")
    assert wrong.status == 2
    assert "train generate --resume" in wrong.err
    ended = genhub("train", "generate", "--resume", tmp_path / "run", "--json")
    assert ended.status == 0, ended.err
    assert ended.value["metrics"]["test_characters"] > 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--data", "nowhere.txt"), "is not there"),
        ((), "There is no text to train on"),
        (("--data", "harbour", "--epochs", "0"), "Epochs is"),
        (("--data", "harbour", "--method", "frozen"), "Method is"),
        (("--data", "harbour", "--preset", "slow"), "Preset is"),
        (("--data", "harbour", "--model", "embedded/minilm-l6"), "is an encoder"),
        (("--data", "harbour", "--fix", "merge-labels"), "There is no fix"),
        (("--data", "hub:a/b:c:d:e"), "too many parts"),
    ],
)
def test_refusals(text, words, told):
    ended = genhub("train", "generate", *(() if "--model" in words else ("--model", MODEL)), *words, "--json")
    assert ended.status == 2
    assert told in ended.err, ended.err


def test_a_preset_decides_and_options_given_win(text, tmp_path):
    given = ("--data", text, "--model", MODEL, "--preset", "Quick", "--rank", "2", "--window", "16", "--samples", "0")
    ended = genhub("train", "generate", *given, "--out", tmp_path / "run", "--json")
    assert ended.status == 0, ended.err
    config = RunFolder(tmp_path / "run").job()["config"]
    assert (config["method"], config["rank"]) == ("lora", 2)


def test_help_lists_every_option(home):
    shown = " ".join(genhub("train", "generate", "--help").out.split())
    assert all(item.flag in shown for item in AdaptConfig.options())
    measured = {"measure-images", "measure-tables", "measure-texts"}
    assert set(cli.COMMANDS["train"].children) == {"classify", "generate", "images", "scratch", "translate"} | measured
