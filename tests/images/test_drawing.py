"""Codes as they are asked for, and the images of them."""

import numpy as np
import pytest
import torch

from genhub.errors import UserError
from genhub.images import drawing
from genhub.images.coder import Shape
from genhub.images.variants import Blueprint, build
from genhub.training.configs import DrawConfig

SMALL = Shape(1, 8, 8)


def made(family="vae", variant="dense", classes=0):
    torch.manual_seed(0)
    return build(Blueprint(family, variant, SMALL, classes=classes)).eval()


def test_temperature_and_truncation_say_how_far_codes_lie():
    model = made()
    usual = drawing.codes(model, DrawConfig(n=2_000, seed=1))
    assert usual.shape == (2_000, model.coding)
    assert torch.equal(usual, drawing.codes(model, DrawConfig(n=2_000, seed=1)))
    assert torch.allclose(drawing.codes(model, DrawConfig(n=2_000, seed=1, temperature=0.5)), usual / 2)
    near = drawing.codes(model, DrawConfig(n=2_000, seed=1, truncation=0.8))
    assert usual.abs().max() > 3
    assert 0.7 < near.abs().max() <= 0.8
    inside = usual.abs() <= 0.8
    assert torch.equal(near[inside], usual[inside])  # only the others were drawn again


def test_a_truncation_that_leaves_nothing_is_refused():
    with pytest.raises(UserError, match="hardly any number"):
        DrawConfig(truncation=0.05)


def test_thousands_are_drawn_in_parts_and_classes_in_turn():
    model = made(classes=3)
    x = drawing.drawn(model, DrawConfig(n=drawing.PART + 7))
    assert x.shape == (drawing.PART + 7, 8, 8)
    told = drawing.told(model, 5)
    assert told.tolist() == [0, 1, 2, 0, 1]
    again = drawing.drawn(model, DrawConfig(n=drawing.PART + 7), np.arange(drawing.PART + 7) % 3)
    assert np.array_equal(x, again)
    assert drawing.told(made(), 5) is None


def test_a_diffusion_model_ends_where_its_steps_do():
    model = made("diffusion", "unet", classes=2)
    config = DrawConfig(n=3, steps=4, guidance=2.0, chance=0.5, seed=5)
    *_, last = drawing.denoised(model, config)
    assert np.array_equal(last, drawing.drawn(model, config))
    assert not np.array_equal(last, drawing.drawn(model, DrawConfig(n=3, steps=4, guidance=5.0, chance=0.5, seed=5)))
