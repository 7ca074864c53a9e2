"""The map as it forms: where images lie at each moment, without turning from one to the next for no reason."""

import json

import numpy as np
import pytest
import torch

from genhub.images.coder import Shape
from genhub.images.film import Film, flat
from genhub.images.pixels import Images
from genhub.images.variants import Blueprint, build


def test_codes_of_two_numbers_are_places():
    codes = np.random.default_rng(0).standard_normal((20, 2)).astype(np.float32)
    assert flat(codes) is codes


def test_longer_codes_are_turned_towards_where_they_were():
    draw = np.random.default_rng(0)
    codes = (draw.standard_normal((60, 5)) * [5, 3, 1, 0.5, 0.2]).astype(np.float32)
    first = flat(codes)
    assert np.var(first[:, 0]) > np.var(first[:, 1]) > 0
    mirrored = codes * [-1, 1, 1, 1, 1]
    again = flat(mirrored.astype(np.float32), first)
    assert np.allclose(again, first, atol=1e-3)
    assert np.linalg.norm(again, axis=1) == pytest.approx(np.linalg.norm(flat(mirrored), axis=1), abs=1e-3)


def test_a_code_of_one_number_has_a_place():
    assert flat(np.arange(5, dtype=np.float32)[:, None]).shape == (5, 2)


@pytest.mark.parametrize("labelled", [True, False])
def test_the_map_of_a_moment(tmp_path, labelled):
    torch.manual_seed(0)
    x, y = np.random.default_rng(0).integers(0, 256, (24, 8, 8), np.uint8), np.arange(24) % 2
    images = Images(x, y if labelled else None, ("a", "b") if labelled else ())
    model = build(Blueprint("vae", "dense", images.shape, 6)).train()
    told = Film(tmp_path, model, images, seed=0).map(0)
    assert (len(told["places"]), told["names"]) == (24, ["a", "b"] if labelled else [])
    assert told["classes"] == (y.tolist() if labelled else [-1] * 24)
    assert model.training
    assert images.shape == Shape(1, 8, 8)


def test_a_resumed_film_goes_on_turned_as_it_was(tmp_path):
    torch.manual_seed(0)
    images = Images(np.random.default_rng(0).integers(0, 256, (24, 8, 8), np.uint8))
    model = build(Blueprint("vae", "dense", images.shape, 6))
    first = Film(tmp_path, model, images, seed=0).sample(10, "final")
    file = (tmp_path / first.file).with_suffix(".json")
    told = json.loads(file.read_text())
    turned = [[-x, y] for x, y in told["places"]]
    file.write_text(json.dumps({**told, "places": turned}))
    later = Film(tmp_path, model, images, seed=0).sample(20, "final")
    assert np.allclose(json.loads((tmp_path / later.file).with_suffix(".json").read_text())["places"], turned, atol=1e-3)
