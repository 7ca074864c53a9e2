"""What lies in the zoo: opens as its card says, within its size, and measures what its card says where the real data is at hand."""

import json
import os
from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from genhub import catalog
from genhub.zoo.recipes import books, char_rnn, publish, shakespeare, stage, stories

DATA = next(
    (Path(home) for home in (os.environ.get("GENHUB_DATA"), stage.ZOO.parents[2] / "shared" / "data") if home and Path(home).is_dir()), None
)
MODELS = sorted(folder.parent for folder in stage.ZOO.glob(f"*/{publish.FIGURES}"))
GPTS = [folder for folder in MODELS if folder.name in (shakespeare.NAME, stories.NAME)]


def figures(name: str) -> dict:
    path = stage.ZOO / name / publish.FIGURES
    if not path.exists():
        pytest.skip(f"embedded/{name} is not trained yet")
    return json.loads(path.read_text(encoding="utf-8"))


def needs(name: str) -> Path:
    if DATA is None or not (DATA / "language" / name).exists():
        pytest.skip(f"{name}: real data is not at hand (GENHUB_DATA)")
    return DATA / "language" / name


@pytest.mark.parametrize("folder", MODELS, ids=lambda folder: folder.name)
def test_it_keeps_to_its_size_and_is_in_the_catalog(folder):
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert size <= publish.LIMIT_BYTES
    entry = catalog.get(f"embedded/{folder.name}")
    assert entry.megabytes == pytest.approx((folder / "model.safetensors").stat().st_size / 1e6, abs=0.06)
    assert {path.suffix for path in folder.iterdir()} <= {".json", ".safetensors", ".md"}
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in folder.iterdir())


@pytest.mark.parametrize("folder", GPTS, ids=lambda folder: folder.name)
def test_it_opens_with_plain_transformers(folder):
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    ids = tokenizer("Once", return_tensors="pt")
    answer = model.generate(**ids, max_new_tokens=8, do_sample=False, pad_token_id=0)
    assert tokenizer.decode(answer[0]).startswith("Once")
    assert model.num_parameters() == catalog.get(f"embedded/{folder.name}").parameters


def test_shakespeare_measures_what_its_card_says():
    told = figures(shakespeare.NAME)
    needs("tinyshakespeare.txt.gz")
    held_out = shakespeare.split(shakespeare.read()).held_out[: shakespeare.SAMPLE * shakespeare.CONTEXT + 1]
    assert shakespeare.measure(stage.ZOO / shakespeare.NAME, held_out)["windows_nats"] == pytest.approx(told["sample_nats"], abs=1e-3)
    assert told["windows_nats"] <= 1.50


def test_the_character_rnn_measures_what_its_card_says():
    told = figures(char_rnn.NAME)
    needs("tinyshakespeare.txt.gz")
    held_out = shakespeare.split(shakespeare.read()).held_out[: shakespeare.SAMPLE * char_rnn.COMPARED + 1]
    for part, found in char_rnn.measure(stage.ZOO / char_rnn.NAME, held_out).items():
        assert found["windows_nats"] == pytest.approx(told[part]["sample_nats"], abs=1e-3)


def test_stories_measures_what_its_card_says():
    told = figures(stories.NAME)
    kept = books.stories(needs("tinystories_sample.txt.gz"))
    held_out = kept.texts[-stories.TINY_HELD_OUT :][: stories.SAMPLE]
    assert stories.measure(stage.ZOO / stories.NAME, held_out)["bits_per_byte"] == pytest.approx(told["sample"]["bits_per_byte"], abs=1e-3)
    for part in ("books", "stories"):
        assert told[part]["bits_per_byte"] < min(told["base_lines"][part].values())
