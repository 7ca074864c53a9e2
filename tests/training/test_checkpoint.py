"""Checkpoints: whole or absent, damage is passed over, two are kept, generators come back."""

import json
import random

import numpy as np
import pytest
import torch

from genhub.training import checkpoint
from genhub.training.checkpoint import Checkpoints, Damaged


def saved(number: int) -> tuple[dict, dict]:
    return {"weight": torch.full((3,), float(number))}, {"step": number}


def test_reads_back_what_was_written(tmp_path):
    keeper = Checkpoints(tmp_path, seconds=0)
    assert keeper.latest() is None
    keeper.save({"half": torch.ones(2, dtype=torch.bfloat16), "count": torch.tensor(3)}, {"loss": 0.1, "names": ["ä"]})
    found = keeper.latest()
    assert found.scalars == {"loss": 0.1, "names": ["ä"]}
    assert found.tensors["half"].dtype == torch.bfloat16
    assert found.tensors["count"].item() == 3


def test_keeps_two(tmp_path):
    keeper = Checkpoints(tmp_path, seconds=0)
    for number in range(5):
        keeper.save(*saved(number))
    assert len(list(tmp_path.iterdir())) == 2
    assert keeper.latest().scalars["step"] == 4


@pytest.mark.parametrize("name", ["tensors.safetensors", "state.json", "manifest.json"])
@pytest.mark.parametrize("how", ["changed", "cut", "missing"])
def test_a_damaged_one_gives_way_to_the_one_before(tmp_path, name, how):
    keeper = Checkpoints(tmp_path, seconds=0)
    keeper.save(*saved(1))
    keeper.save(*saved(2))
    victim = max(tmp_path.iterdir()) / name
    content = bytearray(victim.read_bytes())
    if how == "missing":
        victim.unlink()
    else:
        content[-3] ^= 1
        victim.write_bytes(content if how == "changed" else content[: len(content) // 2])
    assert keeper.latest().scalars["step"] == 1


def test_a_half_written_one_is_not_seen(tmp_path, monkeypatch):
    keeper = Checkpoints(tmp_path, seconds=0)
    keeper.save(*saved(1))

    def dies(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint.os, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        keeper.save(*saved(2))
    assert keeper.latest().scalars["step"] == 1


def test_no_pickle_anywhere(tmp_path):
    Checkpoints(tmp_path, seconds=0).save(*saved(1))
    files = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {"tensors.safetensors", "state.json", "manifest.json"}


def test_interval_by_time_environment_and_cost(tmp_path, monkeypatch):
    assert not Checkpoints(tmp_path).due()
    monkeypatch.setenv("GENHUB_CHECKPOINT_SECONDS", "0")
    keeper = Checkpoints(tmp_path)
    assert keeper.due()
    keeper.save(*saved(1))
    assert keeper.due()
    clock = iter([0.0, 0.0, 3.0, 3.0])  # made, started, ended, looked at
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: next(clock, 50.0))
    slow = Checkpoints(tmp_path, seconds=10)
    slow.save(*saved(2))
    assert not slow.due()  # three seconds of writing are five per cent of a minute, and only 50 seconds have gone


def test_parts_outlive_the_checkpoints(tmp_path):
    keeper = Checkpoints(tmp_path, seconds=0)
    keeper.save(*saved(1))
    keeper.save_part("fold-1", {"scores": torch.ones(2, 2)}, {"rows": [0, 1]})
    assert keeper.latest() is None
    assert keeper.part("fold-1").scalars == {"rows": [0, 1]}
    assert keeper.part("fold-2") is None
    keeper.clear()
    assert not tmp_path.exists()


def test_generators_go_on_where_they_were():
    torch.manual_seed(1)
    np.random.seed(2)
    random.seed(3)
    random.gauss(0, 1)
    tensors, scalars = checkpoint.random_state()
    scalars = json.loads(json.dumps(scalars))
    first = (torch.rand(3).tolist(), np.random.rand(3).tolist(), [random.random(), random.gauss(0, 1)])
    checkpoint.set_random_state(tensors, scalars)
    assert (torch.rand(3).tolist(), np.random.rand(3).tolist(), [random.random(), random.gauss(0, 1)]) == first


def test_a_folder_without_manifest_is_damaged(tmp_path):
    with pytest.raises(Damaged):
        checkpoint.read(tmp_path)
