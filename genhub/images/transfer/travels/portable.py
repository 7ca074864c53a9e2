"""An image classifier on its travels: its configuration and weights, and none of the images that it learnt from."""

import json
from pathlib import Path

from genhub.errors import UserError
from genhub.images.coder import Shape
from genhub.images.transfer.travels.code import FILE as SCRIPT
from genhub.images.travels.portable import CONFIG, check_whole, shareable
from genhub.jobs.folder import RunFolder
from genhub.settings import Limits
from genhub.text.portable.opening import MODEL_WEIGHTS, read_json, take, whole_model

__all__ = ["MODEL_FILES", "PARTS", "check_whole", "merge", "open_parts", "shareable"]

PARTS = (SCRIPT,)
MODEL_FILES = r"model/(config\.json|model\.safetensors|preprocessor_config\.json)"
SIDES, CHANNELS = (8, 64), (1, 3)


def open_parts(source: Path, folder: Path, facts: dict, limits: Limits) -> None:
    """Check model/ against what the passport says and move the weights over; the configuration is written anew. Our own networks are small:
    they are opened on shared pages, too."""
    import torch

    config = read_json(source, CONFIG)
    if isinstance(config, dict) and "model_type" in config:
        _open_pretrained(source, folder, facts, limits)
        return
    from genhub.images.judge import Judge
    from genhub.images.stored import FORMAT, JUDGE
    from genhub.images.variants import Blueprint

    shape = _shape(config)
    with torch.device("meta"):
        expected = {name: tuple(tensor.shape) for name, tensor in Judge(shape, len(facts["classes"])).state_dict().items()}
    take(source, folder, MODEL_WEIGHTS, expected)
    blueprint = Blueprint(JUDGE, JUDGE, shape, classes=len(facts["classes"]))
    told = {"format": FORMAT, "names": list(facts["classes"]), **blueprint.to_dict()}
    (folder / CONFIG).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _open_pretrained(source: Path, folder: Path, facts: dict, limits: Limits) -> None:
    """A model of transformers, whole, looked at as one of the Hub is; its classes are the passport's."""
    from genhub.families import VISION
    from genhub.hub_choice import PREPROCESSOR
    from genhub.images.transfer import networks

    classes = read_json(source, CONFIG).get("id2label")
    if not isinstance(classes, dict) or len(classes) != len(facts["classes"]):
        raise _refused("has other classes than the passport", f"The passport names {len(facts['classes'])}.")
    home = whole_model(source, folder, facts, limits, VISION.name)
    names = dict(enumerate(facts["classes"]))
    config = {key: value for key, value in networks.read(home, "config.json").items() if key != "num_labels"}
    config |= {"id2label": names, "label2id": {name: number for number, name in names.items()}}
    (home / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    told = networks.read(home, PREPROCESSOR)
    networks.write_preprocessor(home, told["image_mean"], told["image_std"], told["side"])


def _shape(config: object) -> Shape:
    """Of the images that the network reads. Raises UserError."""
    told = config.get("shape") if isinstance(config, dict) else None
    if not isinstance(told, dict):
        raise _refused("is not the configuration of an image classifier", "It says of which size its images are.")
    for name, (low, high) in {"channels": CHANNELS, "height": SIDES, "width": SIDES}.items():
        if type(told.get(name)) is not int or not low <= told[name] <= high:
            raise _refused(f"has {name} = {str(told.get(name))[:24]}", f"A whole number from {low} to {high}.")
    return Shape(told["channels"], told["height"], told["width"])


def merge(run: RunFolder, facts: dict, out_dir: Path) -> None:
    """Raises UserError: adapters are merged when training ends."""
    what, limit = "There is nothing to merge.", "Adapters were merged when the training ended: model/ holds the whole network."
    raise UserError(what, limit, "Pack the run instead.", "run")


def _refused(how: str, limit: str) -> UserError:
    return UserError(f"model/config.json {how}.", limit, "Use a file that GenHub made.", "file")
