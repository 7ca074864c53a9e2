"""Pictures of what a model that only draws makes on its way, from the same codes again and again. Beside each lies where real images and drawn ones lie then, as an
eye sees them: on the plane on which the real ones vary most."""

from pathlib import Path

import numpy as np
import torch

from genhub.data.image_sets import grid, usual_gap
from genhub.images.coder import Drawer
from genhub.images.eye import Eye
from genhub.images.film import DIGITS, MAPPED, Reel
from genhub.images.pixels import Images, array

COLUMNS, ROWS = 10, 6
DRAWN = "drawn"  # what the drawn images are called among the classes


class Film(Reel):
    def __init__(self, run: Path, model: Drawer, images: Images, eye: Eye, seed: int):
        super().__init__(run, model)
        generator = torch.Generator().manual_seed(seed)
        self.codes = torch.randn(max(MAPPED, COLUMNS * ROWS), model.coding, generator=generator)
        self.classes = torch.arange(len(self.codes)) % model.classes if model.classes else None
        self.eye, self.images = eye, images.part(slice(0, MAPPED))
        self.side = images.x.shape[1]
        features = eye.of(self.images.x)
        self.middle = features.mean(0)
        _, _, axes = torch.linalg.svd(features - self.middle, full_matrices=False)
        self.axes = axes[:2].T
        self.real = ((features - self.middle) @ self.axes).numpy()

    def drawn(self, count: int) -> torch.Tensor:
        with self.at_rest() as device:
            classes = None if self.classes is None else self.classes[:count].to(device)
            return self.model.decode(self.codes[:count].to(device), classes)

    def map(self, step: int) -> dict:
        """{places: [[x, y]], classes: of real images the number of each, -1 where nobody named any, of drawn ones that of DRAWN; names}."""
        drawn = self.drawn(min(MAPPED, len(self.images)))
        places = ((self.eye.features(drawn).cpu() - self.middle) @ self.axes).numpy()
        places = np.nan_to_num(np.concatenate([self.real, places]), nan=0.0, posinf=0.0, neginf=0.0)
        names = [*self.images.names, DRAWN]
        real = [-1] * len(self.real) if self.images.y is None else self.images.y.tolist()
        classes = [*real, *[len(names) - 1] * len(drawn)]
        return {"places": np.round(places.astype(float), DIGITS).tolist(), "classes": classes, "names": names}

    def draw(self) -> np.ndarray:
        return grid(array(self.drawn(COLUMNS * ROWS)), COLUMNS, usual_gap(self.side))
