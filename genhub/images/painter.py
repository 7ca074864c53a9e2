"""A trained image model with all that is known of it: what draws, gives back and explains images.

painter = open_painter(folder)      # of a run, or of an embedded model
painter.model, painter.names, painter.plane
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from genhub import steps
from genhub.errors import UserError
from genhub.images import drawing, latent, stored
from genhub.images.coder import Coder, Drawer, parameters, squared_error
from genhub.images.diffusion.unet import Diffusion
from genhub.images.judge import Judge
from genhub.images.pixels import Images, array, tensor
from genhub.training.configs import DrawConfig
from genhub.training.outcome import MODEL


@dataclass(frozen=True)
class Painter:
    """names: of the classes. learnt: numbers that the model's training has found. folder: where `latent.FILE` lies, if anywhere."""

    model: Drawer
    names: tuple[str, ...]
    learnt: int
    folder: Path

    @property
    def denoises(self) -> bool:
        """Does it draw in steps?"""
        return isinstance(self.model, Diffusion)

    @property
    def reads(self) -> bool:
        """Does it have an encoder?"""
        return isinstance(self.model, Coder)

    @property
    def reader(self) -> Coder:
        """The model as one that images are given to. Raises UserError for one that only draws."""
        if not isinstance(self.model, Coder):
            what = "This model reads no images: it has no encoder."
            raise UserError(what, "It draws images of codes.", "Choose an autoencoder or a VAE.", "model")
        return self.model

    @property
    def mapped(self) -> bool:
        """Is anything known of images that it has not learnt from?"""
        return (self.folder / latent.FILE).exists()

    @cached_property
    def plane(self) -> latent.Plane:
        """Raises UserError where there is no map."""
        return latent.load(self.folder)

    def number(self, label: str) -> int:
        """Of a class by its name; of none the first. Raises UserError for what is not a class."""
        if label and label not in self.names:
            limit = f"Classes: {', '.join(self.names[:50])}." if self.names else "Nobody named any."
            raise UserError(f"There is no class “{label[:80]}”.", limit, "Choose one of them.", "label")
        return self.names.index(label) if label else 0

    def told(self, label: str) -> str:
        """The class by its name that the model is told for `label`; "" of a model that is told none."""
        return self.names[self.number(label)] if self.model.classes else ""

    def classes(self, count: int, label: str):
        """(count,) numbers of the class that a drawing asks for, every class in turn where it asks for none; None of a model that is told
        none. Raises UserError for a model that cannot draw, and for a class that there is not."""
        if not self.model.generative:
            what = "An autoencoder is not made to draw images."
            raise UserError(what, "Its codes lie wherever training left them.", "Train a VAE.", "run")
        if not self.model.classes:
            if label:
                raise UserError("This model is told no class.", "A conditional one is.", "Leave the class out.", "label")
            return None
        return np.full(count, self.number(label)) if label else np.arange(count) % len(self.names)

    def draw(self, config: DrawConfig) -> tuple[np.ndarray, np.ndarray | None]:
        """Images (n, H, W[, 3]) uint8, and their `classes`. Raises UserError as those do."""
        return steps.result(self.drawing(config))

    def drawing(self, config: DrawConfig) -> Generator[int, None, tuple[np.ndarray, np.ndarray | None]]:
        """As `draw`, so that others can draw in between; yields how many images are done."""
        asked = self.classes(config.n, config.label)
        return (yield from drawing.drawing(self.model, config, asked)), asked

    def set_of(self, each: int, config: DrawConfig, most: int) -> DrawConfig:
        """The options with which `each` images of every class that the model is told are drawn, or of the one that is asked for. Raises
        UserError for more than `most` in all."""
        classes = 1 if config.label else max(1, self.model.classes)
        if each * classes > most:
            times = f"{classes} classes of {each:,} images" if classes > 1 else f"{each:,} images"
            remedy = f"Ask for {max(1, most // classes):,}."
            raise UserError(f"{times} are too many at once.", f"At most {most:,} in all.", remedy, "each")
        return replace(config, n=each * classes)

    def decode(self, codes: np.ndarray, label: str = "") -> np.ndarray:
        """(K, D) → (K, H, W[, 3]) uint8."""
        return steps.result(self.decoding(codes, label))

    def decoding(self, codes: np.ndarray, label: str = "", config: DrawConfig | None = None) -> Generator[None, None, np.ndarray]:
        """As `decode`, so that others can draw in between; `config`: see `drawing.decoding`."""
        z = torch.from_numpy(np.asarray(codes, np.float32))
        return drawing.decoding(self.model, z, self._told(len(z), label), config)

    @torch.inference_mode()
    def encode(self, x: torch.Tensor, label: str = "") -> np.ndarray:
        """(K, C, H, W) → codes (K, D)."""
        return self.reader.code(x, self._told(len(x), label)).float().numpy()

    @torch.inference_mode()
    def give_back(self, x: torch.Tensor, whole: torch.Tensor, label: str = "") -> tuple[np.ndarray, np.ndarray]:
        """Images (K, H, W[, 3]) uint8 that become of `x` (K, C, H, W), and their squared errors (K,) to `whole`."""
        back = self.reader.reconstruct(x, self._told(len(x), label))
        return array(back), squared_error(whole, back).numpy()

    def closest(self, x: torch.Tensor, whole: torch.Tensor) -> torch.Tensor:
        """(K,) numbers of the classes with which a conditional model gives each of `x` back best, nobody having said what it is."""
        errors = [self.give_back(x, whole, name)[1] for name in self.names]
        return torch.from_numpy(np.stack(errors).argmin(0))

    @torch.inference_mode()
    def back(self, images: Images) -> tuple[np.ndarray, np.ndarray]:
        """As `give_back`, of whole images (K); a conditional model is told their classes by name, or the closest ones where it does not know
        all of them."""
        x, told = tensor(images.x), None
        if self.model.classes and images.y is not None and set(images.names) <= set(self.names):
            told = torch.tensor([self.names.index(name) for name in images.names])[torch.from_numpy(images.y.astype(np.int64))]
        elif self.model.classes:
            told = self.closest(x, x)
        back = self.reader.reconstruct(x, told)
        return array(back), squared_error(x, back).numpy()

    def _told(self, count: int, label: str):
        return torch.full((count,), self.number(label)) if self.model.classes else None


def open_painter(folder: Path) -> Painter:
    """From a run's folder or from that of a model alone. Raises UserError for a folder without an image model, and for a judge."""
    home = folder / MODEL if (folder / MODEL).is_dir() else folder
    model = stored.load(home)
    if isinstance(model, Judge):
        raise UserError("A judge draws nothing.", "It tells what is on an image.", "Choose another model.", "model")
    with torch.device("meta"):
        learnt = parameters(stored.fresh(stored.blueprint_of(home)))  # of what was loaded, nothing learns
    return Painter(model, stored.names_of(home), learnt, folder)
