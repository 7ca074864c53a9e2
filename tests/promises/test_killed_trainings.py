"""S2: a training of every kind, killed at any moment, goes on to the same curve, samples and verdict, to the last bit."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from genhub import tasks
from genhub.augment.measure import train as measuring
from genhub.events import Metric, Progress, Resumed
from genhub.jobs import reading
from genhub.jobs.folder import RunFolder
from genhub.jobs.new import make_job
from genhub.training.configs import (
    AdaptConfig,
    ClassifyConfig,
    MeasureImagesConfig,
    MeasureTablesConfig,
    MeasureTextsConfig,
    TuneConfig,
)
from tests import tiny_translators
from tests.images import bars
from tests.promises import kills
from tests.serving import tiny_language, tiny_runs
from tests.text import tiny_scratch
from tests.text.tiny_pairs import pairs_run
from tests.text.tiny_texts import text_run
from tests.tiny import tiny_rows, tiny_run

CLOCK = ("training", "seconds", "rows_per_second", "tokens_per_second", "images_per_second", "peak_memory_mb")  # what no seed decides
SECONDS = re.compile(r"\bin [\d.,]+ (?:s|min)\b")  # in a sentence
Make = Callable[[Path], RunFolder]
FAST = {"epochs": 2, "precision": "fp32", "patience": 0}
FILMED = {"epochs": 4, "frames": 5}


@pytest.fixture(autouse=True)
def bases(home):
    tiny_runs.store_base()
    tiny_language.store_language()
    tiny_runs.store(tiny_translators.MODEL, "c" * 40, tiny_translators.trained_translator)


def classifier(path: Path) -> RunFolder:
    rates = {"learning_rate": 5e-3, "head_learning_rate": 1e-2}
    return tiny_run(path, ClassifyConfig(model=tiny_runs.BASE, batch_size=16, folds=2, **FAST, **rates))


def adapted(method: str) -> Make:
    def make(path: Path) -> RunFolder:
        chosen = {**FAST, "epochs": 3, "window": 16, "batch_size": 16, "samples": 5, "sample_tokens": 6, "learning_rate": 3e-2}
        return text_run(path, AdaptConfig(model=tiny_language.MODEL, method=method, **chosen))

    return make


def scratch(kind: str) -> Make:
    return lambda path: tiny_scratch.new_run(path, tiny_scratch.config(kind, dropout=0.1))


def translator(path: Path) -> RunFolder:
    chosen = {**FAST, "epochs": 6, "batch_size": 8, "learning_rate": 2e-2, "beams": 2, "smoothing": 0.0}
    return pairs_run(path, TuneConfig(model=tiny_translators.MODEL, **chosen))


def images(family: str, **values) -> Make:
    return lambda path: bars.new_run(path, family, bars.config(family, **values), rows_of_bars(path))


def rows_of_bars(path: Path) -> Path:
    folder = path.with_name(f"{path.name}-bars")
    folder.mkdir()
    return bars.bars(folder)


def measured_table(path: Path) -> RunFolder:
    rng = np.random.default_rng(0)
    lines = [{"a": str(rng.normal(number < 12)), "b": str(rng.normal()), "kind": "1" if number < 12 else "2"} for number in range(60)]
    return measured(path, "measure-tables", MeasureTablesConfig(methods="random-over"), lines, label="kind", categorical=[])


def measured_texts(path: Path) -> RunFolder:
    lines = [{**row, "group": number} for number, row in enumerate(tiny_rows(60))]
    chosen = MeasureTextsConfig(model=tiny_runs.BASE, method="frozen", chains="swap", sizes="20", steps=10)
    return measured(path, "measure-texts", chosen, lines)


def measured(path: Path, task: str, config, lines: list[dict], **data) -> RunFolder:
    rows = path.with_name(f"{path.name}.jsonl")
    rows.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run = RunFolder.create(path, make_job(task, config, rows, {"name": "t", **data}))
    run.rows.write_bytes(rows.read_bytes())
    return run


def measured_images(path: Path) -> RunFolder:
    chosen = MeasureImagesConfig(chains="rotate=10", sizes="40", steps=20)
    return bars.new_run(path, "measure-images", chosen, rows_of_bars(path))


TASKS = {task.name for task in tasks.TASKS.values() if task.trainer.startswith("genhub.")}  # tests of jobs add one of theirs
EVERY: dict[str, Make] = {
    "a classifier": classifier,
    "a language model with LoRA": adapted("lora"),
    "a language model with AdaLoRA": adapted("adalora"),
    "a GPT from scratch": scratch("gpt"),
    "a recurrent network that keeps its state": scratch("stateful"),
    "a translator": translator,
    "an autoencoder": images("autoencoder", **FILMED),
    "a dense VAE": images("vae", variant="dense", **FILMED),
    "a convolutional VAE": images("vae", variant="conv", **FILMED),
    "a GAN with replay": images("gan", variant="dcgan", replay=True, **FILMED),
    "a Wasserstein GAN": images("gan", variant="conv", loss="wasserstein", **FILMED),
    "a diffusion model": images("diffusion", epochs=2, frames=3),
    "transfer in four ways": images("transfer", batch_size=32),
    "a measurement of tables": measured_table,
    "a measurement of texts": measured_texts,
    "a measurement of images": measured_images,
}


def test_every_trainer_is_killed(tmp_path):
    assert {make(tmp_path / str(number)).job()["task"] for number, make in enumerate(EVERY.values())} == TASKS


@pytest.mark.skipif(not kills.POSSIBLE, reason="no fork on this system")
@pytest.mark.parametrize("name", EVERY)
def test_a_killed_training_goes_on_to_the_same_curve(tmp_path, monkeypatch, figure, name):
    torch.set_num_threads(1)
    monkeypatch.setenv("GENHUB_CHECKPOINT_SECONDS", "0")
    monkeypatch.setattr(measuring, "SECONDS", 0.0)
    whole = EVERY[name](tmp_path / "whole")
    told = finished(whole)
    kind = Metric if any(isinstance(event, Metric) for event in told) else Progress
    moments = kills.moments(sum(isinstance(event, kind) for event in told))
    for number, moment in enumerate(moments):
        run = EVERY[name](tmp_path / f"run{number}")
        kills.killed(run.path, kind, moment)
        known = results(run)
        again = finished(run)
        assert outcome(run) == outcome(whole)
        assert results(run)[: len(known)] == known
        resumed = any(isinstance(event, Resumed) and (event.step > 0 or event.parts_done) for event in again)
        assert resumed or moment < 3 or kind is Progress  # a measurement keeps results, and says nothing of it
    figure("S2", f"{len(moments)} kills of the training of {name}", "the same curve, samples and verdict, to the last bit")


def finished(run: RunFolder) -> list:
    """Train to the end, in this process; every event is in the log, too."""
    told = []
    kills.trained(run, told.append)
    return told


def outcome(run: RunFolder) -> dict:
    """What the page shows of a run, without what the clock decides, and its weights."""
    view = reading.read(run)
    curves = {part: {name: points for name, points in named.items() if name not in CLOCK} for part, named in view.curves.items()}
    weights = {str(path.relative_to(run.path)): path.read_bytes() for path in sorted(run.path.rglob("*.safetensors"))}
    return {"curves": curves, "samples": view.samples, "metrics": timeless(run.read("metrics.json")), "weights": weights}


def timeless(told):
    if isinstance(told, dict):
        return {name: timeless(value) for name, value in told.items() if name not in CLOCK}
    if isinstance(told, str):
        return SECONDS.sub("", told)
    return [timeless(value) for value in told] if isinstance(told, list) else told


def results(run: RunFolder) -> list[str]:
    """What a measurement wrote down, a training a line."""
    return (run.path / measuring.RESULTS).read_text().splitlines() if run.has(measuring.RESULTS) else []
