"""A diffusion model as the training loop sees it: how far off it is in telling noise from image, at all amounts of noise."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from genhub.images.diffusion.unet import TIMES, Diffusion
from genhub.images.pixels import Coded, Examples, Images
from genhub.training import draws
from genhub.training.plan import Trainable

NETWORK, AVERAGE = "unet", "average"
QUARTERS = 4  # of the way from image to noise, told apart


class _Errors(nn.Module):
    """A diffusion model called as the loop calls models. On images that it does not learn from noise and times are always the same."""

    def __init__(self, diffusion: Diffusion):
        super().__init__()
        self.diffusion = diffusion

    def forward(self, batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        x, y, model = batch["x"], batch.get("y"), self.diffusion
        if self.training or "z" not in batch:
            times = draws.own(lambda rows: torch.randint(0, TIMES, (rows,), device=x.device), len(x))
            return {"error": model.error(x, model.untold(y), draws.randn_like(x), times), "times": times}
        times = torch.linspace(0, TIMES - 1, len(x), device=x.device).long()
        return {"error": model.error(x, y if model.classes else None, batch["z"].view_as(x), times), "times": times}


class DiffusionTask(Trainable):
    """`average`: how much an exponential moving average of the network keeps of itself at a step; 0: there is none."""

    def __init__(self, diffusion: Diffusion, train: Images, validation: Images, average: float):
        self.diffusion, self.keeps = diffusion.to(memory_format=torch.channels_last), average
        if average:
            diffusion.keep_average()
        self.model = _Errors(diffusion)
        self.train, self.validation = Examples(train), Coded(validation, diffusion.coding)
        names = [name for name, _ in self.model.named_parameters()]
        self.groups = {part: [name for name in names if name.startswith(f"diffusion.{part}.")] for part in (NETWORK, AVERAGE)}

    def loss(self, outputs: Mapping[str, torch.Tensor], batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return outputs["error"].sum()

    def after_step(self, step: int) -> None:
        if self.keeps:
            self.diffusion.move_average(self.keeps, step)

    def measure(self, outputs: Mapping[str, torch.Tensor], batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Of each quarter of the way to noise images and errors."""
        quarter = outputs["times"] * QUARTERS // TIMES
        counts = torch.bincount(quarter, minlength=QUARTERS).float()
        return torch.cat([counts, torch.bincount(quarter, outputs["error"], minlength=QUARTERS).float()])

    def summary(self, sums: Sequence[float]) -> dict[str, float]:
        """val_loss; val_quarter_1 … 4: the same of images with little noise, …, with hardly anything else."""
        counts, errors = sums[:QUARTERS], sums[QUARTERS:]
        figures = {"val_loss": sum(errors) / sum(counts)}
        quarters = enumerate(zip(counts, errors, strict=True), start=1)
        return figures | {f"val_quarter_{number}": error / count for number, (count, error) in quarters if count}
