"""A model trained from scratch on its travels: card, zip, opened again with the same words."""

import ast
import json
import os
import subprocess
import sys
import zipfile

import pytest

from genhub import settings
from genhub.jobs.folder import RunFolder
from genhub.text import code, portable, scratch
from genhub.text.decoding.batch import Batch, Row
from genhub.text.generator import load_generator
from genhub.training.configs import GenerateConfig
from tests.text.tiny_scratch import config, new_run


def words(folder, prompt: str = "the ", **how) -> list[int]:
    model = load_generator(folder)
    batch, row = Batch(model.decoder), Row(model.prompt(prompt), GenerateConfig(**{"max_new_tokens": 40, "seed": 1, **how}))
    batch.join(row)
    while batch.next(row):
        pass
    return row.new


@pytest.mark.parametrize("kind", ["gpt", "rnn", "stateful"])
def test_a_run_is_packed_and_opened_again(home, tmp_path, kind):
    chosen = config(kind)
    run = new_run(tmp_path / "run", chosen)
    *_, done = scratch.train(chosen, run)
    packed = portable.export_zip(run.path, tmp_path / "run.zip")
    with zipfile.ZipFile(packed) as file:
        assert not [name for name in file.namelist() if "data/" in name]
        assert "samples" not in json.loads(file.read("metrics.json"))
        assert "generate.py" in file.namelist()
    opened = RunFolder(portable.open_zip(packed, tmp_path / "opened", settings.LOCAL))
    assert words(opened.path) == words(run.path)
    assert opened.read("passport.json")["config"] == chosen.to_dict()
    assert opened.read("metrics.json")["bits_per_character"] == pytest.approx(done.metrics["bits_per_character"])


@pytest.mark.parametrize("kind", ["gpt", "rnn"])
def test_the_card_says_what_it_is_and_how_good(tmp_path, kind):
    chosen = config(kind)
    run = new_run(tmp_path / "run", chosen)
    *_, done = scratch.train(chosen, run)
    card = (run.path / "README.md").read_text(encoding="utf-8")
    assert f"trained from drawn weights (`{kind}`)" in card
    assert f"| this model | {done.metrics['bits_per_character']:.3f} |" in card
    assert "5-grams, counted on the same text" in card
    assert "train scratch" in card
    assert "text-generation" in card


@pytest.mark.parametrize("kind", ["gpt", "rnn"])
def test_the_script_writes_the_same_words_without_us(tmp_path, kind):
    """Also past the positions of a GPT: windows of 16 characters here."""
    chosen = config(kind)
    run = new_run(tmp_path / "run", chosen)
    list(scratch.train(chosen, run))
    source = code.script(run.path)
    tree = ast.parse(source)
    modules = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in ast.walk(tree) if "Import" in str(node)}
    assert not [name for name in modules if name.startswith("genhub")]
    (run.path / "generate.py").write_text(source, encoding="utf-8")
    known = {key: value for key, value in os.environ.items() if key not in ("RUN", "PYTHONPATH")}
    env = {**known, "HF_HUB_OFFLINE": "1", "GREEDY": "1", "TOKENS": "30"}
    command = [sys.executable, str(run.path / "generate.py"), "the cat", ""]
    told = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 0, told.stderr
    model = load_generator(run.path)
    expected = [model.tokenizer.decode(words(run.path, prompt, strategy="greedy", max_new_tokens=30)) for prompt in ("the cat", "\n")]
    assert [json.loads(line)["text"] for line in told.stdout.splitlines()] == expected
