"""Pictures of what a model that only draws makes on its way, from the same codes again and again. Beside each lies where real images and drawn
ones lie then, as an eye sees them: on the plane on which the real ones vary most."""

from pathlib import Path

import numpy as np
import torch

from genhub.data.image_sets import grid, usual_gap
from genhub.events import Sample
from genhub.images.coder import Drawer
from genhub.images.diffusion.unet import Diffusion
from genhub.images.eye import Eye
from genhub.images.film import DIGITS, MAPPED, Reel
from genhub.images.pixels import Images, array

COLUMNS, SHOWN = 10, 60
STEPS = 10  # of a drawing that takes noise away: one moment of the film, not the best it can do
DRAWN = "drawn"  # what the drawn images are called among the classes


class Film(Reel):
    def __init__(self, run: Path, model: Drawer, images: Images, eye: Eye, seed: int):
        super().__init__(run, model)
        self.denoises = isinstance(model, Diffusion)
        count = SHOWN if self.denoises else max(SHOWN, min(MAPPED, len(images)))
        self.codes = torch.randn(count, model.coding, generator=torch.Generator().manual_seed(seed))
        self.classes = torch.arange(len(self.codes)) % model.classes if model.classes else None
        self.eye, self.images = eye, images.part(slice(0, MAPPED))
        self.side = images.x.shape[1]
        features = eye.of(self.images.x)
        self.middle = features.mean(0)
        _, _, axes = torch.linalg.svd(features - self.middle, full_matrices=False)
        self.axes = axes[:2].T
        self.real = ((features - self.middle) @ self.axes).numpy()

        self.drawn = torch.zeros(0)

    def sample(self, step: int, part: str) -> Sample:
        self.drawn = self.drawn_now()  # once, for picture and map
        return super().sample(step, part)

    def drawn_now(self) -> torch.Tensor:
        """(N, C, H, W); in few steps where it takes steps."""
        with self.at_rest() as device:
            z, y = self.codes.to(device), None if self.classes is None else self.classes.to(device)
            if self.denoises:
                *_, last = self.model.denoise(z, y, steps=STEPS)
                return last
            return self.model.decode(z, y)

    def map(self, step: int) -> dict:
        """{places: [[x, y]], classes: of real images the number of each, -1 where nobody named any, of drawn ones that of DRAWN; names}."""
        places = ((self.eye.features(self.drawn).cpu() - self.middle) @ self.axes).numpy()
        places = np.nan_to_num(np.concatenate([self.real, places]), nan=0.0, posinf=0.0, neginf=0.0)
        names = [*self.images.names, DRAWN]
        real = [-1] * len(self.real) if self.images.y is None else self.images.y.tolist()
        classes = [*real, *[len(names) - 1] * len(self.drawn)]
        return {"places": np.round(places.astype(float), DIGITS).tolist(), "classes": classes, "names": names}

    def draw(self) -> np.ndarray:
        return grid(array(self.drawn[:SHOWN]), COLUMNS, usual_gap(self.side))
