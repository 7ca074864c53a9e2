"""Pictures of what a model makes on its way: the same images reconstructed and the same codes decoded, again and again.

Each is one PNG: above, images of the validation part and below each what became of it; of a VAE also drawn images. Beside it lies a file of
the same name ending in .json: where some images of the validation part lie then, as their codes do on a plane, each time turned so that it
is as near to the last time as can be.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from genhub.data.image_sets import grid, png, usual_gap
from genhub.events import Sample
from genhub.images.coder import Coder, Drawer
from genhub.images.pixels import Images, array, tensor
from genhub.jobs.folder import write_json

FRAMES = "frames"
SHOWN = 10  # images reconstructed
MAPPED = 300  # images on the map
DIGITS = 4
DRAWN = 30  # codes decoded


class Reel:
    """The sampler of a training; what its pictures show says who derives from it. `run`: the run's folder."""

    def __init__(self, run: Path, model: Drawer):
        self.run, self.model = run, model

    def sample(self, step: int, part: str) -> Sample:
        name = f"{FRAMES}/{step:06d}.png"
        path = self.run / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(png(self.draw()))
        write_json(path.with_suffix(".json"), self.map(step))
        return Sample(step, "", part=part, file=name)

    def draw(self) -> np.ndarray:
        """One picture."""
        raise NotImplementedError

    def map(self, step: int) -> dict:
        """What lies beside the picture: {places: [[x, y]], classes: the number of each, -1 where nobody named any; names}."""
        raise NotImplementedError

    @contextmanager
    def at_rest(self) -> Iterator[torch.device]:
        """The model as it is used, without gradients; then it goes on as it was. Yields where it is."""
        training = self.model.training
        self.model.eval()
        try:
            with torch.inference_mode():
                yield next(self.model.parameters()).device
        finally:
            self.model.train(training)


class Film(Reel):
    """Of a model with an encoder."""

    def __init__(self, run: Path, model: Coder, images: Images, seed: int):
        super().__init__(run, model)
        self.images, self.mapped = images.part(slice(0, SHOWN)), images.part(slice(0, MAPPED))
        self.places: np.ndarray | None = None
        generator = torch.Generator().manual_seed(seed)
        self.codes = torch.randn(DRAWN, model.coding, generator=generator) if model.generative else None
        self.classes = torch.arange(DRAWN) % model.classes if model.classes else None

    def _before(self, step: int) -> np.ndarray | None:
        """The places of the last map; after a resume, as it was written."""
        if self.places is None:
            written = [file for file in sorted((self.run / FRAMES).glob("*.json")) if int(file.stem) < step]
            return np.array(json.loads(written[-1].read_text())["places"], np.float32) if written else None
        return self.places

    def map(self, step: int) -> dict:
        """Where the codes of some images lie, turned to lie as they did before."""
        with self.at_rest() as device:
            x, y = _on(self.mapped, device)
            codes = self.model.code(x, y).float().cpu().numpy()
        codes = np.nan_to_num(codes, nan=0.0, posinf=0.0, neginf=0.0)  # of a model that has exploded, as the loop is about to say
        self.places = flat(codes, self._before(step))
        classes = [-1] * len(codes) if self.mapped.y is None else self.mapped.y.tolist()
        return {"places": np.round(self.places.astype(float), DIGITS).tolist(), "classes": classes, "names": list(self.mapped.names)}

    def draw(self) -> np.ndarray:
        """A row of images, one of reconstructions, and rows of drawn ones."""
        with self.at_rest() as device:
            rows = [self.images.x, array(self.model.reconstruct(*_on(self.images, device)))]
            if self.codes is not None:
                classes = None if self.classes is None else self.classes.to(device)
                rows.append(array(self.model.decode(self.codes.to(device), classes)))
        return grid(np.concatenate(rows), len(self.images), usual_gap(self.images.x.shape[1]))


def _on(images: Images, device: torch.device) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Images and classes as tensors on a device."""
    return tensor(images.x).to(device), None if images.y is None else torch.from_numpy(images.y).to(device)


def flat(codes: np.ndarray, before: np.ndarray | None = None) -> np.ndarray:
    """Codes (N, D) → places (N, 2): the codes themselves if they have two numbers, else on the plane of most variance, turned or mirrored so
    that they are nearest to `before` (orthogonal Procrustes, Schönemann 1966)."""
    if codes.shape[1] == 2:
        return codes
    middle = codes - codes.mean(0)
    left, sizes, _ = np.linalg.svd(middle, full_matrices=False)
    places = np.zeros((len(codes), 2), np.float32)
    found = (left * sizes)[:, :2]
    places[:, : found.shape[1]] = found
    if before is None:
        return places
    turn, _, back = np.linalg.svd(places.T @ before)
    return places @ (turn @ back)
