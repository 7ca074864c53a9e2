"""A GAN as the training loop sees it: the discriminator's turn and the generator's, and what is measured on images that neither learns from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from genhub.images.eye import Eye
from genhub.images.gans import losses
from genhub.images.gans.pair import GAN
from genhub.images.gans.replay import Replay
from genhub.images.measures import Moments, covered, frechet_distance
from genhub.images.pixels import Coded, Examples, Images
from genhub.training import draws
from genhub.training.configs.images import PROBABLE
from genhub.training.plan import Trainable

GENERATOR, DISCRIMINATOR, AVERAGE = "generator", "discriminator", "average"
MEANT = 2_000  # images by whose features classes are told apart


@dataclass(frozen=True)
class Rules:
    """How the two play. loss: see genhub/images/gans/losses.py. critics: steps of the discriminator for one of the generator. penalty: what
    the gradient penalty counts. smoothing, noisy: of the targets. noise: standard deviation of what is added to all images that the
    discriminator sees, fading until the last epoch. replay: it also sees older fakes. average: how much an exponential moving average
    of the generator keeps of itself at a step; 0: there is none."""

    loss: str = "non-saturating"
    critics: int = 1
    penalty: float = 0.0
    smoothing: float = 0.0
    noisy: bool = False
    noise: float = 0.0
    replay: bool = False
    average: float = 0.0


class _Turns(nn.Module):
    """A pair called as the loop calls models: what the discriminator says of images, in the turn of one of them. `both`: the generator learns
    in this step too, from the images that the discriminator has just seen."""

    def __init__(self, gan: GAN, rules: Rules):
        super().__init__()
        self.gan, self.rules = gan, rules
        self.turn, self.both = DISCRIMINATOR, True
        self.noise = rules.noise
        self.replay = Replay() if rules.replay else None
        self.drawn: torch.Tensor | None = None

    def forward(self, batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        x, y = batch["x"], batch.get("y")
        if not self.training:
            return self.watch(x, y, batch.get("z"))
        return self.deceive(len(x), y) if self.turn == GENERATOR else self.discern(x, y)

    def discern(self, x: torch.Tensor, y: torch.Tensor | None) -> dict[str, torch.Tensor]:
        with torch.set_grad_enabled(self.both):
            drawn = self.draw(len(x), y)
        self.drawn = drawn if self.both else None
        drawn = drawn.detach()
        shown, told = self.replay.mixed(drawn, y) if self.replay else (drawn, y)
        found = {"real": self.gan.believe(self.disturbed(x), y), "fake": self.gan.believe(self.disturbed(shown), told)}
        if self.rules.penalty:
            with torch.autocast(x.device.type, enabled=False):
                found["penalty"] = losses.gradient_penalty(lambda between: self.gan.believe(between, y), x, drawn)
        return found

    def deceive(self, count: int, y: torch.Tensor | None) -> dict[str, torch.Tensor]:
        drawn = self.draw(count, y) if self.drawn is None else self.drawn
        self.drawn = None
        return {"fake": self.gan.believe(self.disturbed(drawn), y)}

    def draw(self, count: int, y: torch.Tensor | None) -> torch.Tensor:
        like = next(self.gan.generator.parameters())
        codes = draws.own(lambda rows: torch.randn(rows, self.gan.coding, device=like.device), count)
        return self.gan.draw(codes, y)

    def disturbed(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.noise * draws.randn_like(x) if self.noise else x

    def watch(self, x: torch.Tensor, y: torch.Tensor | None, z: torch.Tensor | None) -> dict[str, torch.Tensor]:
        z = torch.randn(len(x), self.gan.coding, device=x.device) if z is None else z
        drawn = self.gan.decode(z, y)
        return {"drawn": drawn, "real": self.gan.believe(x, y), "fake": self.gan.believe(drawn, y)}


class GANTask(Trainable):
    """Each step the discriminator learns, and the generator in every `rules.critics`-th. The best epoch is the one whose drawn images are nearest
    to real ones by the eye's features; of images with classes those of the real ones are drawn. Without an eye nothing can be measured."""

    def __init__(self, gan: GAN, rules: Rules, train: Images, validation: Images, eye: Eye | None, epochs: int):
        self.gan, self.rules, self.eye, self.epochs = gan.to(memory_format=torch.channels_last), rules, eye, epochs
        if rules.average:
            gan.keep_average()
        self.model = _Turns(gan, rules)
        self.train, self.validation = Examples(train), Coded(validation, gan.coding)
        names = [name for name, _ in self.model.named_parameters()]
        parts = (GENERATOR, DISCRIMINATOR, AVERAGE)
        self.groups = {part: [name for name in names if name.startswith(f"gan.{part}.")] for part in parts}
        self.tallies: dict[str, torch.Tensor] = {}
        self.means, self.usual = _class_means(eye, train)
        self.lost: list[str] = []

    # --- the turns --------------------------------------------------------------------------------------------------

    def turns(self, step: int) -> Sequence[str]:
        self.model.both = (step + 1) % self.rules.critics == 0
        return (DISCRIMINATOR, GENERATOR) if self.model.both else (DISCRIMINATOR,)

    def begin_turn(self, turn: str) -> None:
        self.model.turn = turn
        self.gan.discriminator.requires_grad_(turn == DISCRIMINATOR)  # the generator's gradient passes through it and leaves nothing

    def loss(self, outputs: Mapping[str, torch.Tensor], batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        rules = self.rules
        if self.model.turn == GENERATOR:
            each = losses.generator_loss(rules.loss, outputs["fake"])
            self.tally("g_loss", each)
            return each.sum()
        real, fake = outputs["real"], outputs["fake"]
        each = losses.discriminator_loss(rules.loss, real, fake, smoothing=rules.smoothing, noisy=rules.noisy)
        if "penalty" in outputs:
            each = each + rules.penalty * outputs["penalty"]
            self.tally("penalty", outputs["penalty"])
        self.tally("d_loss", each)
        for name, logits in (("d_real", real), ("d_fake", fake)):
            self.tally(name, self.believed(logits))
        return each.sum()

    def believed(self, logits: torch.Tensor) -> torch.Tensor:
        """The probability of being real, of 0 to 1; of a loss that knows none (see `configs.images.PROBABLE`) what is said."""
        if self.rules.loss == "least-squares":
            return logits.clamp(0, 1)
        return logits.sigmoid() if self.rules.loss in PROBABLE else logits

    def after_turn(self, turn: str, norm: torch.Tensor) -> None:
        self.tally("g_norm" if turn == GENERATOR else "d_norm", norm)

    def after_step(self, step: int) -> None:
        if self.rules.average and self.model.both:
            self.gan.move_average(self.rules.average, step // self.rules.critics)

    def begin_epoch(self, epoch: int) -> None:
        self.model.noise = self.rules.noise * (1 - epoch / self.epochs)

    # --- figures ----------------------------------------------------------------------------------------------------

    def tally(self, name: str, values: torch.Tensor) -> None:
        values = values.detach().float().mean()
        before = self.tallies.get(name)
        one = torch.stack([values, torch.ones_like(values)])
        self.tallies[name] = one if before is None else before + one

    def told(self) -> dict[str, float]:
        """Means: d_loss, g_loss, penalty; d_real, d_fake: what the discriminator believes of real images and of fake ones, see `believed`; d_norm,
        g_norm: of the gradients."""
        found = {name: float(total / count) for name, (total, count) in self.tallies.items()}
        self.tallies = {}
        return found

    def measure(self, outputs: Mapping[str, torch.Tensor], batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Images, what is believed of real and of drawn ones, how many of the drawn are nearest to each class' mean, and of the features of
        both the sums and the sums of products."""
        believed = [self.believed(outputs[name]).double().sum()[None] for name in ("real", "fake")]
        sums = [torch.tensor([float(len(batch["x"]))], dtype=torch.float64, device=batch["x"].device), *believed]
        real, drawn = (self.eye.features(x).double() for x in (batch["x"], outputs["drawn"]))
        nearest = torch.cdist(drawn, self.means.to(drawn.device)).argmin(1) if len(self.means) else drawn.new_zeros(0, dtype=torch.long)
        sums.append(torch.bincount(nearest, minlength=len(self.means)).double())
        for features in (real, drawn):
            sums += [features.sum(0), (features.T @ features).flatten()]
        return torch.cat(sums)

    def summary(self, sums: Sequence[float]) -> dict[str, float]:
        """judge_fid, which is also the "val_loss" by which the best epoch is chosen; val_real, val_fake as `told`; variety: the variance of drawn
        images' features over that of real ones; classes_drawn, where there are classes."""
        count, real, fake = sums[:3]
        classes, rest = sums[3 : 3 + len(self.means)], torch.tensor(sums[3 + len(self.means) :], dtype=torch.float64)
        size = round((1 + 2 * len(rest)) ** 0.5 - 1) // 2  # each half has size + size² numbers
        of_real, drawn = (Moments.from_sums(count, half[:size], half[size:].view(size, size)) for half in rest.chunk(2))
        distance = frechet_distance(of_real, drawn)
        figures = {"val_loss": distance, "judge_fid": distance, "val_real": real / count, "val_fake": fake / count}
        figures["variety"] = float(drawn.covariance.trace() / of_real.covariance.trace().clamp(min=1e-12))
        if classes:
            there = covered([number / count for number in classes], self.usual)
            self.lost = [name for name, is_there in zip(self.train.images.names, there, strict=True) if not is_there]
            figures["classes_drawn"] = float(sum(there))
        return figures

    # --- checkpoints ------------------------------------------------------------------------------------------------

    def extra_state(self) -> dict[str, torch.Tensor]:
        old = self.model.replay.state() if self.model.replay else {}
        return {f"tally/{name}": tensor for name, tensor in self.tallies.items()} | {f"replay/{name}": kept for name, kept in old.items()}

    def set_extra_state(self, tensors: Mapping[str, torch.Tensor]) -> None:
        parts: dict[str, dict[str, torch.Tensor]] = {"tally": {}, "replay": {}}
        for key, tensor in tensors.items():
            part, _, name = key.partition("/")
            parts[part][name] = tensor
        self.tallies = parts["tally"]
        if self.model.replay:
            self.model.replay.set_state(parts["replay"])


def _class_means(eye: Eye | None, images: Images) -> tuple[torch.Tensor, list[float]]:
    """Of each class the mean of its images' features (K, F), in float64, and its share among those that are nearest to the means; nothing where
    there are fewer than two classes."""
    if eye is None or images.y is None or len(images.names) < 2:
        return torch.zeros(0), []
    some = images.part(slice(0, MEANT))
    features, classes = eye.of(some.x).double(), torch.from_numpy(some.y.astype(np.int64))
    means = torch.stack(
        [features[classes == one].mean(0) if (classes == one).any() else features.mean(0) for one in range(len(images.names))]
    )
    nearest = torch.bincount(torch.cdist(features, means).argmin(1), minlength=len(means))
    return means, (nearest / len(some)).tolist()
