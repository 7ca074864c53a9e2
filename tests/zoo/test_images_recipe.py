"""The recipe of the image models on a few hundred small images: everything it makes opens, and its card says what it measured."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from genhub.images import latent, stored
from genhub.images.judge import Judge
from genhub.images.painter import open_painter
from genhub.images.pixels import Images
from genhub.zoo.recipes import images, publish, stage

KINDS = ("mnist-judge", "fashion-denoising", "fashion-conv", "mnist-vae-2", "mnist-vae-classes")


def bars(count: int, seed: int) -> Images:
    """Ten classes: a bright row at one of ten heights."""
    x, y = np.random.default_rng(seed).integers(0, 60, (count, 28, 28), np.uint8), np.arange(count) % 10
    for image, label in zip(x, y, strict=True):
        image[2 * label + 2 : 2 * label + 5] = 240
    return Images(x, y, tuple("0123456789"))


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    monkeypatch.setenv("GENHUB_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(images, "read", lambda of: (bars(160, 0), bars(40, 1), bars(60, 2)))
    quick = {name: replace(images.RECIPES[name], epochs=2, precision="fp32", batch=20) for name in KINDS}
    monkeypatch.setattr(images, "RECIPES", quick)


@pytest.mark.parametrize("name", [kind for kind in KINDS if not kind.endswith("classes")])
def test_a_model_is_made(tmp_path, name):
    options = stage.Options(hours=1.0, into=tmp_path / "zoo")
    folder = images.make(name, options)
    model, told = stored.load(folder), json.loads((folder / publish.FIGURES).read_text())
    card = (folder / publish.CARD).read_text()
    assert f"embedded/{name}" in card
    assert "{" not in card
    assert told["parameters"] == sum(tensor.numel() for tensor in model.state_dict().values())
    assert all(tensor.dtype == torch.float16 for tensor in load_file(folder / stored.WEIGHTS).values())
    figure = next(value for key, value in told.items() if key in images.NAMED)
    assert f"{figure:.4f}" in card
    assert (folder / latent.FILE).exists() != isinstance(model, Judge)
    assert stored.names_of(folder) == tuple("0123456789")


def test_a_conditional_model_is_judged_by_the_judge(tmp_path):
    options = stage.Options(hours=1.0, into=tmp_path / "zoo")
    images.make("mnist-judge", options)
    folder = images.make("mnist-vae-classes", options)
    told = json.loads((folder / publish.FIGURES).read_text())
    assert 0 <= told["asked_is_judged"] <= 1
    known = open_painter(folder).plane
    assert (known.codes.shape, known.places.shape, known.classes.shape, known.means.shape) == ((60, 3), (60, 2), (60,), (10, 3))
    assert known.images is None
    assert (images.points(2), images.points(3)) == (latent.MOST, images.FEWER)


def test_every_recipe_can_be_built(monkeypatch):
    monkeypatch.undo()
    for name, recipe in images.RECIPES.items():
        model, task = images.task_of(recipe, 0, bars(20, 0), bars(20, 1))
        assert sum(tensor.numel() for tensor in model.parameters()) < 3_000_000, name
        assert name.startswith(recipe.of)
        assert task.groups
