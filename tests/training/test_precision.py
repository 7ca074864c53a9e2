"""Precision: measured once, chosen by the measurement, and the user's word comes first."""

import pytest
import torch

from genhub.training import precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(("measured", "chosen"), [(2.4, "bf16"), (1.1, "fp32"), (0.2, "fp32")])
def test_auto_follows_the_measurement(monkeypatch, measured, chosen):
    monkeypatch.setattr(precision, "speedup", lambda device: measured)
    assert precision.resolve("auto", CPU) == chosen
    assert precision.resolve("fp32", CPU) == "fp32"
    assert precision.resolve("bf16", CPU) == "bf16"


def test_measures_once_a_process():
    precision.speedup.cache_clear()
    assert precision.speedup("cpu") > 0
    assert precision.speedup("cpu") == precision.speedup("cpu")
    assert precision.speedup.cache_info().misses == 1


def test_other_accelerators_stay_in_float32():
    assert precision.speedup("mps") == 0


def test_autocast_changes_the_product_only_for_bf16():
    layer, rows = torch.nn.Linear(4, 4), torch.ones(2, 4)
    with precision.autocast("bf16", CPU):
        assert layer(rows).dtype == torch.bfloat16
    with precision.autocast("fp32", CPU):
        assert layer(rows).dtype == torch.float32
