"""A GAN at moments along its training, beside the finished one in a folder: what its generator drew then, and what its discriminator believed.

save(folder, {50: state(gan), 100: …})      # steps of the generator → weights
for step, gan in opened(folder): …          # the finished one last
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from genhub.images import stored
from genhub.images.gans.pair import GAN
from genhub.images.variants import build

FILE = "moments.safetensors"
FINISHED = "finished_at"  # in the file's metadata: steps of the generator that the finished one has made

Weights = Mapping[str, torch.Tensor]


def state(gan: GAN) -> dict[str, torch.Tensor]:
    """Weights as the finished model has them: where an exponential moving average is kept, it is the generator."""
    own = gan.state_dict()
    kept = {name: tensor for name, tensor in own.items() if not name.startswith("average.")}
    drawing = {name.replace("average.", "generator.", 1): tensor for name, tensor in own.items() if name.startswith("average.")}
    return {name: tensor.detach().clone().contiguous() for name, tensor in {**kept, **drawing}.items()}


def save(folder: Path, moments: Mapping[int, Weights], finished_at: int, dtype: torch.dtype = torch.float16) -> None:
    """Write the file into the folder of the finished model."""
    tensors = {f"{step}/{name}": tensor.to(dtype) for step, weights in moments.items() for name, tensor in weights.items()}
    save_file(tensors, folder / FILE, {FINISHED: json.dumps(finished_at)})


def opened(folder: Path) -> Iterator[tuple[int, GAN]]:
    """(steps of the generator, the model then), the first moment first and the finished model last; fp32, ready to use. Raises OSError
    where no moments were kept, UserError where there is no model."""
    from safetensors import safe_open

    blueprint, finished = stored.blueprint_of(folder), stored.load(folder)
    with safe_open(folder / FILE, "pt") as file:
        finished_at = json.loads(file.metadata()[FINISHED])
    by_step: dict[int, dict[str, torch.Tensor]] = {}
    for key, tensor in load_file(folder / FILE).items():
        step, _, name = key.partition("/")
        by_step.setdefault(int(step), {})[name] = tensor.float()
    for step, weights in sorted(by_step.items()):
        gan = build(blueprint)
        gan.load_state_dict(weights)
        yield step, gan.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    yield finished_at, finished
