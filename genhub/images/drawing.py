"""Images drawn as a DrawConfig asks: codes from N(0, 1) first, then what a model makes of them.

x = drawn(model, DrawConfig(n=64, seed=1))
for x in denoised(model, DrawConfig(steps=25, guidance=3.0), classes): …     # of a diffusion model, step by step
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from genhub.images.coder import Drawer
from genhub.images.diffusion.unet import Diffusion
from genhub.images.pixels import array
from genhub.training.configs import DrawConfig

PART = 500  # images at once, so that thousands of them do not need thousands of feature maps


def codes(model: Drawer, config: DrawConfig) -> torch.Tensor:
    """(n, coding) from N(0, temperature²). With a truncation, numbers that lie farther out, in standard deviations, are drawn again: fewer kinds
    of images, and more usual ones (Brock et al. 2019)."""
    generator = torch.Generator().manual_seed(config.seed)
    z = torch.randn(config.n, model.coding, generator=generator)
    while config.truncation and (outside := z.abs() > config.truncation).any():
        z[outside] = torch.randn(int(outside.sum()), generator=generator)
    return config.temperature * z


@torch.inference_mode()
def drawn(model: Drawer, config: DrawConfig, classes: np.ndarray | None = None) -> np.ndarray:
    """(n, H, W[, 3]) uint8; a conditional model is told the numbers of the classes (n,), or every class in turn."""
    z, y = codes(model, config), told(model, config.n, classes)
    parts = range(0, config.n, PART)
    return np.concatenate([decoded(model, z[at : at + PART], None if y is None else y[at : at + PART], config) for at in parts])


@torch.inference_mode()
def decoded(model: Drawer, z: torch.Tensor, y: torch.Tensor | None, config: DrawConfig | None = None) -> np.ndarray:
    """(K, coding) → (K, H, W[, 3]) uint8; of `config` the way counts on which a diffusion model takes the noise away."""
    if isinstance(model, Diffusion) and config is not None:
        *_, last = model.denoise(z, y, **way(config))
        return array(last)
    return array(model.decode(z, y))


def denoised(model: Diffusion, config: DrawConfig, classes: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """As `drawn`, after each step what the model expects to draw then."""
    steps = model.denoise(codes(model, config), told(model, config.n, classes), **way(config))
    while True:
        with torch.inference_mode():  # entered for each step, since others draw in between
            x = next(steps, None)
        if x is None:
            return
        yield array(x)


def told(model: Drawer, count: int, classes: np.ndarray | None = None) -> torch.Tensor | None:
    """(count,) the classes, or every one in turn; None of a model that is told none."""
    if not model.classes:
        return None
    return torch.arange(count) % model.classes if classes is None else torch.from_numpy(np.asarray(classes)).long()


def way(config: DrawConfig) -> dict[str, Any]:
    """What of the options says how noise is taken away."""
    return {"steps": config.steps, "guidance": config.guidance, "chance": config.chance, "seed": config.seed}
