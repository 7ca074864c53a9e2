"""A painter as others call it: conditional models go by the names of classes, whoever numbered them."""

import numpy as np
import pytest
import torch

from genhub.images import stored
from genhub.images.coder import Shape
from genhub.images.painter import Painter, open_painter
from genhub.images.pixels import Images, tensor
from genhub.images.variants import Blueprint, build

NAMES = ("a", "b", "c")


@pytest.fixture
def painter(tmp_path) -> Painter:
    """A conditional model whose weights are large enough that the class makes a difference."""
    torch.manual_seed(0)
    blueprint = Blueprint("vae", "dense", Shape(1, 8, 8), 2, 3)
    coder = build(blueprint).eval()
    with torch.no_grad():
        coder.decoder[0].weight *= 5
    stored.save(tmp_path, blueprint, coder, NAMES, torch.float32)
    return open_painter(tmp_path)


@pytest.fixture
def images() -> Images:
    return Images(np.random.default_rng(0).integers(0, 256, (30, 8, 8), np.uint8), np.arange(30) % 3, NAMES)


def test_classes_go_by_their_names(painter, images):
    turned = Images(images.x, (2 - images.y), NAMES[::-1])
    for one, other in zip(painter.back(images), painter.back(turned), strict=True):
        assert np.array_equal(one, other)
    back, errors = painter.back(images)
    for name in NAMES:
        rows = [row for row, number in enumerate(images.y) if NAMES[number] == name]
        x = tensor(images.x[rows])
        assert np.array_equal(back[rows], painter.give_back(x, x, name)[0])
    assert errors.shape == (30,)


@pytest.mark.parametrize(("y", "names"), [(None, ()), (np.arange(30) % 3, ("a", "b", "shoe")), (np.arange(30) % 12, tuple("abcdefghijkl"))])
def test_where_it_does_not_know_the_class_it_is_told_the_closest(painter, images, y, names):
    x = tensor(images.x)
    tried = np.stack([painter.give_back(x, x, name)[1] for name in NAMES])
    assert len(set(tried.argmin(0))) > 1
    assert np.allclose(painter.back(Images(images.x, y, names))[1], tried.min(0))


def test_what_it_is_told_is_said(painter):
    assert [painter.told(label) for label in ("", "b")] == ["a", "b"]
    assert not painter.mapped
