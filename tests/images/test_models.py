"""The models by themselves: shapes, numbers of parameters, losses against cases worked out by hand, gradients."""

import math

import pytest
import torch

from genhub.errors import UserError
from genhub.images.coder import Shape, parameters
from genhub.images.conv import ConvAutoencoder
from genhub.images.dense import DenseAutoencoder, TiedAutoencoder
from genhub.images.recurrent import RecurrentAutoencoder
from genhub.images.sparse import SparseAutoencoder, divergence
from genhub.images.vae import ConvVAE, DenseVAE, Posterior
from genhub.images.variants import FAMILIES, Blueprint, build, get

MNIST = Shape(1, 28, 28)
EVERY = [
    (family, name) for family, variants in FAMILIES.items() for name in variants if family not in ("gan", "diffusion")
]  # which have tests of their own
COLOUR = Shape(3, 16, 16)


def blueprint(family: str, name: str, shape: Shape, **more) -> Blueprint:
    return Blueprint(family, name, shape, **more)


@pytest.mark.parametrize(("family", "name"), EVERY)
@pytest.mark.parametrize("shape", [MNIST, COLOUR, Shape(1, 8, 8)], ids=["mnist", "colour", "digits"])
def test_images_go_in_and_come_out(family, name, shape):
    torch.manual_seed(0)
    model = build(blueprint(family, name, shape)).eval()
    x = torch.rand(3, shape.channels, shape.height, shape.width)
    z = model.code(x)
    assert z.shape == (3, model.coding)
    again = model.decode(z)
    assert again.shape == x.shape
    assert 0 <= again.min() <= again.max() <= 1
    terms = model.terms(x)
    assert set(model.weights) <= set(terms)
    assert all(terms[term].shape == (3,) for term in model.weights)


@pytest.mark.parametrize(("family", "name"), EVERY)
def test_every_parameter_is_reached(family, name):
    torch.manual_seed(0)
    model = build(blueprint(family, name, MNIST))
    terms = model.terms(torch.rand(4, 1, 28, 28))
    sum(weight * terms[term].sum() for term, weight in model.weights.items()).backward()
    idle = [name for name, tensor in model.named_parameters() if tensor.requires_grad and (tensor.grad is None or not tensor.grad.any())]
    assert not idle


def test_the_course_has_as_many_parameters():
    dense, conv = DenseVAE(MNIST), ConvVAE(MNIST)
    assert sum(map(parameters, (dense.encoder, dense.mu, dense.log_var))) == 101_512
    assert parameters(dense.decoder) == 101_776
    assert parameters(dense) == 203_288
    assert sum(map(parameters, (conv.encoder, conv.dense, conv.mu, conv.log_var))) == 69_076
    assert parameters(conv.widen) + parameters(conv.decoder) == 65_089
    pooled, recurrent = ConvAutoencoder(MNIST), RecurrentAutoencoder(MNIST)
    assert (parameters(pooled.encoder), parameters(pooled.decoder), pooled.coding) == (23_296, 23_233, 576)
    assert (parameters(recurrent.encoder), parameters(recurrent.decoder)) == (67_320, 55_228)
    stacked, tied = DenseAutoencoder(MNIST, 30), TiedAutoencoder(MNIST, 30)
    assert parameters(stacked) == 784 * 100 + 100 + 100 * 30 + 30 + 30 * 100 + 100 + 100 * 784 + 784
    assert parameters(stacked) - parameters(tied) == 784 * 100 + 100 * 30


def test_the_elbo_of_a_case_worked_out_by_hand():
    """μ = (1, 0), σ² = (1, e): KL = ½(1 + 1 − 0 − 1) + ½(0 + e − 1 − 1). Logits of 0 cost ln 2 a pixel, whatever the image."""
    posterior = Posterior(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]]))
    assert posterior.kl()[0].tolist() == pytest.approx([0.5, (math.e - 2) / 2])
    model = DenseVAE(MNIST, coding=2, beta=3.0)
    with torch.no_grad():
        for tensor in model.parameters():
            tensor.zero_()
        model.mu.bias.copy_(posterior.mu[0])
        model.log_var.bias.copy_(posterior.log_var[0])
    terms = model.terms(torch.rand(5, 1, 28, 28))
    assert terms["reconstruction"].tolist() == pytest.approx([784 * math.log(2)] * 5)
    assert terms["kl"].tolist() == pytest.approx([0.5 + (math.e - 2) / 2] * 5)
    assert model.weights == {"reconstruction": 1.0, "kl": 3.0}


def test_a_sample_has_the_posteriors_mean_and_spread():
    torch.manual_seed(0)
    many = Posterior(torch.full((20_000, 1), 2.0), torch.full((20_000, 1), 2 * math.log(3))).sample()
    assert many.mean().item() == pytest.approx(2, abs=0.1)
    assert many.std().item() == pytest.approx(3, abs=0.1)


def test_the_same_seed_draws_the_same_model():
    drawn = []
    for _ in range(2):
        torch.manual_seed(7)
        drawn.append(build(blueprint("vae", "conv", MNIST)).state_dict())
    assert all(torch.equal(tensor, drawn[1][name]) for name, tensor in drawn[0].items())


def test_a_linear_autoencoder_is_linear_and_a_stacked_one_is_not():
    torch.manual_seed(0)
    x, y = torch.rand(2, 4, 1, 28, 28)
    for name, bends in (("linear", False), ("deep-linear", False), ("stacked", True)):
        model = build(blueprint("autoencoder", name, MNIST)).eval()
        middle = model.pixels(model.code((x + y) / 2))
        ends = (model.pixels(model.code(x)) + model.pixels(model.code(y))) / 2
        assert torch.allclose(middle, ends, atol=1e-4) != bends


def test_tied_weights_are_the_same_matrices():
    model = TiedAutoencoder(MNIST, 30)
    with torch.no_grad():
        model.encoder[1].weight.zero_()  # the code says nothing now, and nothing is made of it
    z = torch.rand(2, 30)
    assert torch.allclose(model.pixels(z)[0], model.pixels(z)[1])


def test_only_the_layers_in_use_see_the_image():
    model = build(blueprint("autoencoder", "layerwise", MNIST))
    x = torch.rand(2, 1, 28, 28)
    model.depth = 1
    assert model.code(x).shape == (2, 100)
    assert model.pixels(model.code(x)).shape == x.shape
    model.depth = 2
    assert model.code(x).shape == (2, 30)


def test_denoising_damages_what_it_sees_while_it_learns():
    torch.manual_seed(0)
    model = build(blueprint("autoencoder", "denoising", MNIST, options={"kind": "white", "amount": 1.0}))
    x = torch.rand(2, 1, 28, 28)
    model.train()
    seen = model.terms(x)["reconstruction"]
    blank = model.pixels(model.code(torch.ones_like(x)))
    assert torch.allclose(seen, (x - blank).square().flatten(1).mean(1))
    model.eval()
    assert torch.allclose(model.terms(x)["reconstruction"], (x - model.pixels(model.code(x))).square().flatten(1).mean(1))


def test_sparsity_of_cases_worked_out_by_hand():
    q = torch.tensor([0.1, 0.5])
    assert divergence(0.1, q).tolist() == pytest.approx([0.0, 0.1 * math.log(0.2) + 0.9 * math.log(1.8)], abs=1e-6)
    model = SparseAutoencoder(MNIST, 40, "l1")
    with torch.no_grad():
        for tensor in model.encoder[-1].parameters():
            tensor.zero_()
    assert model.terms(torch.rand(3, 1, 28, 28))["sparsity"].tolist() == pytest.approx([20.0] * 3)  # every unit is half on


def test_a_conditional_model_hears_the_class():
    torch.manual_seed(0)
    for name in ("dense", "conv"):
        model = build(blueprint("vae", name, MNIST, classes=3)).eval()
        z, y = torch.zeros(3, model.coding), torch.tensor([0, 1, 2])
        told = model.decode(z, y)
        assert not torch.allclose(told[0], told[1])
        x = torch.rand(1, 1, 28, 28).expand(3, -1, -1, -1)
        assert not torch.allclose(*model.code(x, y)[:2])
        with pytest.raises(ValueError, match="needs the classes"):
            model.decode(z)


def test_what_there_is_not_is_refused():
    with pytest.raises(UserError, match="There is no family “gnn”"):
        get("gnn", "conv")
    with pytest.raises(UserError, match="There is no variant “gnn” of vae"):
        get("vae", "gnn")
    with pytest.raises(UserError, match=r"30 × 30 pixels do not fit Convolutional\. Sides from 8 to 64 pixels, multiples of 4\."):
        build(blueprint("vae", "conv", Shape(1, 30, 30)))
    with pytest.raises(UserError, match="4 × 4 pixels"):
        build(blueprint("autoencoder", "linear", Shape(1, 4, 4)))
    assert build(blueprint("autoencoder", "conv", Shape(1, 30, 30))).reconstruct(torch.rand(1, 1, 30, 30)).shape == (1, 1, 30, 30)
