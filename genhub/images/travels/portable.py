"""An image model on its travels: its configuration and weights, and none of the images that it learnt from."""

import json
from pathlib import Path

from genhub.errors import UserError
from genhub.images.travels.code import FILE as SCRIPT
from genhub.jobs.folder import RunFolder
from genhub.settings import Limits
from genhub.text.portable.opening import MODEL_WEIGHTS, read_json, take
from genhub.training.configs.images import NOISES

CONFIG = "model/config.json"
PARTS = (SCRIPT,)
MODEL_FILES = r"model/(config\.json|model\.safetensors)"
MOST_CODING, MOST_CLASSES = 8_192, 200
SWITCHES = ("averaged", "normed", "spread", "spectral")  # options that are true or false
BOUNDS = {"beta": (0, 100), "amount": (0, 1), "weight": (0, 10), "target": (0, 1)}


def check_whole(files: dict) -> None:
    """Raises UserError for a run that cannot be packed."""
    if MODEL_WEIGHTS not in files:
        raise UserError("This run has no weights.", "They are written when training ends.", "Train it again.", "run")


def shareable(metrics: dict) -> bytes:
    """metrics.json as it leaves: it holds nothing of the images."""
    return json.dumps(metrics, ensure_ascii=False, indent=1).encode()


def open_parts(source: Path, folder: Path, facts: dict, limits: Limits) -> None:
    """Check model/ against what the passport says and move the weights over; the configuration is written anew. Models of ours are small:
    they are opened on shared pages, too."""
    import torch

    from genhub.images.stored import FORMAT
    from genhub.images.variants import build

    blueprint = _blueprint(read_json(source, CONFIG), facts)
    with torch.device("meta"):
        expected = {name: tuple(tensor.shape) for name, tensor in build(blueprint).state_dict().items()}
    take(source, folder, MODEL_WEIGHTS, expected)
    told = {"format": FORMAT, "names": list(facts["classes"]), **blueprint.to_dict()}
    (folder / CONFIG).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _blueprint(config: object, facts: dict):
    """What config.json asks for, every value checked. Raises UserError."""
    from genhub.images.coder import Shape
    from genhub.images.variants import Blueprint, get

    if not isinstance(config, dict) or not isinstance(config.get("shape"), dict):
        raise _refused("is not the configuration of an image model", "It says what to build.")
    if (config.get("family"), config.get("variant")) != (facts["task"], facts["method"]):
        raise _refused("is of another model than the passport", f"The passport says {facts['method']} ({facts['task']}).")
    numbers = {**config["shape"], "coding": config.get("coding"), "classes": config.get("classes")}
    limits = {"channels": (1, 3), "height": (8, 64), "width": (8, 64), "coding": (0, MOST_CODING), "classes": (0, MOST_CLASSES)}
    for name, (low, high) in limits.items():
        if type(numbers.get(name)) is not int or not low <= numbers[name] <= high:
            raise _refused(f"has {name} = {str(numbers.get(name))[:24]}", f"A whole number from {low} to {high}.")
    if numbers["classes"] not in (0, len(facts["classes"])):
        raise _refused(f"has {numbers['classes']} classes", f"The passport names {len(facts['classes'])}.")
    options = _options(config.get("options"), get(facts["task"], facts["method"]).options)
    shape = Shape(*(numbers[name] for name in ("channels", "height", "width")))
    return Blueprint(facts["task"], facts["method"], shape, numbers["coding"], numbers["classes"], options)


def _options(told: object, known: tuple[str, ...]) -> dict:
    if not isinstance(told, dict) or not set(told) <= set(known):
        raise _refused("has options that this variant has not", f"It knows {', '.join(known) or 'none'}.")
    for name, value in told.items():
        low, high = BOUNDS.get(name, (0, 0))
        number = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        fits = value in NOISES if name == "kind" else isinstance(value, bool) if name in SWITCHES else number
        if not fits:
            raise _refused(f"has {name} = {str(value)[:24]}", "It must be as GenHub writes it.")
    return told


def merge(run: RunFolder, facts: dict, out_dir: Path) -> None:
    """Of a diffusion model the folder that plain diffusers loads. Raises UserError for all others: there is nothing to merge."""
    if facts["task"] == "diffusion":
        from genhub.images import stored
        from genhub.images.diffusion import pipeline
        from genhub.training.outcome import MODEL

        home = run.path / MODEL
        pipeline.save(stored.load(home), out_dir, stored.names_of(home))
        return
    what, limit = "An image model has no adapter.", "It was trained from drawn weights: model/ holds all of it."
    raise UserError(what, limit, "Pack the run instead.", "run")


def _refused(how: str, limit: str) -> UserError:
    return UserError(f"model/config.json {how}.", limit, "Use a file that GenHub made.", "file")
