"""What a training leaves in its run folder: the weights, the passport, the figures, the card.

metrics.json and passport.json are written last, so a folder that has them is complete.
"""

import json
import os
from collections.abc import Mapping

from safetensors.torch import save_file

from genhub.jobs.folder import RunFolder, write_json
from genhub.text import card, methods
from genhub.text.classifier import FORMAT, Classifier
from genhub.text.verdict import Verdict
from genhub.training import outcome
from genhub.training.configs import ClassifyConfig
from genhub.training.outcome import HEAD


def save_weights(run: RunFolder, model: Classifier, config: ClassifyConfig) -> str:
    """adapter/ | bottleneck.safetensors | model/, and head.safetensors. Returns how the adapter is stored."""
    adapter = methods.save(model.base, config, run.path)
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in model.head.state_dict().items()}, run.path / HEAD)
    return adapter


def save_passport(run: RunFolder, model: Classifier, config: ClassifyConfig, facts: Mapping) -> dict:
    """passport.json. `facts`: labels, max_length, adapter, metrics (those figures that belong on a passport)."""
    base = model.base
    of_a_classifier = {
        "labels": facts["labels"],
        "pooling": base.pooling,
        "normalize": base.normalize,
        "scale": base.scale,
        "max_length": facts["max_length"],
        "head": {"in": model.head.in_features, "out": model.head.out_features},
    }
    if facts["adapter"] == "bottleneck":
        of_a_classifier["bottleneck"] = {"width": config.bottleneck}
    return outcome.write_passport(run, base, config, {"format": FORMAT, "task": "classify", **facts, **of_a_classifier})


def save_verdict(run: RunFolder, verdict: Verdict, passport: dict) -> None:
    """predictions.jsonl, the card, and metrics.json as the last."""
    temporary = run.path / f".predictions.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as file:
        for prediction in verdict.predictions:
            file.write(json.dumps(prediction, ensure_ascii=False) + "\n")
    os.replace(temporary, run.path / "predictions.jsonl")
    card.write(run, verdict.metrics, passport)
    write_json(run.path / "metrics.json", verdict.metrics)
