"""Finished runs that adapted a tiny language model, as training leaves them, without training: weights are drawn, not learnt."""

import hashlib
from pathlib import Path

import torch

from genhub.jobs.folder import RunFolder, write_json
from genhub.text import methods
from genhub.text.adapting.learner import adapted
from genhub.text.causal import load_causal
from genhub.text.generator import FORMAT
from genhub.training import outcome
from genhub.training.configs import AdaptConfig
from tests.serving.tiny_language import MODEL, REVISION


def make_generator(folder: Path, base: Path, method: str = "lora", seed: int = 0, *, model_id: str = MODEL, scale: float = 0.3) -> Path:
    """A run whose adapter is drawn `scale` large, so that no two seeds write alike."""
    folder.mkdir(parents=True, exist_ok=True)
    config = AdaptConfig(method=method, model=model_id, rank=4)
    write_json(folder / "job.json", {"task": "generate", "config": config.to_dict(), "name": "tiny", "data": {}, "versions": {}})
    torch.manual_seed(seed)
    sha256 = hashlib.sha256((base / "model.safetensors").read_bytes()).hexdigest()
    model = adapted(load_causal(base, id=model_id, revision=REVISION, sha256=sha256), config, 10)
    with torch.no_grad():
        for parameter in model.model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * scale)
    run = RunFolder(folder)
    facts = {"format": FORMAT, "task": "generate", "adapter": methods.save(model, config, folder), "window": 32, "metrics": {}}
    outcome.write_passport(run, model, config, facts)
    return folder
