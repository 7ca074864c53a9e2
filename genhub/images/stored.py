"""Image models on disk: config.json, which says what to build, and model.safetensors.

save(folder, blueprint, model, names)
model = load(folder)                # a Drawer, or a Judge
names_of(folder)                    # of the classes
"""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from genhub.errors import UserError
from genhub.images.coder import Drawer
from genhub.images.diffusion.unet import Diffusion
from genhub.images.judge import Judge
from genhub.images.variants import Blueprint, build
from genhub.text.formats import IMAGES as FORMAT

JUDGE, PIPELINE = "judge", "pipeline"  # families beside those that are trained here
CONFIG, WEIGHTS = "config.json", "model.safetensors"


def save(folder: Path, blueprint: Blueprint, model: nn.Module, names: Sequence[str] = (), dtype: torch.dtype = torch.float32) -> None:
    """Write both files into a folder, which is made. `names`: of the classes that the images have."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().cpu().to(dtype).contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, folder / WEIGHTS, {"format": FORMAT})
    told = {"format": FORMAT, "names": list(names), **blueprint.to_dict()}
    (folder / CONFIG).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def blueprint_of(folder: Path) -> Blueprint:
    """What config.json says of the model. Raises UserError for a folder that holds no image model of ours."""
    return _told(folder)[0]


def names_of(folder: Path) -> tuple[str, ...]:
    """The classes of the images, which a conditional model is told by their numbers. Raises UserError as `blueprint_of`."""
    return _told(folder)[1]


def _told(folder: Path) -> tuple[Blueprint, tuple[str, ...]]:
    try:
        told = json.loads((Path(folder) / CONFIG).read_text(encoding="utf-8"))
        if told.pop("format") != FORMAT:
            raise ValueError("another format")
        names = tuple(str(name) for name in told.pop("names", ()))
        return Blueprint.from_dict(told), names
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{Path(folder).name} holds no image model ({type(error).__name__})."
        raise UserError(what, f"It needs {CONFIG} of the format {FORMAT}, and {WEIGHTS}.", "Choose another model.", "model") from error


def fresh(blueprint: Blueprint) -> Drawer | Judge:
    """The model that a blueprint describes, with weights of no meaning. Raises UserError as `variants.build`."""
    if blueprint.family == JUDGE:
        return Judge(blueprint.shape, blueprint.classes)
    return Diffusion(blueprint.shape, **blueprint.options) if blueprint.family == PIPELINE else build(blueprint)


def load(folder: Path) -> Drawer | Judge:
    """The model in fp32, ready to use. Raises UserError when the folder does not hold one, or its weights do not fit."""
    blueprint = blueprint_of(folder)
    model = fresh(blueprint)
    try:
        tensors = load_file(Path(folder) / WEIGHTS)
        known = model.state_dict()  # the discriminator of a DCGAN once had statistics of its norms
        kept = {name: tensor.float() for name, tensor in tensors.items() if name in known or not name.startswith("discriminator.")}
        model.load_state_dict(kept)
    except (OSError, RuntimeError, SafetensorError) as error:
        what = f"The weights of {Path(folder).name} cannot be used ({type(error).__name__})."
        raise UserError(what, "They have to be those of the model that config.json describes.", "Choose another model.", "model") from error
    return model.eval().requires_grad_(False).to(memory_format=torch.channels_last)
