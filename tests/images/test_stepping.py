"""A GAN one step at a time: whose turn it is changes that network alone, and what is shown follows from it."""

import numpy as np
import pytest
import torch

from genhub.errors import UserError
from genhub.images.gans.stepping import SHOWN, Stepping, _signed
from genhub.images.gans.task import DISCRIMINATOR, GENERATOR
from genhub.images.pixels import Images
from genhub.training.configs import GANConfig

STRIPES = Images(np.tile(np.array([0, 255], np.uint8), (80, 8, 4)), np.arange(80) % 2, ("a", "b"))


def weights(net) -> list[torch.Tensor]:
    return [tensor.detach().clone() for tensor in net.parameters()]


def changed(before: list[torch.Tensor], net) -> bool:
    return any((one != other).any() for one, other in zip(before, net.parameters(), strict=True))


@pytest.mark.parametrize(
    "values", [{}, {"conditional": True, "replay": True}, {"loss": "wasserstein"}, {"variant": "dense-small", "noise": 0.1}]
)
def test_a_turn_changes_one_network_alone(values):
    pair = Stepping(GANConfig(**{"variant": "dcgan-narrow", **values}), STRIPES)
    for turn, learns, rests in (
        (DISCRIMINATOR, pair.gan.discriminator, pair.gan.generator),
        (GENERATOR, pair.gan.generator, pair.gan.discriminator),
    ):
        own, other = weights(learns), weights(rests)
        pair.learn(turn)
        assert changed(own, learns)
        assert not changed(other, rests)
    assert pair.look().made == {DISCRIMINATOR: 1, GENERATOR: 1}


def test_looking_changes_nothing():
    pair = Stepping(GANConfig(variant="dcgan-narrow"), STRIPES)
    pair.learn(DISCRIMINATOR)
    before = weights(pair.gan)
    first, again = pair.look(), pair.look()
    assert not changed(before, pair.gan)
    assert np.array_equal(first.wanted, again.wanted)
    assert (first.drawn.shape, first.real.shape, first.wanted.shape) == ((SHOWN, 8, 8), (SHOWN, 8, 8), (SHOWN, 8, 8, 3))
    assert first.believed_drawn == again.believed_drawn


def test_the_discriminator_learns_what_is_real_and_the_generator_is_believed_more():
    pair = Stepping(GANConfig(variant="dense-small", learning_rate=2e-3), STRIPES)
    for _ in range(40):
        pair.learn(DISCRIMINATOR)
    sure = pair.look()
    assert np.mean(sure.believed_real) > np.mean(sure.believed_drawn) + 0.4
    for _ in range(40):
        pair.learn(GENERATOR)
    assert np.mean(pair.look().believed_drawn) > np.mean(sure.believed_drawn) + 0.2


def test_what_is_wanted_is_blue_upwards_and_red_downwards():
    colours = _signed(torch.tensor([[[[2.0, 0.0, -2.0]]]]))[0, 0].tolist()
    assert colours == [[0, 0, 255], [255, 255, 255], [255, 0, 0]]


def test_it_begins_as_its_seed_says():
    one, same, other = (Stepping(GANConfig(variant="dcgan-narrow", seed=seed), STRIPES).look() for seed in (3, 3, 4))
    assert np.array_equal(one.drawn, same.drawn)
    assert not np.array_equal(one.drawn, other.drawn)


def test_images_of_one_class_have_no_conditions():
    with pytest.raises(UserError, match="at least two classes"):
        Stepping(GANConfig(conditional=True), Images(STRIPES.x, np.zeros(80, int), ("a",)))
