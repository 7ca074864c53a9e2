"""A pipeline of diffusers that somebody else has trained, as a diffusion model like ours: it draws, is walked through and enlarges a set as they do."""

from collections.abc import Mapping

from genhub.images.averaged import AveragedDrawer
from genhub.images.coder import Shape
from genhub.images.diffusion.unet import Diffusion


class Pipeline(Diffusion):
    """`unet`, `schedule`: the arguments of diffusers' UNet2DModel and DDIMScheduler. It is told no class."""

    def __init__(self, shape: Shape, coding: int = 0, *, unet: Mapping, schedule: Mapping):
        from diffusers import DDIMScheduler, UNet2DModel

        AveragedDrawer.__init__(self, shape, shape.pixels, 0)
        self.unet = UNet2DModel(**unet)
        self.schedule = DDIMScheduler(**schedule)
