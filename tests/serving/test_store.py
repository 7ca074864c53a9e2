import shutil

import pytest
import torch
from torch import nn

from genhub.errors import UserError
from genhub.jobs.folder import write_json
from genhub.serving.store import Models, Store, default_budget, weight_bytes
from tests.serving.tiny_runs import REVISION, make_run, store_base


def module(floats):
    return nn.ParameterList([nn.Parameter(torch.zeros(floats))])


def load(store, key, floats=100, stamp=0):
    return store.get(key, stamp, lambda: (key, module(floats)))


def keys(store):
    return [held["key"] for held in store.contents()]


def test_the_least_recently_used_goes_first():
    store = Store(budget=1200)
    for key in "abc":
        load(store, key)
    assert store.bytes() == 1200
    load(store, "a")
    load(store, "d")
    assert keys(store) == ["c", "a", "d"]
    assert (store.loads, store.evictions) == (4, 1)


def test_something_larger_than_the_budget_is_served_alone():
    store = Store(budget=1000)
    load(store, "small")
    assert load(store, "large", floats=1000) == "large"
    assert keys(store) == ["large"]


def test_things_without_a_module_count_by_their_bytes():
    store = Store(budget=1000)
    assert not store.has("counts", 1)
    assert store.get("counts", 1, lambda: ("counted", 700)) == "counted"
    assert store.has("counts", 1)
    assert not store.has("counts", 2)
    assert store.bytes() == store.contents()[0]["bytes"] == 700
    load(store, "weights")
    assert keys(store) == ["weights"]


def test_another_stamp_is_loaded_again_and_the_same_is_not():
    store = Store(budget=10_000)
    for stamp in (1, 1, 2, 2):
        load(store, "a", stamp=stamp)
    assert store.loads == 2
    assert store.contents()[0]["uses"] == 2


def test_a_load_that_fails_leaves_nothing_behind():
    store = Store(budget=1000)

    def fail():
        raise UserError("No.")

    with pytest.raises(UserError):
        store.get("a", 0, fail)
    assert keys(store) == []


def test_shared_weights_count_once():
    one, two = module(100), module(100)
    assert weight_bytes([one, two, one]) == 800


def test_runs_share_the_weights_of_their_base_and_full_ones_bring_their_own(home, tmp_path):
    base = store_base()
    runs = [make_run(tmp_path / f"run{number}", base, method, number) for number, method in enumerate(("lora", "bottleneck", "full"))]
    models = Models(budget=10**9)
    alone = weight_bytes([models.base("tests/tiny").model])
    for run in runs[:2]:
        models.classifier(str(run))
    adapters = models.store.bytes() - alone
    assert 0 < adapters < alone / 2
    models.classifier(str(runs[2]))
    assert models.store.bytes() > 2 * alone


def test_when_memory_is_short_old_runs_go_and_their_base_stays(home, tmp_path):
    base = store_base()
    runs = [make_run(tmp_path / f"run{number}", base, seed=number) for number in range(4)]
    models = Models(budget=10**9)
    first = models.classifier(str(runs[0])).predict(["good"]).scores
    models.store.budget = models.store.bytes() + 1
    for run in runs[1:]:
        models.classifier(str(run))
    assert keys(models.store) == [["run", str(runs[3])], ["base", "tests/tiny", REVISION]]
    assert models.store.loads == 5
    assert models.classifier(str(runs[0])).predict(["good"]).scores == pytest.approx(first)


def test_the_default_budget_is_within_reason():
    assert 500_000_000 <= default_budget() <= 16_000_000_000


def test_a_run_stands_on_the_revision_of_its_base_that_it_was_trained_on(home, tmp_path):
    base = store_base()
    run = make_run(tmp_path / "run", base)
    first = Models(budget=10**9).classifier(str(run)).predict(["good"]).scores
    newer = base.with_name("b" * 40)
    shutil.copytree(base, newer)
    write_json(newer.parent / "current.json", {"revision": newer.name})
    models = Models(budget=10**9)
    assert models.base("tests/tiny").revision == newer.name
    assert models.classifier(str(run)).predict(["good"]).scores == pytest.approx(first)
    shutil.rmtree(base)
    with pytest.raises(UserError, match="another version of tests/tiny"):
        Models(budget=10**9).classifier(str(run))
