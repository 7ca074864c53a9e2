"""A small diffusion model (Ho et al. 2020). Noise is added to an image in a thousand steps until nothing of it is left; a U-Net, as diffusers has it,
learns to say which noise it was. Drawing goes the way back, from pure noise, in as few steps as one likes (DDIM, Song et al. 2021).

    x_t = √ᾱ_t · x + √(1 − ᾱ_t) · ε,   loss ‖ε − ε̂(x_t, t)‖² a pixel,   ᾱ falling as a cosine (Nichol & Dhariwal 2021)

A conditional model is told the class, and one time in ten that there is none, so that it can be guided: ε̂ = ε̂(∅) + w · (ε̂(y) − ε̂(∅)) (Ho & Salimans
2022). The code of an image is the noise that it is drawn from, as many numbers as it has pixels.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import nn

from genhub.images.averaged import AveragedDrawer
from genhub.images.coder import Shape
from genhub.training import draws

TIMES = 1_000
SCHEDULE = {"num_train_timesteps": TIMES, "beta_schedule": "squaredcos_cap_v2", "timestep_spacing": "trailing"}
STEPS = 25  # of a drawing, where nobody says
GUIDED = 400  # of TIMES: where there is more noise guidance does harm, and is left out (Kynkäänniemi et al. 2024)
UNTOLD = 0.1  # share of the images of which a conditional model is not told the class
GROUPS = 8


class Diffusion(AveragedDrawer):
    """`coding` is not chosen: it is the number of pixels. Sides must be multiples of 4. unet, schedule: of a network that is not ours the arguments
    of diffusers' UNet2DModel and DDIMScheduler, in place of `widths`."""

    draws = "unet"

    def __init__(
        self,
        shape: Shape,
        coding: int = 0,
        classes: int = 0,
        *,
        widths: Sequence[int] = (32, 64, 64),
        unet: Mapping | None = None,
        schedule: Mapping = SCHEDULE,
    ):
        from diffusers import DDIMScheduler, UNet2DModel

        super().__init__(shape, shape.pixels, classes)
        self.unet = UNet2DModel(**(_ours(shape, classes, widths) if unet is None else unet))
        self.schedule = DDIMScheduler(**schedule)  # for adding noise: a drawing has one of its own, for others draw in between

    def error(self, x: torch.Tensor, y: torch.Tensor | None, noise: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) from 0 to 1, noise of the same shape, (B,) whole numbers below TIMES → (B,) squared errors of the noise, a pixel."""
        noisy = self.schedule.add_noise(2 * x - 1, noise, times)
        return (self.network()(noisy, times, class_labels=y).sample.float() - noise).square().flatten(1).mean(1)

    def untold(self, y: torch.Tensor | None) -> torch.Tensor | None:
        """The classes, some of them hidden; None of a model without."""
        if not self.classes or y is None:
            return None
        hidden = draws.own(lambda rows: torch.rand(rows, device=y.device), len(y)) < UNTOLD
        return torch.where(hidden, torch.full_like(y, self.classes), y)

    def network(self) -> nn.Module:
        """That which learns while it learns, else the mean where one is kept."""
        return self.unet if self.training or self.average is None else self.average

    def denoise(
        self,
        z: torch.Tensor,
        y: torch.Tensor | None = None,
        *,
        steps: int = STEPS,
        guidance: float = 1.0,
        chance: float = 0.0,
        seed: int = 0,
    ) -> Iterator[torch.Tensor]:
        """(B, coding) → after each step the images that it expects then, (B, C, H, W) from 0 to 1; the last ones are drawn. guidance: w; 1: none.
        It counts where little noise is left, see GUIDED.
        chance: the share of the noise that comes anew at every step; 0: DDIM, 1: DDPM. What comes is a function of seed and code, so that
        an image is the same whatever is drawn beside it."""
        told = self.needed(y)
        schedule = type(self.schedule).from_config(self.schedule.config)
        schedule.set_timesteps(steps)
        generators = [torch.Generator().manual_seed(seed + zlib.crc32(code.numpy().tobytes())) for code in z.cpu()] if chance else []
        x = z.view(len(z), self.shape.channels, self.shape.height, self.shape.width)
        for time in schedule.timesteps:
            fresh = torch.stack([torch.randn(x.shape[1:], generator=one) for one in generators]).to(x.device) if chance else None
            strength = guidance if time < GUIDED else 1.0
            found = schedule.step(self.guided(x, time, told, strength), time, x, eta=chance, variance_noise=fresh)
            x = found.prev_sample
            yield ((found.pred_original_sample + 1) / 2).clamp(0, 1)

    def guided(self, x: torch.Tensor, time: torch.Tensor, y: torch.Tensor | None, guidance: float) -> torch.Tensor:
        """The noise that is expected in `x`."""
        times = time.expand(len(x)).to(x.device)
        if y is None or guidance == 1:
            return self.network()(x, times, class_labels=y).sample.float()
        both = torch.cat([y, torch.full_like(y, self.classes)])
        with_class, without = self.network()(x.repeat(2, 1, 1, 1), times.repeat(2), class_labels=both).sample.float().chunk(2)
        return without + guidance * (with_class - without)

    def decode(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        *_, last = self.denoise(z, y)
        return last


def _ours(shape: Shape, classes: int, widths: Sequence[int]) -> dict:
    """The arguments of our network."""
    return {
        "sample_size": (shape.height, shape.width),
        "in_channels": shape.channels,
        "out_channels": shape.channels,
        "block_out_channels": tuple(widths),
        "layers_per_block": 1,
        "down_block_types": ("DownBlock2D",) * (len(widths) - 1) + ("AttnDownBlock2D",),
        "up_block_types": ("AttnUpBlock2D",) + ("UpBlock2D",) * (len(widths) - 1),
        "attention_head_dim": GROUPS,
        "norm_num_groups": GROUPS,
        "num_class_embeds": classes + 1 if classes else None,  # the last one: no class
    }
