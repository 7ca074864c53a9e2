"""Several processes under torchrun learn what one process learns: the same batches, windows and noise, so the same loss curve."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from genhub import cli
from genhub.jobs.folder import RunFolder
from tests.serving.tiny_language import MODEL, store_language
from tests.serving.tiny_runs import store
from tests.text.tiny_scratch import TEXT
from tests.tiny import tiny_encoder, tiny_rows

ROOT = Path(cli.__file__).parents[1]
BASE = "tests/still"  # without dropout: masks are each process's own
pytestmark = pytest.mark.timeout(420)  # two launches and four trainings are prepared for the first test
TOLERANCE = 1e-3  # of a loss: sums in another order, a difference that grows from step to step
WAYS = {
    "classify": f"classify --data rows.csv --model {BASE} --method lora --dropout 0 --epochs 3 --batch-size 8 --folds 0",
    "generate": f"generate --data lines.txt --model {MODEL} --method lora --epochs 2 --samples 0",
    "scratch": "scratch --data lines.txt --steps 30 --width 16 --heads 2 --layers 1 --window 16 --dropout 0 --samples 0",
    "vae": "images --family vae --variant dense --data set.npz --epochs 2 --batch-size 16 --frames 0",
}


def words(way: str, folder: Path, out: str) -> list[str]:
    told = [str(folder / word) if word in ("rows.csv", "lines.txt", "set.npz") else word for word in WAYS[way].split()]
    return ["train", *told, "--precision", "fp32", "--out", str(folder / f"{way}-{out}"), "--json", "--quiet"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """The folder of all runs, each by one process (-alone) and by two (-both); one of two was stopped and went on."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"GENHUB_HOME": str(folder / "home"), "GENHUB_OFFLINE": "1", "HF_HUB_OFFLINE": "1"}.items():
            patch.setenv(name, value)
        store(BASE, "a" * 40, lambda place: tiny_encoder(place, dropout=0.0))
        store_language(MODEL)
        (folder / "lines.txt").write_text(TEXT, encoding="utf-8")
        np.savez(folder / "set.npz", x=np.random.default_rng(0).integers(0, 256, (100, 8, 8), np.uint8), y=np.arange(100) % 2)
        with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *((row["text"], row["label"]) for row in tiny_rows(83))])
        lines = [*(words(way, folder, "both") for way in WAYS), ["stop=12", *words("scratch", folder, "stopped")]]
        (folder / "words.json").write_text(json.dumps(lines))
        assert len(together("tests.training.pair", str(folder / "words.json"))) == len(lines)
        assert json.loads(together("genhub", "train", "scratch", "--resume", str(folder / "scratch-stopped"), "--json")[-1])["metrics"]
        for way in WAYS:
            assert cli.main(words(way, folder, "alone")) == 0
    return folder


def together(module: str, *words: str) -> list[str]:
    """What two processes of `python -m module` print: the main one alone does."""
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", module)
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *launcher, *words], capture_output=True, text=True, cwd=ROOT, env=env, timeout=200, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


def curves(run: Path) -> dict[str, dict[int, float]]:
    """loss and val_loss by step, in all their figures; a point that was told twice, before a stop and after it, is the later."""
    found: dict[str, dict[int, float]] = {}
    for line in (run / "events.jsonl").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        for name in ("loss", "val_loss"):
            if name in event.get("values", {}):
                found.setdefault(name, {})[event["step"]] = event["values"][name]
    return found


@pytest.mark.parametrize("way", [*WAYS, "stopped"])
def test_two_processes_have_the_loss_curve_of_one(trained, way):
    both = curves(trained / ("scratch-stopped" if way == "stopped" else f"{way}-both"))
    alone = curves(trained / f"{'scratch' if way == 'stopped' else way}-alone")
    assert len(alone["loss"]) > 2
    assert both.keys() == alone.keys()
    for name, points in alone.items():
        assert both[name] == pytest.approx(points, rel=TOLERANCE), name


def test_one_process_writes_the_run(trained):
    for way in WAYS:
        kinds = [json.loads(line)["event"] for line in (trained / f"{way}-both" / "events.jsonl").read_text(encoding="utf-8").splitlines()]
        assert kinds.count("Done") == 1
    stopped = [json.loads(line) for line in (trained / "scratch-stopped" / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [event["step"] for event in stopped if event["event"] == "Resumed"] == [11]
    assert [event["stopped"] for event in stopped if event["event"] == "Done"] == [True, False]
    assert RunFolder(trained / "scratch-stopped").read("metrics.json")["training"]["steps"] == 30
