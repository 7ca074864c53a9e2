"""Training image models: every variant learns, Stop keeps the best, what cannot be is said."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from genhub import settings, tasks
from genhub.errors import UserError
from genhub.events import Done, Metric, Note, Sample
from genhub.images import drawing, stored
from genhub.images.film import Film
from genhub.images.pixels import Images
from genhub.images.train import train
from genhub.images.variants import FAMILIES, Blueprint, build
from genhub.text import portable
from genhub.training.configs import DrawConfig
from genhub.training.configs.images import VARIANTS
from tests.images.bars import bars, config, new_run

EVERY = [(family, name) for family, variants in FAMILIES.items() for name in variants]


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return bars(tmp_path_factory.mktemp("bars"))


def test_the_options_name_every_variant():
    assert {family: list(variants) for family, variants in FAMILIES.items()} == {family: list(known) for family, known in VARIANTS.items()}


@pytest.mark.parametrize(("family", "name"), EVERY)
def test_every_variant_is_trained_judged_kept_and_travels(tmp_path, rows, family, name):
    chosen = config(family, variant=name)
    run = new_run(tmp_path / "run", family, chosen, rows)
    *_, last = tasks.get(family).load()(chosen, run)
    assert isinstance(last, Done)
    metrics = run.read("metrics.json")
    assert metrics == json.loads(json.dumps(last.metrics))
    if family in ("gan", "diffusion"):
        assert metrics["judge_fid"] > metrics["judge_fid_floor"] > 0
        assert [each["name"] for each in metrics["classes"]] == ["lies", "stands"]
    else:
        assert metrics["mse_low"] < metrics["mse"] < metrics["mse_high"]
        assert metrics["baselines"]["mean"]["mse"] > 0
    assert metrics["test_images"] == 24
    passport = run.read("passport.json")
    assert (passport["format"], passport["task"], passport["method"], passport["classes"]) == (
        stored.FORMAT,
        family,
        name,
        ["lies", "stands"],
    )
    assert set(passport["files"]) == {"model/config.json", "model/model.safetensors"}
    assert run.has("README.md")
    model = stored.load(run.path / "model")
    assert model.coding == metrics["code"]["size"]
    assert ("nats" in metrics) == (family == "vae" and name != "kl")
    assert ("damaged" in metrics) == (name == "denoising")
    assert not run.checkpoints.exists()
    again = portable.open_zip(portable.export_zip(run.path, tmp_path / "run.zip"), tmp_path / "again", settings.get().limits)
    z = torch.rand(3, model.coding, generator=torch.Generator().manual_seed(0))
    assert torch.equal(model.decode(z), stored.load(again / "model").decode(z))


def test_a_linear_autoencoder_comes_near_pca(tmp_path, rows):
    chosen = config("autoencoder", variant="linear", coding=6, epochs=400, learning_rate=1e-2)
    *_, last = train(chosen, new_run(tmp_path / "run", "autoencoder", chosen, rows))
    own, pca = last.metrics["mse"], last.metrics["baselines"]["pca"]["mse"]
    assert own < last.metrics["baselines"]["mean"]["mse"] / 2
    assert own == pytest.approx(pca, rel=0.15)


def test_a_conditional_model_draws_what_it_is_asked_for(tmp_path, rows):
    chosen = config("vae", variant="dense", conditional=True, epochs=60, learning_rate=5e-3)
    run = new_run(tmp_path / "run", "vae", chosen, rows)
    list(train(chosen, run))
    model = stored.load(run.path / "model")
    lies, stands = (drawing.drawn(model, DrawConfig(n=40), np.full(40, number)).astype(float) for number in (0, 1))
    for drawn, along in ((lies, 2), (stands, 1)):  # a bar's pixels are alike along it and differ across it
        assert drawn.std(axis=along).mean() < 0.7 * drawn.std(axis=3 - along).mean()


def test_pictures_on_the_way_are_files_of_the_run(tmp_path, rows):
    chosen = config("vae", variant="conv", frames=3)
    run = new_run(tmp_path / "run", "vae", chosen, rows)
    seen = [event for event in train(chosen, run) if isinstance(event, Sample)]
    assert [event.step for event in seen] == [0, 4, 8]
    for event in seen:
        with Image.open(run.path / event.file) as picture:
            assert picture.size == (89, 44)  # ten originals, their reconstructions, thirty drawn
    first, last = ((run.path / seen[place].file).read_bytes() for place in (0, -1))
    assert first != last


def test_in_a_film_of_few_images_each_stands_above_its_reconstruction(tmp_path):
    images = Images(np.random.default_rng(0).integers(0, 256, (8, 8, 8), np.uint8))
    drawn = Film(tmp_path, build(Blueprint("vae", "dense", images.shape)), images, seed=0).draw()
    assert drawn.shape == ((2 + 4) * 9 - 1, 8 * 9 - 1)  # thirty codes take four rows of eight
    assert np.array_equal(drawn[:8, :8], images.x[0])
    assert np.array_equal(drawn[:8, 63:], images.x[7])


def test_layers_learn_one_pair_after_the_other(tmp_path, rows):
    chosen = config("autoencoder", variant="layerwise", epochs=6)
    seen = list(train(chosen, new_run(tmp_path / "run", "autoencoder", chosen, rows)))
    depths = [event.values["depth"] for event in seen if isinstance(event, Metric) and "depth" in event.values]
    assert depths == [1, 1, 2, 2, 2, 2]
    assert seen[-1].metrics["training"]["best_epoch"] > 2


def test_stop_keeps_the_best_and_judges_it(tmp_path, rows):
    chosen = config("autoencoder", epochs=500)
    run = new_run(tmp_path / "run", "autoencoder", chosen, rows)
    for event in train(chosen, run):
        if isinstance(event, Metric) and "val_loss" in event.values:
            run.request_stop()
        last = event
    assert last.stopped
    assert last.metrics["training"]["steps"] < 20
    assert stored.load(run.path / "model")


@pytest.mark.parametrize("frames", [0, 3])
def test_a_loss_that_explodes_ends_the_run(tmp_path, rows, frames):
    chosen = config("vae", variant="dense", epochs=200, learning_rate=0.1, clip=1000.0, beta=100.0, warmup=0.0, frames=frames)
    run = new_run(tmp_path / "run", "vae", chosen, rows)
    blown = torch.nn.init.constant_
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genhub.images.material.build", lambda blueprint: _blown(blueprint, blown))
        with pytest.raises(UserError, match="The loss is not a finite number after step"):
            list(train(chosen, run))


def _blown(blueprint, constant):
    model = build(blueprint)
    constant(model.mu.weight, 1e30)
    constant(model.mu.bias, float("nan"))
    return model


@pytest.mark.parametrize(
    ("family", "values", "said"),
    [
        ("vae", {"conditional": True, "labels": []}, "There are no classes"),
        ("vae", {"conditional": True, "labels": ["one"] * 160}, "All images are of one class, “one”"),
        ("autoencoder", {"test_share": 0.5, "validation_share": 0.5}, "too few to be divided"),
    ],
)
def test_what_cannot_be_trained_is_refused(tmp_path, rows, family, values, said):
    labels = values.pop("labels", None)
    chosen = config(family, **values)
    run = new_run(tmp_path / "run", family, chosen, rows)
    if labels is not None:
        lines = [json.loads(line) for line in rows.read_text().splitlines()]
        lines = [{"image": line["image"], **({"label": labels[0]} if labels else {})} for line in lines]
        run.rows.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(UserError, match=said):
        list(train(chosen, run))


def test_what_was_decided_is_said(tmp_path, rows):
    chosen = config("autoencoder", variant="stacked", coding=64, epochs=1)
    seen = list(train(chosen, new_run(tmp_path / "run", "autoencoder", chosen, rows)))
    notes = [event.text for event in seen if isinstance(event, Note)]
    assert notes[0].startswith("120 grey images of 8 × 8 pixels to learn from, 16 to watch")
    assert "nothing has to be left out" in notes[1]
