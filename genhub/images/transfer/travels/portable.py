"""An image classifier on its travels: its configuration and weights, and none of the images that it learnt from."""

import json
from pathlib import Path

from genhub.errors import UserError
from genhub.images.coder import Shape
from genhub.images.transfer.travels.code import FILE as SCRIPT
from genhub.images.travels.portable import CONFIG, MODEL_FILES, check_whole, shareable
from genhub.jobs.folder import RunFolder
from genhub.settings import Limits
from genhub.text.portable.opening import MODEL_WEIGHTS, read_json, take

__all__ = ["MODEL_FILES", "PARTS", "check_whole", "merge", "open_parts", "shareable"]

PARTS = (SCRIPT,)
SIDES, CHANNELS = (8, 64), (1, 3)


def open_parts(source: Path, folder: Path, facts: dict, limits: Limits) -> None:
    """Check model/ against what the passport says and move the weights over; the configuration is written anew. The networks are small:
    they are opened on shared pages, too."""
    import torch

    from genhub.images.judge import Judge
    from genhub.images.stored import FORMAT, JUDGE
    from genhub.images.variants import Blueprint

    shape = _shape(read_json(source, CONFIG))
    with torch.device("meta"):
        expected = {name: tuple(tensor.shape) for name, tensor in Judge(shape, len(facts["classes"])).state_dict().items()}
    take(source, folder, MODEL_WEIGHTS, expected)
    blueprint = Blueprint(JUDGE, JUDGE, shape, classes=len(facts["classes"]))
    told = {"format": FORMAT, "names": list(facts["classes"]), **blueprint.to_dict()}
    (folder / CONFIG).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


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
