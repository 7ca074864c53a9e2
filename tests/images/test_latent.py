"""The map: codes of two numbers are the plane, longer ones lie on that of most variance, and places lead back to codes."""

import numpy as np
import pytest
import torch

from genhub import steps
from genhub.errors import UserError
from genhub.images import drawing, figures, latent
from genhub.images.coder import Shape
from genhub.images.pixels import Images
from genhub.images.variants import Blueprint, build


def model(coding: int, classes: int = 0):
    torch.manual_seed(0)
    return build(Blueprint("vae", "dense", Shape(1, 8, 8), coding, classes)).eval()


@pytest.fixture
def images() -> Images:
    draw = np.random.default_rng(0)
    return Images(draw.integers(0, 256, (50, 8, 8), np.uint8), np.arange(50) % 3, ("a", "b", "c"))


def test_codes_of_two_numbers_are_the_plane(images):
    found = latent.plane(model(2), images)
    assert np.array_equal(found.places, figures.codes(model(2), images))
    assert np.array_equal(found.at(found.places), found.places)
    assert (found.kept, found.classes.tolist()) == (1.0, images.y.tolist())


def test_longer_codes_lie_on_the_plane_of_most_variance(images):
    coder = model(6)
    found, codes = latent.plane(coder, images), figures.codes(coder, images)
    assert np.allclose(found.axes @ found.axes.T, np.eye(2), atol=1e-5)
    assert np.allclose(found.places.mean(0), 0, atol=1e-5)
    assert 0 < found.kept < 1
    shown = np.var(found.places, axis=0).sum() / np.var(codes, axis=0).sum()
    assert found.kept == pytest.approx(shown, abs=1e-4)
    back = (found.at(found.places) - found.origin) @ found.axes.T
    assert np.allclose(back, found.places, atol=1e-5)


def test_a_map_is_kept(images, tmp_path):
    found = latent.plane(model(6), Images(images.x))
    latent.save(tmp_path, found)
    again = latent.load(tmp_path)
    for name in latent.HALVES:
        assert np.allclose(getattr(again, name), getattr(found, name), atol=2e-2), name
    assert np.array_equal(again.images, images.x)
    assert again.classes.tolist() == [-1] * 50
    assert again.means.shape == (0, 6)
    assert again.whole
    with pytest.raises(UserError, match="This run has no map"):
        latent.load(tmp_path / "nothing")


def test_a_place_of_a_conditional_model_is_decoded_for_a_class(images):
    coder = model(4, classes=3)
    codes = latent.plane(coder, images).at(np.zeros((2, 2)))
    first, other = (steps.result(drawing.decoding(coder, torch.from_numpy(codes), torch.full((len(codes),), number))) for number in (0, 2))
    assert first.shape == (2, 8, 8)
    assert np.array_equal(first[0], first[1])
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("coding", [2, 6])
def test_the_nearest_image_of_a_known_code_is_its_own(images, coding):
    coder = model(coding)
    found, codes = latent.plane(coder, images), figures.codes(coder, images)
    assert [found.nearest(codes[row], 1)[0] for row in range(20)] == list(range(20))
    assert np.allclose(found.place(codes), found.places, atol=1e-5)
    assert np.allclose(found.means[1], codes[images.y == 1].mean(0), atol=1e-5)


def test_of_long_codes_the_start_is_kept(images, tmp_path, monkeypatch):
    monkeypatch.setattr(latent, "MOST_CODING", 8)
    monkeypatch.setattr(latent, "KEPT", 5)
    coder = model(12)
    latent.save(tmp_path, latent.plane(coder, images, with_images=False))
    found, codes = latent.load(tmp_path), figures.codes(coder, images)
    assert not found.whole
    assert found.codes.shape == (50, 5)
    whole, plane = (np.square(codes - known).sum() for known in (found.known(slice(None)), found.at(found.places)))
    assert whole < 0.9 * plane
    assert [found.nearest(codes[row], 1)[0] for row in range(20)] == list(range(20))


def test_fewer_images_change_nothing_that_is_known_of_the_codes(images):
    whole = latent.plane(model(3), images)
    some = whole.first(7)
    assert [len(getattr(some, name)) for name in ("places", "classes", "errors", "codes", "images")] == [7] * 5
    assert (some.means is whole.means, some.middle is whole.middle, some.kept) == (True, True, whole.kept)


def test_a_class_without_images_has_no_mean(images):
    found = latent.plane(model(2), Images(images.x, images.y, ("a", "b", "c", "d")))
    assert np.isnan(found.means[3]).all()
    assert np.isfinite(found.means[:3]).all()


def test_an_error_stands_among_those_of_the_known_images(images):
    found = latent.plane(model(2), images)
    assert found.worse(0.0) == 1.0
    assert found.worse(float(found.errors.max()) + 1) == 0.0
    assert found.worse(float(np.sort(found.errors)[25])) == pytest.approx(0.5)
