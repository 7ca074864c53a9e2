"""A pipeline of diffusers from the Hub becomes an image model that `genhub.images.stored` reads: `inspect` runs in a one-shot child, without network or
token. It loads what was fetched as diffusers does, and lets it draw once."""

import os
from collections.abc import Mapping
from inspect import signature
from pathlib import Path

import torch

from genhub import hub_pipeline, weights
from genhub.errors import UserError
from genhub.families import DIFFUSION
from genhub.hub_config import OTHER, read_json
from genhub.images import stored
from genhub.images.coder import Shape, parameters
from genhub.images.diffusion.unet import Diffusion
from genhub.images.variants import Blueprint

SPACING = {"timestep_spacing": "trailing"}  # few steps begin where the noise is whole (Lin et al. 2024)
TRIAL_STEPS = 2


def inspect(args: dict) -> dict:
    """{"id", "source", "folder", "family"} → {"parameters", "family"}, see `genhub.hub_child.inspect`. Raises UserError."""
    source, repo = Path(args["source"]), args["id"]
    index, network, noise, numbers = hub_pipeline.parts([path.relative_to(source).as_posix() for path in source.rglob("*")])
    for path in (index, network, noise):
        hub_pipeline.check_file(repo, path, source / path, args["family"])
    blueprint = _blueprint(hub_pipeline.check_network(repo, read_json(source / network)), read_json(source / noise))
    tensors = weights.read_header(source / numbers)
    weights.check_finite(source / numbers, tensors)
    _check_amount(repo, tensors, blueprint)
    os.environ.update(HF_HUB_OFFLINE="1")
    model = stored.fresh(blueprint)
    model.unet = _loaded((source / numbers).parent, tensors, repo)
    _try(repo, model.eval())
    stored.save(Path(args["folder"]), blueprint, model)
    (source / numbers).unlink()
    return {"parameters": parameters(model), "family": DIFFUSION.name}


def _blueprint(network: dict, noise: dict) -> Blueprint:
    """Of what the classes of diffusers are told, only what they know."""
    from diffusers import DDIMScheduler, UNet2DModel

    unet, schedule = _known(UNet2DModel, network), {**_known(DDIMScheduler, noise), **SPACING}
    side = unet["sample_size"]
    return Blueprint(stored.PIPELINE, "unet", Shape(unet["in_channels"], side, side), options={"unet": unet, "schedule": schedule})


def _known(of: type, said: dict) -> dict:
    return {name: said[name] for name in signature(of.__init__).parameters if name in said}


def _check_amount(repo: str, tensors: Mapping[str, weights.Tensor], blueprint: Blueprint) -> None:
    """Before anything is allocated: the file holds the numbers that the network has."""
    with torch.device("meta"):
        outside = parameters(stored.fresh(blueprint))
    inside = sum(tensor.size for tensor in tensors.values() if tensor.dtype in weights.FLOATS)
    if inside != outside:
        what = f"The weights of “{repo}” hold {inside:,} numbers; its config.json describes {outside:,}."
        raise UserError(what, "They must belong together.", OTHER, "model")


def _loaded(folder: Path, tensors: Mapping[str, weights.Tensor], repo: str):
    """The network in fp32; diffusers knows the names that tensors had in its first versions."""
    from diffusers import UNet2DModel

    options = {"local_files_only": True, "use_safetensors": True, "low_cpu_mem_usage": False, "torch_dtype": torch.float32}
    unet, report = UNet2DModel.from_pretrained(folder, output_loading_info=True, **options)
    missing = sorted(report["missing_keys"])
    if missing:
        what = f"The weights of “{repo}” lack {len(missing)} of {len(tensors)} tensors (“{missing[0]}”)."
        raise UserError(what, "Names and shapes must be those of the architecture.", OTHER, "model")
    return unet


@torch.inference_mode()
def _try(repo: str, model: Diffusion) -> None:
    *_, drawn = model.denoise(torch.randn(1, model.coding), steps=TRIAL_STEPS)
    shape = model.shape
    if drawn.shape != (1, shape.channels, shape.height, shape.width) or not drawn.isfinite().all():
        what = f"“{repo}” does not draw images of {shape.height} × {shape.width} pixels in finite numbers."
        raise UserError(what, "Its weights must fit its config.json.", OTHER, "model")
