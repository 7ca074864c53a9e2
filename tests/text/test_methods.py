"""Every method, on a tiny encoder: it trains, it saves, it answers the same after loading, and leaves the base as it was."""

import json

import pytest
import torch

from genhub import catalog
from genhub.errors import UserError
from genhub.events import Done
from genhub.text import classify, methods
from genhub.text.classifier import Classifier, load_run
from genhub.text.encoder import load_encoder, open_base
from genhub.text.layouts import layout
from genhub.training.configs import MAIN_METHODS, MORE_METHODS, ClassifyConfig
from tests.serving.tiny_runs import BASE, store_base
from tests.tiny import tiny_encoder, tiny_rows, tiny_run

TEXTS = ["the film was great", "awful book", "dog and cat, late parcel"]


def state(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def test_the_table_and_the_config_name_the_same_methods():
    assert set(methods.METHODS) == set(MAIN_METHODS + MORE_METHODS)


@pytest.mark.parametrize("method", MAIN_METHODS + MORE_METHODS)
def test_trains_saves_and_answers_the_same(home, tmp_path, method):
    store_base()
    config = ClassifyConfig(
        model=BASE, method=method, epochs=2, batch_size=16, folds=0, bottleneck=8, precision="fp32", learning_rate=5e-3, patience=0
    )
    run = tiny_run(tmp_path / "run", config, tiny_rows(40))
    *_, done = classify.train(config, run)
    assert isinstance(done, Done)
    training = done.metrics["training"]
    assert 0 < training["trainable_parameters"] <= training["total_parameters"]
    assert training["file_bytes"] > 0

    base = open_base(BASE)
    untouched = state(base.model)
    loaded, shared = load_run(run.path), load_run(run.path, base)
    answer = loaded.predict(TEXTS)
    assert (abs(answer.scores - shared.predict(TEXTS).scores) < 1e-6).all()
    after = base.model.state_dict()
    assert list(after) == list(untouched)
    assert all(torch.equal(tensor, untouched[name]) for name, tensor in after.items())
    held_out = [(row["text"], row["scores"]) for row in map(json.loads, (run.path / "predictions.jsonl").read_text().splitlines())]
    scores = loaded.predict([text for text, _ in held_out]).scores
    assert abs(scores - torch.tensor([expected for _, expected in held_out]).numpy()).max() < 1e-5


@pytest.mark.parametrize("method", [name for name in MAIN_METHODS + MORE_METHODS if name != "frozen"])
def test_what_learns_moves_and_the_rest_stays(tmp_path, method):
    base = load_encoder(tiny_encoder(tmp_path))
    torch.manual_seed(0)
    config = ClassifyConfig(method=method, bottleneck=8)
    model = Classifier(methods.adapt(base, config, steps=10), 2)
    free = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    optimizer = torch.optim.SGD([parameter for parameter in model.parameters() if parameter.requires_grad], lr=1.0)
    for step in range(3):
        batch = model.collate(base.tokenize(TEXTS, 32))
        torch.nn.functional.cross_entropy(model.train()(batch), torch.tensor([0, 1, step % 2])).backward()
        optimizer.step()
        optimizer.zero_grad()
    moved = {name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])}
    assert moved <= free
    assert {name for name in moved if not name.startswith("head.")}


@pytest.mark.parametrize("kind", catalog.ENCODER_TYPES)
@pytest.mark.parametrize("method", ["lora", "ia3", "lntuning"])
def test_every_architecture_has_its_places(tmp_path, kind, method):
    base = load_encoder(tiny_encoder(tmp_path, kind))
    adapted = methods.adapt(base, ClassifyConfig(method=method), steps=10)
    trainable, total = methods.counts(adapted.model)
    assert 0 < trainable < total / 2


def test_an_adapter_names_the_hub_id_of_its_base(home, tmp_path):
    store_base()
    config = ClassifyConfig(model=BASE, epochs=1, folds=0, precision="fp32")
    run = tiny_run(tmp_path / "run", config)
    list(classify.train(config, run))
    settings = json.loads((run.path / "adapter" / "adapter_config.json").read_text())
    assert settings["base_model_name_or_path"] == BASE
    assert settings["task_type"] == "FEATURE_EXTRACTION"
    assert {path.name for path in (run.path / "adapter").iterdir()} == {"adapter_config.json", "adapter_model.safetensors"}


def test_an_unknown_method_and_architecture_are_named():
    with pytest.raises(UserError, match="magic"):
        methods.get("magic")
    with pytest.raises(UserError, match="clip"):
        layout("clip")


def test_damaged_adapters_are_refused(home, tmp_path):
    store_base()
    config = ClassifyConfig(model=BASE, epochs=1, folds=0, precision="fp32")
    run = tiny_run(tmp_path / "run", config)
    list(classify.train(config, run))
    path = run.path / "adapter" / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UserError, match="adapter cannot be loaded"):
        load_run(run.path)
