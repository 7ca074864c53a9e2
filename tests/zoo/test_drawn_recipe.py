"""The recipe of models that only draw, on a few small images: what it makes opens, its moments too, and its card says what it measured."""

import itertools
import json
from dataclasses import replace

import pytest
import torch

from genhub.images import drawing, stored
from genhub.images.gans import moments
from genhub.training.configs import DrawConfig
from genhub.zoo.recipes import drawn, publish, stage
from tests.zoo.test_images_recipe import bars


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    monkeypatch.setenv("GENHUB_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(drawn, "read", lambda of: (bars(128, 0), bars(40, 1), bars(60, 2)))
    monkeypatch.setattr(drawn, "SAMPLE", 30)
    quick = {name: replace(one, epochs=2, moments=one.moments and (1, 3)) for name, one in drawn.RECIPES.items()}
    monkeypatch.setattr(drawn, "RECIPES", quick)


@pytest.mark.parametrize("name", ["fashion-gan-classes", "fashion-wgan", "fashion-diffusion"])
def test_a_model_is_made(tmp_path, name):
    folder = drawn.make(name, stage.Options(hours=1.0, into=tmp_path / "zoo"))
    told, card = json.loads((folder / publish.FIGURES).read_text()), (folder / publish.CARD).read_text()
    model = stored.load(folder)
    assert drawing.drawn(model, DrawConfig(n=3)).shape == (3, 28, 28)
    assert told["parameters"] == sum(tensor.numel() for tensor in model.parameters())
    assert f"| judge FID | {told['judge_fid']:.2f} | {told['judge_fid_floor']:.2f} |" in card
    assert ("asked for" in card) == bool(model.classes)
    assert "{" not in card


def test_moments_are_kept_along_the_training(tmp_path):
    folder = drawn.make("fashion-gan", stage.Options(hours=1.0, into=tmp_path / "zoo"))
    told, found = json.loads((folder / publish.FIGURES).read_text()), list(moments.opened(folder))
    assert [step for step, _ in found[:2]] == [1, 3]
    assert [one["steps"] for one in told["moments"]] == [step for step, _ in found]
    assert all(0 <= one["right"] <= 1 for one in told["moments"])
    pictures = [drawing.drawn(gan, DrawConfig(n=4)).astype(int) for _, gan in found]
    assert all((one != other).any() for one, other in itertools.pairwise(pictures))
    assert "3 moments" not in (folder / publish.CARD).read_text()
    assert "2 moments along its training" in (folder / publish.CARD).read_text()


def test_a_moment_is_what_draws_then():
    """Where an exponential moving average is kept, it is the generator of a moment."""
    recipe = drawn.RECIPES["fashion-gan"]
    gan = drawn.build(recipe.blueprint)
    gan.keep_average()
    with torch.no_grad():
        for tensor in gan.generator.parameters():
            tensor.add_(1.0)
    kept = moments.state(gan)
    assert not any(name.startswith("average.") for name in kept)
    assert torch.equal(kept["generator.body.0.weight"], gan.average.body[0].weight)
    drawn.build(recipe.blueprint).load_state_dict(kept)


def test_every_recipe_fits_its_room(monkeypatch):
    monkeypatch.undo()
    sizes = {
        name: 2 * sum(tensor.numel() for tensor in drawn.build(one.blueprint).state_dict().values()) for name, one in drawn.RECIPES.items()
    }
    sizes["fashion-gan"] *= 1 + len(drawn.RECIPES["fashion-gan"].moments)
    assert sum(sizes.values()) < 5_200_000, sizes
