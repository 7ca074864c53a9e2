"""A diffusion model as a folder that plain diffusers loads, without anything of ours.

save(model, folder, names)
pipeline = DDIMPipeline.from_pretrained(folder)
pipeline(batch_size=16, num_inference_steps=25).images      # of a model that is told no class
"""

import json
from collections.abc import Sequence
from pathlib import Path

from genhub.images.diffusion.unet import Diffusion

FILE = "draw.py"
_PLAIN = """\
# python draw.py    16 images as drawn.png. pip install torch diffusers
from diffusers import DDIMPipeline
from diffusers.utils import make_image_grid

pipeline = DDIMPipeline.from_pretrained(".")
images = pipeline(batch_size=16, num_inference_steps=25).images
make_image_grid(images, 4, 4).save("drawn.png")
"""
_TOLD = """\
# python draw.py    An image of every class as drawn.png. pip install torch diffusers
# DDIMPipeline loads this folder, but tells no classes: the loop below is what it does, with them and with guidance.
import torch
from diffusers import DDIMPipeline
from diffusers.utils import make_image_grid, numpy_to_pil

NAMES = {names}
GUIDANCE, GUIDED = 3.0, 400  # how much the class counts, and below which of the 1,000 times

pipeline = DDIMPipeline.from_pretrained(".")
unet, scheduler = pipeline.unet, pipeline.scheduler
size = unet.config.sample_size
y = torch.arange(len(NAMES))
nothing = torch.full_like(y, len(NAMES))  # the number that stands for no class
x = torch.randn(len(y), unet.config.in_channels, *size)
scheduler.set_timesteps(25)
with torch.inference_mode():
    for t in scheduler.timesteps:
        told, untold = unet(x.repeat(2, 1, 1, 1), t, class_labels=torch.cat([y, nothing])).sample.chunk(2)
        noise = untold + GUIDANCE * (told - untold) if t < GUIDED else told
        x = scheduler.step(noise, t, x).prev_sample
images = numpy_to_pil(((x + 1) / 2).clamp(0, 1).permute(0, 2, 3, 1).numpy())
make_image_grid(images, 1, len(images)).save("drawn.png")
"""


def save(model: Diffusion, folder: Path, names: Sequence[str] = ()) -> None:
    """Write model_index.json, unet/, scheduler/ and a script that draws; `names`: of the classes that the model is told."""
    from diffusers import DDIMPipeline

    DDIMPipeline(model.unet, model.schedule).save_pretrained(folder, safe_serialization=True)
    script = _TOLD.replace("{names}", json.dumps(list(names), ensure_ascii=False)) if model.classes else _PLAIN
    (folder / FILE).write_text(script, encoding="utf-8")
