"""Image models on disk: config.json, which says what to build, and model.safetensors.

save(folder, blueprint, model)
model = load(folder)                # a Coder, or a Judge
"""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from genhub.errors import UserError
from genhub.images.coder import Coder
from genhub.images.judge import Judge
from genhub.images.variants import Blueprint, build
from genhub.text.formats import IMAGES as FORMAT

JUDGE = "judge"
CONFIG, WEIGHTS = "config.json", "model.safetensors"


def save(folder: Path, blueprint: Blueprint, model: nn.Module, dtype: torch.dtype = torch.float32) -> None:
    """Write both files into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().cpu().to(dtype).contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, folder / WEIGHTS, {"format": FORMAT})
    told = {"format": FORMAT, **blueprint.to_dict()}
    (folder / CONFIG).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def blueprint_of(folder: Path) -> Blueprint:
    """What config.json says. Raises UserError for a folder that holds no image model of ours."""
    try:
        told = json.loads((Path(folder) / CONFIG).read_text(encoding="utf-8"))
        if told.pop("format") != FORMAT:
            raise ValueError("another format")
        return Blueprint.from_dict(told)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{Path(folder).name} holds no image model ({type(error).__name__})."
        raise UserError(what, f"It needs {CONFIG} of the format {FORMAT}, and {WEIGHTS}.", "Choose another model.", "model") from error


def load(folder: Path) -> Coder | Judge:
    """The model in fp32, ready to use. Raises UserError when the folder does not hold one, or its weights do not fit."""
    blueprint = blueprint_of(folder)
    model = Judge(blueprint.shape, blueprint.classes) if blueprint.family == JUDGE else build(blueprint)
    try:
        tensors = load_file(Path(folder) / WEIGHTS)
        model.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    except (OSError, RuntimeError, SafetensorError) as error:
        what = f"The weights of {Path(folder).name} cannot be used ({type(error).__name__})."
        raise UserError(what, "They have to be those of the model that config.json describes.", "Choose another model.", "model") from error
    return model.eval().requires_grad_(False).to(memory_format=torch.channels_last)
