"""A GAN that learns one step at a time, for looking at what each turn changes.

pair = Stepping(GANConfig(variant="dcgan"), images)
pair.learn(DISCRIMINATOR)       # or GENERATOR
pair.look()
"""

from dataclasses import dataclass, replace

import numpy as np
import torch

from genhub.images.gans import losses, plans
from genhub.images.gans.task import DISCRIMINATOR, GENERATOR, GANTask
from genhub.images.material import gather
from genhub.images.pixels import Images, array, tensor
from genhub.training.configs import GANConfig
from genhub.training.optimizers import Optimizers

TURNS = (DISCRIMINATOR, GENERATOR)
BATCH = 64  # images of a step, at most: others wait for it
SHOWN = 16  # drawn images that are looked at, and real ones


@dataclass(frozen=True)
class Look:
    """drawn, real: (SHOWN, H, W[, 3]) uint8. wanted: (SHOWN, H, W, 3) uint8, what the generator is told to change in each drawn image: blue
    where it is to become brighter, red where darker, the stronger the more. believed_drawn, believed_real: see `GANTask.believed`. made:
    steps of each turn."""

    drawn: np.ndarray
    real: np.ndarray
    wanted: np.ndarray
    believed_drawn: list[float]
    believed_real: list[float]
    made: dict[str, int]


class Stepping:
    """Raises UserError as `gather` does. The generator that draws is the one that learns: there is no exponential moving average."""

    def __init__(self, config: GANConfig, images: Images):
        config = replace(config, average=0.0)
        material = gather(config, images)
        plan = plans.plan(config, material)
        self.task = GANTask(material.model, plans.rules(config), material.train, material.validation, None, plan.epochs)
        self.gan, self.batch, self.images = self.task.gan.train(), min(plan.batch_size, BATCH), material.train
        self.round = (DISCRIMINATOR,) * config.steps_of_discriminator + (GENERATOR,)
        self.random = np.random.default_rng(config.seed)
        group_of = {name: group for group, names in self.task.groups.items() for name in names}
        self.optimizer = Optimizers(dict(self.task.model.named_parameters()), group_of, plan, torch.device("cpu"))
        for group in self.optimizer.param_groups:
            group["lr"] = plan.phases[0].rates[group["name"]]
        self.made = dict.fromkeys(TURNS, 0)
        self.generator = torch.Generator().manual_seed(config.seed)  # what is shown draws from its own
        self.z = torch.randn(SHOWN, self.gan.coding, generator=self.generator)
        self.shown = self.images.part(self.random.permutation(len(self.images))[:SHOWN])

    @property
    def bytes(self) -> int:
        """About what it holds in memory: weights, their gradients and moments, images."""
        return 4 * 4 * sum(map(torch.numel, self.gan.parameters())) + self.images.x.nbytes

    def learn(self, turn: str) -> None:
        """One step of one of the two, on a batch drawn at random; the other one stays as it is."""
        self.gan.train()
        rows = self.random.integers(len(self.images), size=min(self.batch, len(self.images)))
        batch = self.task.train.batch(rows)
        self.task.begin_turn(turn)
        self.task.model.both = False
        self.task.model.train()
        loss = self.task.loss(self.task.model(batch), batch) / len(rows)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.made[turn] += 1

    def look(self) -> Look:
        """What is drawn of the same codes as always, and what the discriminator says of it and of the same real images."""
        count = len(self.shown)
        y = torch.arange(SHOWN) % self.gan.classes if self.gan.classes else None
        known = torch.from_numpy(self.shown.y.astype(np.int64)) if self.gan.classes else None
        self.gan.discriminator.eval().requires_grad_(False)
        with torch.no_grad():
            drawn = self.gan.draw(self.z, y)
        given = drawn.detach().clone().requires_grad_()
        said = self.gan.believe(given, y)
        (slope,) = torch.autograd.grad(losses.generator_loss(self.task.rules.loss, said).sum(), given)
        with torch.no_grad():
            real = self.task.believed(self.gan.believe(tensor(self.shown.x[:count]), known))
        believed = self.task.believed(said.detach())
        return Look(array(drawn), self.shown.x, _signed(-slope), _numbers(believed), _numbers(real), dict(self.made))


def _signed(change: torch.Tensor) -> np.ndarray:
    """(N, C, H, W) of any size → (N, H, W, 3) uint8: white for nothing, blue upwards, red downwards; each image by its own largest value."""
    one = change.detach().float().mean(1)
    one = one / one.abs().amax((1, 2), keepdim=True).clamp(min=1e-12)
    up, down = one.clamp(min=0), (-one).clamp(min=0)
    colours = torch.stack([1 - up, 1 - up - down, 1 - down], -1)
    return (colours.clamp(0, 1) * 255).round().byte().numpy()


def _numbers(values: torch.Tensor) -> list[float]:
    return [round(float(value), 4) for value in values]
