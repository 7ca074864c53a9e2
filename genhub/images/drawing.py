"""Images drawn as a DrawConfig asks: codes from N(0, 1) first, then what a model makes of them.

x = drawn(model, DrawConfig(n=64, seed=1))
for x in denoised(model, DrawConfig(steps=25, guidance=3.0), classes): …     # of a diffusion model, step by step
"""

from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import torch

from genhub import steps
from genhub.images.coder import Drawer
from genhub.images.diffusion.unet import Diffusion
from genhub.images.pixels import array
from genhub.training.configs import DrawConfig

PART, PART_IN_STEPS = 500, 25  # images at once: thousands would need thousands of feature maps, and others wait for each step


def codes(model: Drawer, config: DrawConfig) -> torch.Tensor:
    """(n, coding) from N(0, temperature²). With a truncation, numbers that lie farther out, in standard deviations, are drawn again: fewer kinds
    of images, and more usual ones (Brock et al. 2019)."""
    generator = torch.Generator().manual_seed(config.seed)
    z = torch.randn(config.n, model.coding, generator=generator)
    while config.truncation and (outside := z.abs() > config.truncation).any():
        z[outside] = torch.randn(int(outside.sum()), generator=generator)
    return config.temperature * z


def drawn(model: Drawer, config: DrawConfig, classes: np.ndarray | None = None) -> np.ndarray:
    """(n, H, W[, 3]) uint8; a conditional model is told the numbers of the classes (n,), or every class in turn."""
    return steps.result(drawing(model, config, classes))


def drawing(model: Drawer, config: DrawConfig, classes: np.ndarray | None = None) -> Generator[int, None, np.ndarray]:
    """As `drawn`; yields again and again how many images are done."""
    with torch.inference_mode():
        z, y = codes(model, config), told(model, config.n, classes)
    size = PART_IN_STEPS if isinstance(model, Diffusion) else PART
    parts = [slice(at, at + size) for at in range(0, config.n, size)]
    found = []
    for part in parts:
        some = decoding(model, z[part], None if y is None else y[part], config)
        found.append((yield from steps.retold(some, lambda _, done=part.start: done)))
        yield min(part.stop, config.n)
    return np.concatenate(found)


def decoding(model: Drawer, z: torch.Tensor, y: torch.Tensor | None, config: DrawConfig | None = None) -> Generator[None, None, np.ndarray]:
    """(K, coding) → (K, H, W[, 3]) uint8; yields after each step of a model that takes noise away, so that others can draw in between.
    Of `config` the way counts on which it does."""
    if not isinstance(model, Diffusion):
        with torch.inference_mode():
            return array(model.decode(z, y))
    for x in _each(model.denoise(z, y, **({} if config is None else way(config)))):
        last = x
        yield
    return array(last)


def denoised(model: Diffusion, config: DrawConfig, classes: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """As `drawn`, after each step what the model expects to draw then."""
    return map(array, _each(model.denoise(codes(model, config), told(model, config.n, classes), **way(config))))


def _each(steps_taken: Iterator[torch.Tensor]) -> Iterator[torch.Tensor]:
    """The same, with inference mode entered for each step alone: others draw in between."""
    while True:
        with torch.inference_mode():
            x = next(steps_taken, None)
        if x is None:
            return
        yield x


def told(model: Drawer, count: int, classes: np.ndarray | None = None) -> torch.Tensor | None:
    """(count,) the classes, or every one in turn; None of a model that is told none."""
    if not model.classes:
        return None
    return torch.arange(count) % model.classes if classes is None else torch.from_numpy(np.asarray(classes)).long()


def way(config: DrawConfig) -> dict[str, Any]:
    """What of the options says how noise is taken away."""
    return {"steps": config.steps, "guidance": config.guidance, "chance": config.chance, "seed": config.seed}
