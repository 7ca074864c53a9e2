import pytest

from genhub.images import plans
from tests.images.bars import config


@pytest.mark.parametrize(
    ("images", "batch", "epochs"),
    [(100, 32, 500), (1_347, 32, 143), (10_000, 64, 39), (55_000, 128, 14), (1_000_000, 128, 5)],
)
def test_the_fewer_images_the_more_often_each_is_seen(images, batch, epochs):
    chosen = config("autoencoder", epochs=None)
    assert plans.batch_size(chosen, images) == batch
    assert plans.epochs(chosen, images) == epochs
    assert plans.epochs(config("autoencoder", epochs=7), images) == 7


def test_pairs_of_layers_learn_alone_and_then_together():
    phases = plans.phases(config("autoencoder", variant="layerwise"), 30, 2)
    assert [phase.epochs for phase in phases] == [10, 10, 10]
    assert [{name for name, rate in phase.rates.items() if rate} for phase in phases] == [{"pair 1"}, {"pair 2"}, {"pair 1", "pair 2"}]
