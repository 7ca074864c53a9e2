import pytest

from genhub.errors import UserError
from genhub.images.forecast import forecast
from tests.images.bars import bars, config


@pytest.mark.parametrize(("family", "variant"), [("autoencoder", "layerwise"), ("vae", "conv")])
def test_what_it_will_cost_is_measured(tmp_path, family, variant):
    rows = bars(tmp_path)
    chosen = config(family, variant=variant, epochs=6)
    told = forecast({"config": chosen.to_dict(), "rows_path": str(rows), "task": family})
    assert told["steps"] == 6 * 4  # 120 images in batches of 32
    assert told["trainable_parameters"] == told["total_parameters"] > 1_000
    assert 0 < told["seconds"] < 120
    assert told["memory_mb"] > 50
    assert told["measured_steps"] > 0


def test_what_cannot_be_trained_is_refused_before(tmp_path):
    rows = bars(tmp_path)
    chosen = config("vae", test_share=0.5, validation_share=0.5)
    with pytest.raises(UserError, match="too few"):
        forecast({"config": chosen.to_dict(), "rows_path": str(rows), "task": "vae"})
