"""A pipeline of diffusers in a stranger's repository, before anything is built from it: which files it consists of, and what they have to say.

The parts lie in folders of their names, as diffusers has written them since 2022, or all at the top, as its first pipelines have them.
"""

from collections.abc import Collection
from pathlib import Path

from genhub import hub_config
from genhub.errors import UserError
from genhub.families import DIFFUSION, check_task

INDEX = "model_index.json"
PIPELINES = ("DDPMPipeline", "DDIMPipeline")
SCHEDULERS = ("DDPMScheduler", "DDIMScheduler")
BETAS = ("linear", "scaled_linear", "squaredcos_cap_v2")
PREDICTIONS = ("epsilon", "sample", "v_prediction")
TIMES = (1_000, 10_000)  # a drawing may be asked for in as many steps as there are at least
UNET, SCHEDULER = "config.json", "scheduler_config.json"
WEIGHTS = "diffusion_pytorch_model.safetensors"


def parts(paths: Collection[str]) -> tuple[str, str, str, str]:
    """The index, what is said of the network and of its noise, and the weights, where they lie if they are there."""
    unet, scheduler = ("unet/", "scheduler/") if "unet/config.json" in paths else ("", "")
    return INDEX, f"{unet}{UNET}", f"{scheduler}{SCHEDULER}", f"{unet}{WEIGHTS}"


def check_file(repo: str, path: str, local: Path, wanted: str = "") -> None:
    """One of the parts, which has just come. Raises UserError for a pipeline that is not one of ours, or not of the `wanted` family."""
    if path == INDEX:
        check_task(repo, DIFFUSION.name, wanted)
        _check_index(repo, hub_config.read_json(local))
    elif path.endswith(SCHEDULER):
        check_noise(repo, hub_config.read_json(local))
    elif path.endswith(UNET):
        check_network(repo, hub_config.read_json(local))


def _check_index(repo: str, index: dict) -> None:
    kind = index.get("_class_name")
    if kind not in PIPELINES:
        limit = f"Pipelines that can be used draw of nothing but noise: {', '.join(PIPELINES)}."
        raise _refused(repo, f"is a {str(kind)[:40]}", limit)
    named = {"unet": DIFFUSION.types, "scheduler": SCHEDULERS}
    for part, known in named.items():
        if index.get(part) not in [["diffusers", one] for one in known]:
            raise _refused(repo, f"has {str(index.get(part))[:60]} as its {part}", f"It can be {' or '.join(known)} of diffusers.")


def check_network(repo: str, said: dict) -> dict:
    """What describes the network, with the side of its images as one number. Raises UserError."""
    side = said.get("sample_size")
    if isinstance(side, list) and len(side) == 2 and side[0] == side[1]:
        said = {**said, "sample_size": side[0]}
    hub_config.check(repo, said, DIFFUSION.name)
    if said["in_channels"] != said["out_channels"] or said["in_channels"] == 2:
        both = f"{said['in_channels']} colours and gives {said['out_channels']}"
        raise _refused(repo, f"reads {both}", "An image has one, or three, before and after.")
    if said.get("num_class_embeds") or said.get("class_embed_type"):
        raise _refused(repo, "is told classes whose names nobody says", "A pipeline that draws of nothing but noise is needed.")
    return said


def check_noise(repo: str, said: dict) -> None:
    """How noise was added while the network learnt. Raises UserError."""
    if said.get("trained_betas") is not None:
        raise _refused(repo, "brings a list of its own of how noise grows", f"It can be {', '.join(BETAS)}.")
    times = said.get("num_train_timesteps", TIMES[0])
    if type(times) is not int or not TIMES[0] <= times <= TIMES[1]:
        raise _refused(repo, f"has num_train_timesteps = {str(times)[:24]}", f"A whole number from {TIMES[0]:,} to {TIMES[1]:,}.")
    for name, known in (("beta_schedule", BETAS), ("prediction_type", PREDICTIONS)):
        if said.get(name, known[0]) not in known:
            raise _refused(repo, f"has {name} = {str(said[name])[:24]}", f"It can be {', '.join(known)}.")
    for name in ("beta_start", "beta_end"):
        if name in said and not (isinstance(said[name], float) and 0 < said[name] < 1):
            raise _refused(repo, f"has {name} = {str(said[name])[:24]}", "A number between 0 and 1.")


def _refused(repo: str, what: str, rule: str) -> UserError:
    return UserError(f"“{repo}” {what}.", rule, hub_config.OTHER, "model")
