"""Finished classifier runs on a tiny base, as training leaves them, without training: weights are drawn, not learnt."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file

from genhub import families, hub, settings
from genhub.jobs.folder import write_json
from genhub.text import methods
from genhub.text.classifier import FORMAT, Classifier
from genhub.text.encoder import load_encoder
from genhub.training.configs import ClassifyConfig
from tests.tiny import tiny_encoder

BASE = "tests/tiny"
REVISION = "a" * 40
LABELS = ["blame", "delivery", "praise"]


def store_base(model_id: str = BASE, kind: str = "bert") -> Path:
    """A tiny encoder where a download from the Hub would have put it, under the present GENHUB_HOME."""
    return store(model_id, REVISION, lambda folder: tiny_encoder(folder, kind))


def store(model_id: str, revision: str, make: Callable[[Path], object]) -> Path:
    """What `make` writes into a folder, as this revision of a model of the Hub."""
    home = settings.get().cache / "models" / model_id.replace("/", "--")
    folder = home / revision
    folder.mkdir(parents=True)
    make(folder)
    weights = folder / hub.WEIGHTS
    family = families.of_type(json.loads((folder / "config.json").read_text())["model_type"])
    facts = {
        "id": model_id,
        "family": family.name,
        "pooling": "mean" if family.pools else "",
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "bytes": weights.stat().st_size,
    }
    write_json(folder / hub.MANIFEST, facts)
    write_json(home / "current.json", {"revision": revision})
    return folder


def make_run(folder: Path, base: Path, method: str = "lora", seed: int = 0, *, model_id: str = BASE, scale: float = 0.3) -> Path:
    """A run whose adapter and head are drawn `scale` large, so that no two seeds answer alike."""
    folder.mkdir(parents=True, exist_ok=True)
    config = ClassifyConfig(method=method, model=model_id, bottleneck=8)
    torch.manual_seed(seed)
    encoder = methods.adapt(load_encoder(base, pooling="mean", id=model_id), config, steps=10)
    classifier = Classifier(encoder, len(LABELS))
    with torch.no_grad():
        for parameter in classifier.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * scale)
    adapter = methods.save(encoder, config, folder)
    head = {name: tensor.detach().clone() for name, tensor in classifier.head.state_dict().items()}
    save_file(head, folder / "head.safetensors")
    passport = {
        "format": FORMAT,
        "task": "classify",
        "base": {"id": model_id, "revision": REVISION, "sha256": ""},
        "method": method,
        "adapter": adapter,
        "bottleneck": {"width": config.bottleneck},
        "labels": LABELS,
        "pooling": "mean",
        "normalize": True,
        "scale": 16.0,
        "max_length": 64,
        "seed": seed,
    }
    write_json(folder / "passport.json", passport)
    return folder
