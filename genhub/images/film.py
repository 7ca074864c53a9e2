"""Pictures of what a model makes on its way: the same images reconstructed and the same codes decoded, again and again.

Each is one PNG: above, images of the validation part and below each what became of it; of a VAE also drawn images.
"""

from pathlib import Path

import numpy as np
import torch

from genhub.data.image_sets import grid, png, usual_gap
from genhub.events import Sample
from genhub.images.coder import Coder
from genhub.images.pixels import Images, array, tensor

FRAMES = "frames"
SHOWN = 10  # images reconstructed
DRAWN = 30  # codes decoded


class Film:
    """The sampler of a training. `run`: the run's folder."""

    def __init__(self, run: Path, model: Coder, images: Images, seed: int):
        self.run, self.model = run, model
        self.images = images.part(slice(0, SHOWN))
        generator = torch.Generator().manual_seed(seed)
        self.codes = torch.randn(DRAWN, model.coding, generator=generator) if model.generative else None
        self.classes = torch.arange(DRAWN) % model.classes if model.classes else None

    def sample(self, step: int, part: str) -> Sample:
        name = f"{FRAMES}/{step:06d}.png"
        path = self.run / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(png(self.draw()))
        return Sample(step, "", part=part, file=name)

    def draw(self) -> np.ndarray:
        """One picture: a row of images, one of reconstructions, and rows of drawn ones."""
        device, training = next(self.model.parameters()).device, self.model.training
        self.model.eval()
        try:
            with torch.inference_mode():
                y = None if self.images.y is None else torch.from_numpy(self.images.y).to(device)
                rows = [self.images.x, array(self.model.reconstruct(tensor(self.images.x).to(device), y))]
                if self.codes is not None:
                    classes = None if self.classes is None else self.classes.to(device)
                    rows.append(array(self.model.decode(self.codes.to(device), classes)))
        finally:
            self.model.train(training)
        return grid(np.concatenate(rows), len(self.images), usual_gap(self.images.x.shape[1]))
