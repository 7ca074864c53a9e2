"""Transfer learning: every way begins where it says and changes only what it says, on one split; killed, stopped, opened again; what cannot be."""

import io
import itertools
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from genhub import settings, tasks
from genhub.data.image_sets import grid
from genhub.errors import UserError
from genhub.events import Done, Metric, Note, Resumed
from genhub.images import stored
from genhub.images.eye import prepared
from genhub.images.judge import Judge
from genhub.images.material import read_rows
from genhub.images.pixels import Images, tensor
from genhub.images.transfer import sentences, train, verdict, ways, wrong
from genhub.images.transfer.material import divided, gather
from genhub.images.transfer.networks import load
from genhub.images.transfer.travels.code import FILE
from genhub.text import comparison, portable
from genhub.training.configs import TransferConfig
from tests.images.bars import bars, new_run, trained
from tests.ui.calls import spoiled

CONFIG = TransferConfig(epochs=2, precision="fp32", batch_size=32)
BODY = ("judge.body.0.weight", "judge.body.7.bias", "judge.dense.weight")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return bars(tmp_path_factory.mktemp("bars"))


@pytest.fixture(scope="module")
def run(rows, tmp_path_factory):
    return trained(tmp_path_factory.mktemp("runs") / "run", "transfer", rows, batch_size=32)


@pytest.fixture(scope="module")
def material(rows):
    return gather(CONFIG, read_rows(rows))


def test_every_part_has_its_share_of_every_class():
    y = np.repeat([0, 1, 2], [100, 20, 3])
    parts = divided(y, 0.2, 0.15, seed=0)
    assert [np.bincount(y[part]).tolist() for part in parts] == [[65, 13, 1], [15, 3, 1], [20, 4, 1]]
    assert sorted(np.concatenate(parts).tolist()) == list(range(123))
    assert all(np.array_equal(one, other) for one, other in zip(parts, divided(y, 0.2, 0.15, seed=0), strict=True))
    assert not np.array_equal(parts[0], divided(y, 0.2, 0.15, seed=1)[0])


def test_each_way_begins_where_it_says_and_only_what_it_names_learns(material):
    base = material.base.network.state_dict()
    begun = {"frozen": material.base.network.with_head(2)}
    learners = {way: ways.learner(way, CONFIG, material, begun) for way in CONFIG.ways}
    sizes = {way: learner.trainable for way, learner in learners.items()}
    whole = sum(tensor.numel() for tensor in begun["frozen"].parameters())
    assert sizes["frozen"] == 128 * 2 + 2
    assert sizes["fine-tune"] == sizes["scratch"] == whole
    narrow = sum(4 * (9 * there + here) for there, here in ((1, 32), (32, 32), (32, 64), (64, 64)))  # A: 4 filters of 3 × 3; B: 1 × 1 back
    assert sizes["lora"] == narrow + sizes["frozen"]
    assert learners["lora"].total == whole + narrow
    x = tensor(material.test.x[:4])
    untaught = {way: learner.settled() for way, learner in learners.items()}
    for way in ("frozen", "fine-tune", "lora"):
        assert all(torch.equal(untaught[way].state_dict()[name], base[name]) for name in BODY)
    assert torch.allclose(untaught["lora"](x), begun["frozen"](x), atol=1e-6)  # an adapter adds nothing at first
    assert not torch.equal(untaught["scratch"].state_dict()[BODY[0]], base[BODY[0]])
    assert learners["scratch"].plan.epochs == 2 * learners["frozen"].plan.epochs


def test_a_run_is_judged_kept_told_and_travels(run, material, tmp_path):
    metrics, passport = run.read("metrics.json"), run.read("passport.json")
    assert [way["name"] for way in metrics["ways"]] == ["frozen", "fine-tune", "lora", "scratch"]
    assert metrics["kept"] in ("frozen", "fine-tune", "lora")
    assert metrics["test_images"] == 32
    assert np.sum(metrics["confusion"]) == 32
    assert metrics["baselines"]["majority"]["accuracy"] == 0.5
    kept = next(way for way in metrics["ways"] if way["name"] == metrics["kept"])
    assert (kept["accuracy"], kept["macro_f1"]) == (metrics["accuracy"], metrics["macro_f1"])
    assert max(way["val_accuracy"] for way in metrics["ways"] if way["name"] != "scratch") == kept["val_accuracy"]
    assert (passport["task"], passport["kept"], passport["base"]["id"]) == ("transfer", metrics["kept"], "embedded/fashion-judge")
    assert not run.checkpoints.exists()
    judge = stored.load(run.path / "model")
    assert isinstance(judge, Judge)
    assert verdict.probabilities(load(run.path / "model"), material.test).argmax(1).tolist() == [
        ["lies", "stands"].index(json.loads(line)["predicted"]) for line in (run.path / "predictions.jsonl").read_text().splitlines()
    ]
    card = (run.path / "README.md").read_text()
    assert "pipeline_tag: image-classification" in card
    assert f"| LoRA | {metrics['ways'][2]['trainable_parameters']:,} of" in card
    assert "train images --family transfer" in card
    path = portable.export_zip(run.path, tmp_path / "run.zip")
    with zipfile.ZipFile(path) as archive:
        assert set(archive.namelist()) == {
            *("README.md", "metrics.json", "passport.json", FILE),
            *("model/config.json", "model/model.safetensors"),
        }
    again = stored.load(portable.open_zip(path, tmp_path / "again", settings.get().limits) / "model")
    x = tensor(material.test.x[:5])
    assert torch.equal(judge(x), again(x))
    told = comparison.compare([("one", run), ("the same", run)])
    assert told.runs[1].difference.mean == 0


BAD = [
    ("passport.json", {"base": {"id": ""}}, "A transfer from a model that is named"),
    ("passport.json", {"classes": ["a", "a"]}, "Two or more"),
    ("metrics.json", {"labels": ["a", "b"]}, "other classes"),
    ("metrics.json", {"ways": [{"difference": 3}]}, "missing or not what it should be"),
    ("model/config.json", {"shape": {"channels": 1, "height": 9_000, "width": 28}}, "height = 9000"),
    ("model/config.json", {"shape": {"channels": 1, "height": 32, "width": 28}}, "dense.weight"),
]


@pytest.mark.parametrize(("entry", "change", "said"), BAD)
def test_what_is_not_ours_is_refused_on_opening(run, tmp_path, entry, change, said):
    packed = portable.export_zip(run.path, tmp_path / "run.zip").read_bytes()
    path = spoiled(packed, entry, lambda data: json.dumps({**json.loads(data), **change}).encode(), tmp_path / "bad.zip")
    with pytest.raises(UserError, match=said):
        portable.open_zip(Path(path), tmp_path / "bad", settings.get().limits)


def test_what_is_learnt_is_more_than_a_guess(tmp_path, rows):
    run = trained(tmp_path / "run", "transfer", rows, batch_size=16, epochs=12, keep="lora")
    metrics = run.read("metrics.json")
    accuracy = {way["name"]: way["accuracy"] for way in metrics["ways"]}
    assert min(accuracy["fine-tune"], accuracy["lora"]) > 0.85
    assert (metrics["kept"], metrics["accuracy"]) == ("lora", accuracy["lora"])


def test_the_script_says_the_same_without_us(run, material, tmp_path):
    home = tmp_path / "home"
    with zipfile.ZipFile(portable.export_zip(run.path, tmp_path / "run.zip")) as archive:
        archive.extractall(home)
    image = material.shown.x[0]
    Image.fromarray(image).save(home / "a.png")
    done = subprocess.run([sys.executable, "-I", FILE, "a.png"], cwd=home, capture_output=True, text=True, check=True)
    name, _, share = done.stdout.partition(": ")[2].split(",")[0].rpartition(" ")
    judge = stored.load(run.path / "model")
    shares = judge(prepared(judge, tensor(image[None]))).softmax(1)[0]
    assert name == ["lies", "stands"][int(shares.argmax())]
    assert float(share) == pytest.approx(float(shares.max()), abs=2e-3)


def test_a_killed_run_goes_on_in_the_way_where_it_was(tmp_path, rows, monkeypatch):
    torch.set_num_threads(1)
    monkeypatch.setenv("GENHUB_CHECKPOINT_SECONDS", "0")
    whole = [event for event in train.train(CONFIG, new_run(tmp_path / "whole", "transfer", CONFIG, rows)) if isinstance(event, Metric)]
    run = new_run(tmp_path / "run", "transfer", CONFIG, rows)

    def killed(event) -> bool:
        return isinstance(event, Metric) and (event.part, event.step) == ("lora", 4)

    first = list(itertools.takewhile(lambda event: not killed(event), train.train(CONFIG, run)))
    rest = list(train.train(CONFIG, run))
    resumed = next(event for event in rest if isinstance(event, Resumed))
    assert (resumed.part, resumed.parts_done) == ("lora", ["frozen", "fine-tune"])
    assert not any(isinstance(event, Metric) and event.part in ("frozen", "fine-tune") for event in rest)
    before = [event for event in first if isinstance(event, Metric) and (event.part != "lora" or event.step <= resumed.step)]
    assert curve([*before, *(event for event in rest if isinstance(event, Metric))]) == curve(whole)
    told = [json.loads((tmp_path / name / "metrics.json").read_text())["ways"] for name in ("whole", "run")]
    assert [way["accuracy"] for way in told[0]] == [way["accuracy"] for way in told[1]]


def curve(events: list[Metric]) -> list:
    return [(event.part, event.step, name, value) for event in events for name, value in event.values.items() if "per_second" not in name]


@pytest.mark.parametrize("part", ["frozen", "lora"])
def test_stop_keeps_what_was_learnt_so_far(tmp_path, rows, part):
    run = new_run(tmp_path / "run", "transfer", CONFIG, rows)
    for event in train.train(CONFIG, run):
        if isinstance(event, Metric) and event.part == part and "val_loss" in event.values:
            run.request_stop()
        last = event
    assert isinstance(last, Done)
    assert last.stopped
    assert [way["name"] for way in last.metrics["ways"]] == list(CONFIG.ways[: CONFIG.ways.index(part) + 1])
    assert "stopped by hand" in last.metrics["sentences"][-1]
    assert stored.load(run.path / "model")


def test_a_way_that_diverges_is_left_out(tmp_path, rows, monkeypatch):
    torch.manual_seed(0)
    config = TransferConfig(epochs=2, precision="fp32", batch_size=32, lora=False, scratch=False)
    learner = ways.learner

    def blown(way, *rest):
        made = learner(way, *rest)
        if way == "fine-tune":
            torch.nn.init.constant_(made.network.judge.head.bias, float("nan"))
        return made

    monkeypatch.setattr(ways, "learner", blown)
    seen = list(train.train(config, new_run(tmp_path / "run", "transfer", config, rows)))
    assert any(isinstance(event, Note) and event.text.startswith("Fine-tuned is left out: The loss is not") for event in seen)
    assert [way["name"] for way in seen[-1].metrics["ways"]] == ["frozen"]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (None, "There are no classes"),
        (["one"] * 160, "All images are of one class, “one”"),
        (["a"] * 158 + ["b"] * 2, r"Too few images of “b” \(2\)"),
        ([f"c{number // 3}" for number in range(159)] + ["c0"], ""),
        ([str(number) for number in range(160)], r"Too few images of .* and 155 more"),
    ],
)
def test_images_that_cannot_be_told_apart_are_refused(labels, said):
    x = np.zeros((160, 8, 8), np.uint8)
    names = tuple(sorted(set(labels or ())))
    images = Images(x, np.array([names.index(label) for label in labels]) if labels else None, names)
    if not said:
        assert gather(CONFIG, images).sizes() == {"train": 54, "validation": 53, "test": 53}
        return
    with pytest.raises(UserError, match=said):
        gather(CONFIG, images)


def test_coloured_images_are_read_grey_and_shown_as_they_are():
    x = np.random.default_rng(0).integers(0, 256, (20, 12, 12, 3), np.uint8)
    found = gather(CONFIG, Images(x, np.arange(20) % 2, ("a", "b")))
    assert found.train.x.shape[1:] == (28, 28)
    assert found.shown.x.shape[1:] == (12, 12, 3)
    assert np.array_equal(found.shown.x, x[found.rows])
    assert "coloured ones of 12 × 12, are turned into such" in found.notes()[1]


def test_the_wrong_answers_are_pictured_most_confident_first(run, material):
    predictions = [json.loads(line) for line in (run.path / "predictions.jsonl").read_text().splitlines()]
    places = wrong.mistakes(predictions)
    sure = [max(predictions[place]["scores"]) for place in places]
    assert sure == sorted(sure, reverse=True)
    assert len(places) == sum(one["predicted"] != one["label"] for one in predictions) > 0
    shown = np.asarray(Image.open(io.BytesIO((run.path / wrong.PICTURE).read_bytes())))
    assert np.array_equal(shown, grid(material.shown.x[places], wrong.COLUMNS, 1))


def test_a_forecast_counts_all_ways(rows):
    cost = tasks.resolve(tasks.get("transfer").forecaster)({"config": CONFIG.to_dict(), "rows_path": str(rows), "task": "transfer"})
    images = len(gather(CONFIG, read_rows(rows)).train)
    assert cost["steps"] == 5 * 2 * -(-images // 32)  # three ways of two epochs, one of four
    assert cost["trainable_percent"] == 100
    assert cost["seconds"] > 0


def test_a_gain_a_loss_and_neither_are_said_as_such():
    line = {"name": "lora", "trainable_percent": 2.5}
    said = [
        sentences.compared({**line, "difference": dict(zip(("mean", "low", "high"), values, strict=True))})
        for values in ((0.1, 0.05, 0.15), (-0.1, -0.15, -0.05), (0.01, -0.02, 0.04), (0.0, 0.0, 0.0))
    ]
    assert said[0] == "LoRA, with 2.5 % of the parameters learning: 0.100 [+0.050, +0.150] more than a new head alone."
    assert "0.100 less than a new head alone [−0.150, −0.050]" in said[1]
    assert "no clear difference to a new head alone, +0.010 [−0.020, +0.040]" in said[2]
    assert said[3].endswith("no difference to a new head alone, both are right on the same images, and wrong on the same.")
