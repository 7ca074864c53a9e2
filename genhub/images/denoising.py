"""The denoising autoencoder: it sees a damaged image and is to give back the whole one (Vincent et al. 2008)."""

import torch

from genhub.images import damage
from genhub.images.coder import Shape, Terms, squared_error
from genhub.images.dense import DenseAutoencoder


class DenoisingAutoencoder(DenseAutoencoder):
    """A stacked autoencoder that is trained on damaged images; judged, as in the course, on whole ones. kind: of `damage.KINDS`."""

    def __init__(self, shape: Shape, coding: int, kind: str = "gaussian", amount: float = 0.2):
        super().__init__(shape, coding)
        self.kind, self.amount = kind, amount

    def terms(self, x: torch.Tensor, y: torch.Tensor | None = None) -> Terms:
        seen = damage.KINDS[self.kind](x, self.amount, None) if self.training else x
        return {"reconstruction": squared_error(x, self.pixels(self.code(seen)))}
