"""The autoencoder of latent diffusion (Rombach et al. 2022), as diffusers has it and Stable Diffusion uses it, in a small size.

Residual blocks with group normalisation in place of plain convolutions, and a code that is a picture itself: a quarter as wide and high
as the image, `channels` deep. Its loss has a squared error and a KL that counts almost nothing (β = 10⁻⁶ in the paper; here an option):
the code is to keep the image, and another model learns to draw codes.
"""

import torch

from genhub.images.coder import Coder, Shape, Terms, squared_error
from genhub.images.vae import LARGEST_LOG_VAR, Posterior

WIDTHS = (16, 32, 64)  # of the three levels; two steps between them halve the sides
GROUPS = 8


class KLAutoencoder(Coder):
    """`coding`: a multiple of the small picture's size. Sides must be multiples of 4."""

    generative = True

    def __init__(self, shape: Shape, coding: int | None = None, beta: float = 1e-3):
        from diffusers import AutoencoderKL

        height, width = shape.height // 4, shape.width // 4
        channels = max(1, round((coding or height * width) / (height * width)))
        super().__init__(shape, channels * height * width)
        self.small = (channels, height, width)
        self.weights = {"reconstruction": 1.0, "kl": beta / shape.pixels}
        self.model = AutoencoderKL(
            in_channels=shape.channels,
            out_channels=shape.channels,
            down_block_types=("DownEncoderBlock2D",) * len(WIDTHS),
            up_block_types=("UpDecoderBlock2D",) * len(WIDTHS),
            block_out_channels=WIDTHS,
            latent_channels=channels,
            norm_num_groups=GROUPS,
            mid_block_add_attention=False,
        )

    def encode(self, x: torch.Tensor) -> Posterior:
        found = self.model.encode(2 * x - 1).latent_dist  # it wants −1 to 1
        return Posterior(found.mean.flatten(1).float(), found.logvar.flatten(1).float().clamp(max=LARGEST_LOG_VAR))

    def code(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        return self.encode(x).mu

    def pixels(self, z: torch.Tensor) -> torch.Tensor:
        return (self.model.decode(z.unflatten(1, self.small)).sample + 1) / 2

    def decode(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        return self.pixels(z).clamp(0, 1)

    def terms(self, x: torch.Tensor, y: torch.Tensor | None = None) -> Terms:
        posterior = self.encode(x)
        drawn = self.pixels(posterior.sample())
        return {"reconstruction": squared_error(x, drawn), "kl": posterior.kl().sum(1), "mu": posterior.mu.detach()}
