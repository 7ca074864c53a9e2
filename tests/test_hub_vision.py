"""Image classifiers of the Hub, against a loopback Hub: what is loaded and tells apart as plain transformers does, what is refused; and how they are
taught other classes."""

import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from genhub import families, hub, settings
from genhub.errors import UserError
from genhub.images.pixels import tensor
from genhub.images.transfer import networks, ways
from genhub.images.transfer.material import gather
from genhub.images.transfer.teller import heat, open_teller
from genhub.images.transfer.travels.code import FILE
from genhub.text import portable
from genhub.training.configs import TransferConfig
from tests import hub_here
from tests.images.bars import bars, trained
from tests.tiny import tiny_encoder

WANTED = families.VISION.name
SIDE = 32
TRAINING = {"epochs": 1, "precision": "fp32", "batch_size": 32}


def tiny(folder: Path, kind: str) -> Path:
    """A small image classifier of three classes, as it is published."""
    import transformers

    torch.manual_seed(0)
    names = {"id2label": {0: "a", 1: "b", 2: "c"}, "label2id": {"a": 0, "b": 1, "c": 2}}
    if kind == "resnet":
        config = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", **names)
    else:
        sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
        config = transformers.ViTConfig(image_size=SIDE, patch_size=8, **sizes, **names)
    model = transformers.AutoModelForImageClassification.from_config(config).eval()
    model.save_pretrained(folder)
    told = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.2, 0.2], "size": {"height": SIDE, "width": SIDE}, "do_resize": True}
    (folder / "preprocessor_config.json").write_text(json.dumps(told))
    return folder


@pytest.fixture(scope="module", params=["resnet", "vit"])
def published(request, tmp_path_factory) -> Path:
    return tiny(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture
def server(tmp_path, home, monkeypatch):
    with hub_here.looked_through(monkeypatch, tmp_path) as running:
        yield running


def offer(server, tmp_path, folder: Path, name: str = "acme/tiny") -> None:
    shutil.copytree(folder, tmp_path / "hub" / "models" / name)


def fetched(server, tmp_path, folder: Path) -> hub.ModelFolder:
    offer(server, tmp_path, folder)
    return hub.model_folder("acme/tiny", settings.get(), family=WANTED)


def test_one_is_fetched_without_a_tokenizer_and_tells_apart_as_plain_transformers_does(server, tmp_path, published):
    from transformers import AutoModelForImageClassification

    found = fetched(server, tmp_path, published)
    assert found.family == WANTED
    network = networks.open_base("acme/tiny").network
    x = torch.rand(4, 3, 12, 12)
    scaled = torch.nn.functional.interpolate(x, (SIDE, SIDE), mode="bilinear", antialias=True).clamp(0, 1)
    colours = torch.tensor([0.5, 0.4, 0.3]).reshape(1, 3, 1, 1)
    plain = AutoModelForImageClassification.from_pretrained(published).eval()
    with torch.inference_mode():
        assert torch.allclose(network(x), plain(pixel_values=(scaled - colours) / 0.2).logits, atol=1e-5)
        grey = torch.rand(2, 1, SIDE, SIDE)
        assert torch.allclose(network(grey), network(grey.expand(-1, 3, -1, -1)))
    assert network.reads.channels == 3
    assert hub.stored_folder("acme/tiny", settings.get(), WANTED)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("config.json", {"hidden_sizes": [8] * 9, "model_type": "resnet"}, "has hidden_sizes"),
        ("config.json", {"depths": [10**6], "model_type": "resnet"}, "has depths"),
        ("config.json", {"num_channels": 1}, "has num_channels = 1"),
        ("config.json", {"image_size": 100_000}, "has image_size"),
        ("config.json", {"auto_map": {"AutoModel": "x.y"}}, "brings its own code"),
        ("config.json", {"model_type": "swin"}, "is of the type “swin”"),
        ("preprocessor_config.json", {"image_std": [0, 0, 0]}, "how it reads pictures"),
        ("preprocessor_config.json", {"image_mean": "x"}, "how it reads pictures"),
        ("preprocessor_config.json", {"size": 9_000}, "how it reads pictures"),
    ],
)
def test_what_is_damaged_or_strange_is_refused(server, tmp_path, published, name, values, said):
    folder = shutil.copytree(published, tmp_path / "changed")
    told = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps(told | values))
    with pytest.raises(UserError, match=said):
        fetched(server, tmp_path, folder)


def test_weights_of_another_shape_and_models_of_another_kind_are_refused(server, tmp_path, published):
    folder = shutil.copytree(published, tmp_path / "changed")
    tensors = load_file(folder / hub.WEIGHTS)
    name = next(name for name in tensors if name.endswith("weight") and "classifier" not in name)
    tensors[name] = torch.zeros(3, 3)
    save_file(tensors, folder / hub.WEIGHTS, metadata={"format": "pt"})
    with pytest.raises(UserError, match=r"in another shape|hold"):
        fetched(server, tmp_path, folder)
    offer(server, tmp_path, tiny_encoder(tmp_path / "encoder"), "acme/reader")
    with pytest.raises(UserError, match="does not tell images apart"):
        hub.model_folder("acme/reader", settings.get(), family=WANTED)


def test_an_image_without_a_preprocessor_is_read_as_those_of_imagenet(server, tmp_path, published):
    folder = shutil.copytree(published, tmp_path / "changed")
    (folder / "preprocessor_config.json").unlink()
    told = networks.read(fetched(server, tmp_path, folder).path, "preprocessor_config.json")
    assert (told["side"], told["image_mean"]) == (224, [0.485, 0.456, 0.406])


def test_adapters_stand_where_they_should_and_what_the_base_counts_keeps_still(server, tmp_path, published):
    fetched(server, tmp_path, published)
    rows = bars(tmp_path)
    from genhub.images.material import read_rows

    config = TransferConfig(model="acme/tiny", **TRAINING)
    material = gather(config, read_rows(rows))
    begun = {"frozen": material.base.network.with_head(2)}
    learners = {way: ways.learner(way, config, material, begun) for way in config.ways}
    resnet = material.base.network.model.config.model_type == "resnet"
    beside = {name.rpartition(".")[2] for name in material.base.network.adapts()}
    assert beside == ({"convolution"} if resnet else beside & {"query", "value", "q_proj", "v_proj"})
    assert 0 < learners["lora"].trainable < learners["fine-tune"].trainable
    assert learners["frozen"].trainable == sum(
        tensor.numel() for name, tensor in begun["frozen"].named_parameters() if name.startswith("model.classifier.")
    )
    x = tensor(material.test.x[:3])
    with torch.inference_mode():
        expected = begun["frozen"](x)
        assert torch.allclose(learners["lora"].network.eval()(x), expected, atol=1e-5)
    if resnet:
        norms = {
            way: [m.training for m in each.network.train().modules() if isinstance(m, torch.nn.BatchNorm2d)]
            for way, each in learners.items()
        }
        assert not any(norms["frozen"] + norms["fine-tune"] + norms["lora"])
        assert all(norms["scratch"])


def test_one_is_taught_judged_packed_opened_and_used_without_us(server, tmp_path, published):
    fetched(server, tmp_path, published)
    run = trained(tmp_path / "run", "transfer", bars(tmp_path), model="acme/tiny", batch_size=32, epochs=1)
    metrics, passport = run.read("metrics.json"), run.read("passport.json")
    assert [way["name"] for way in metrics["ways"]] == ["frozen", "fine-tune", "lora", "scratch"]
    assert passport["base"]["id"] == "acme/tiny"
    assert len(passport["base"]["revision"]) == 40
    card = (run.path / "README.md").read_text()
    assert 'base_model: "acme/tiny"' in card
    assert f"coloured images of {SIDE} × {SIDE}" in card
    path = portable.export_zip(run.path, tmp_path / "run.zip")
    again = portable.open_zip(path, tmp_path / "again", settings.get().limits)
    tellers = [open_teller(folder) for folder in (run.path, again)]
    x = np.random.default_rng(0).integers(0, 256, (3, 12, 12, 3), np.uint8)
    assert tellers[0].names == tellers[1].names == ("lies", "stands")
    assert np.array_equal(tellers[0].shares(x), tellers[1].shares(x))
    where = tellers[0].evidence(x[0])
    assert where.shape == (12, 12)
    assert heat(where, tellers[0].as_read(x[:1])[0]).shape == (96, 96, 3)
    with pytest.raises(UserError, match="whole model"):
        portable.open_zip(path, tmp_path / "shared", replace(settings.get().limits, any_hub_model=False))
    home = tmp_path / "home2"
    with zipfile.ZipFile(portable.export_zip(again, tmp_path / "again.zip")) as archive:
        archive.extractall(home)
    Image.fromarray(x[0]).save(home / "a.png")
    done = subprocess.run([sys.executable, "-I", FILE, "a.png"], cwd=home, capture_output=True, text=True, check=True)
    share = float(done.stdout.partition(": ")[2].split(",")[0].rpartition(" ")[2])
    assert share == pytest.approx(float(tellers[0].shares(x[:1]).max()), abs=2e-3)
