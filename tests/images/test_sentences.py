import numpy as np
import pytest
import torch

from genhub.data.image_sets import GREY, grid
from genhub.images import sentences, verdict
from genhub.images.coder import Shape
from genhub.images.pixels import Images
from genhub.images.variants import Blueprint, build


def metrics(**more) -> dict:
    told = {
        "mse": 0.01,
        "test_images": 1_000,
        "baselines": {"pca": {"mse": 0.02}, "mean": {"mse": 0.05}},
        "code": {"size": 8, "active": 8},
        "training": {"best_epoch": 10, "epochs_run": 10},
    }
    return told | more


def test_a_good_model_is_told_in_three_sentences():
    assert sentences.of(metrics()) == [
        "On 1,000 unseen images a pixel is off by 0.100 (root of the mean squared error, from 0 to 1).",
        "Its squared error is 50% below that of PCA with a code of the same size, 8.",
        "80% of the variance around the mean image is kept.",
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"mse": 0.03}, "PCA with a code of the same size, 8, is better: its squared error is 33% lower."),
        ({"code": {"size": 8, "active": 3}}, "3 of 8 numbers of the code vary with the image; the others say nothing."),
        ({"code": {"size": 8, "active": 0, "prior": True}}, "posterior collapse"),
        ({"code": {"size": 8, "active": 0, "prior": False}}, "The code says nothing of the image."),
        ({"mse": 0.05}, "has learnt nothing of the images yet"),
        ({"mse": 1.3}, "has learnt nothing of the images yet"),
        ({"mse": 1e-9, "baselines": {"pca": {"mse": 0.0}, "mean": {"mse": 0.0}}}, "has learnt nothing of the images yet"),
        ({"training": {"best_epoch": 5, "epochs_run": 12}}, "Epoch 5 of 12 was the best"),
        ({"nats": {"reconstruction": 20.0, "kl": 3.5, "total": 23.5}}, "23.5 nats an image, 20.0 for the pixels and 3.5 for the code"),
        (
            {"damaged": {"kind": "white", "amount": 0.2, "mse": 0.0123}},
            "(white, 0.2) it gives back whole ones with a squared error of 0.0123",
        ),
    ],
)
def test_what_is_out_of_the_ordinary_is_said(more, said):
    assert any(said in sentence for sentence in sentences.of(metrics(**more)))


def test_a_worse_model_than_the_mean_image_keeps_no_negative_share():
    assert not any("-" in sentence for sentence in sentences.of(metrics(mse=1.3)))


def test_numbers_that_vary_are_counted_on_the_scale_of_a_code():
    x = np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8)
    torch.manual_seed(0)
    model = build(Blueprint("autoencoder", "linear", Shape(1, 8, 8), 6)).eval()
    layer = next(part for part in model.modules() if isinstance(part, torch.nn.Linear))
    with torch.no_grad():
        layer.weight *= 1e-3  # far below what counts for codes that are held to a variance of one
        layer.weight[2] = 0.0
    assert verdict.of_the_code(model, Images(x)) == {"size": 6, "active": 5, "prior": False}


def test_a_short_training_is_not_accused_of_learning_by_heart():
    assert len(sentences.of(metrics(training={"best_epoch": 1, "epochs_run": 3}))) == 3


@pytest.mark.parametrize("channels", [(), (3,)])
def test_a_grid_has_gaps_and_fills_its_last_row(channels):
    x = np.full((5, 4, 6, *channels), 255, np.uint8)
    whole = grid(x, 3, gap=2)
    assert whole.shape == (2 * 4 + 2, 3 * 6 + 4, *channels)
    assert (whole[:4, :6] == 255).all()
    assert (whole[4:6] == GREY).all()
    assert (whole[6:, 16:] == GREY).all()
    assert grid(x, 3).shape == (8, 18, *channels)
