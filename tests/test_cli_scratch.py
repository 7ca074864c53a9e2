"""The command line where a character model is trained from drawn weights."""

import pytest

from genhub.jobs.folder import RunFolder
from genhub.training.configs import ScratchConfig
from tests.test_cli import genhub
from tests.text.tiny_scratch import TEXT

FAST = ("--steps", "10", "--width", "16", "--heads", "2", "--samples", "1", "--sample-tokens", "8", "--precision", "fp32")


@pytest.fixture
def text(home, tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def trained(text, tmp_path, *words):
    ended = genhub("train", "scratch", "--data", text, *words, *FAST, "--out", tmp_path / "run", "--json")
    assert ended.status == 0, ended.err
    return ended.value, ScratchConfig.from_dict(RunFolder(tmp_path / "run").job()["config"])


def test_a_run_is_there_and_writes(text, tmp_path):
    value, config = trained(text, tmp_path)
    assert list(value["metrics"])[:3] == ["loss", "perplexity", "bits_per_character"]
    assert set(value["metrics"]["baselines"]) == {"ngrams", "unigram"}
    assert (config.steps, config.architecture) == (10, "gpt")
    told = genhub("generate", "--run", tmp_path / "run", "--prompt", "the ", "--max-new-tokens", "200", "--json")
    assert told.status == 0, told.err
    assert len(told.value["tokens"]) == 200


@pytest.mark.parametrize("architecture", ["gpt", "rnn"])
def test_a_preset_is_that_of_the_architecture_asked_for(text, tmp_path, architecture):
    value, config = trained(text, tmp_path, "--architecture", architecture, "--preset", "1 minute")
    assert config.architecture == architecture
    assert (config.layers, config.window) == {"gpt": (4, 128), "rnn": (1, 100)}[architecture]
    assert config.width == 16  # options given win
    assert value["metrics"]["training"]["method"] == architecture


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "There is no text to train on"),
        (("--data", "harbour", "--preset", "2 minutes"), "Preset is"),
        (("--data", "harbour", "--width", "50", "--heads", "4"), "heads cannot share"),
        (("--data", "harbour", "--architecture", "lstm"), "Architecture is"),
    ],
)
def test_refusals(home, words, told):
    ended = genhub("train", "scratch", *words, "--json")
    assert ended.status == 2
    assert told in ended.err, ended.err
