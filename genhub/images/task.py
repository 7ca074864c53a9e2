"""An image model as the training loop sees it: the terms of its loss, and which dimensions of a code are in use."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from genhub.images.coder import Coder
from genhub.images.judge import Judge
from genhub.images.pixels import Examples
from genhub.training.plan import Trainable

ALL = "all"
ACTIVE = 0.01  # variance of a dimension's mean over the images above which it says something (Burda et al. 2016)


class _Terms(nn.Module):
    """A coder called as the loop calls models."""

    def __init__(self, coder: Coder):
        super().__init__()
        self.coder = coder

    def forward(self, batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return self.coder.terms(batch["x"], batch.get("y"))


class CoderTask(Trainable):
    """Every term summed over the images, each counting what the model says it does."""

    def __init__(self, coder: Coder, train: Examples, validation: Examples):
        self.coder = coder.to(memory_format=torch.channels_last)
        self.model = _Terms(self.coder)
        self.train, self.validation = train, validation
        self.groups = {ALL: [name for name, tensor in self.model.named_parameters() if tensor.requires_grad]}

    def loss(self, outputs: Mapping[str, torch.Tensor], batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return sum(weight * outputs[name].sum() for name, weight in self.coder.weights.items())

    def measure(self, outputs: Mapping[str, torch.Tensor], batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Images, each term, and of a VAE's means the sums and the sums of squares."""
        sums = [torch.tensor([float(len(batch["x"]))], device=batch["x"].device)]
        sums += [outputs[name].sum()[None] for name in self.coder.weights]
        if "mu" in outputs:
            mu = outputs["mu"].float()
            sums += [mu.sum(0), mu.square().sum(0)]
        return torch.cat(sums)

    def summary(self, sums: Sequence[float]) -> dict[str, float]:
        """The loss, and each of its terms as it counts there."""
        count, names = sums[0], list(self.coder.weights)
        counted = {name: self.coder.weights[name] * total / count for name, total in zip(names, sums[1:], strict=False)}
        figures = {"val_loss": sum(counted.values())}
        figures |= {f"val_{name}": value for name, value in counted.items()} if len(names) > 1 else {}
        rest = torch.tensor(sums[1 + len(names) :]) / count
        if len(rest):
            mean, square = rest.chunk(2)
            figures["active_units"] = float((square - mean.square() > ACTIVE).sum())
        return figures


class LayerwiseTask(CoderTask):
    """One pair of layers after the other learns, on the codes of those before it, and then all of them. Phases have a group each."""

    def __init__(self, coder: Coder, train: Examples, validation: Examples, epochs: Sequence[int]):
        super().__init__(coder, train, validation)
        pairs = len(coder.encoder)
        self.groups = {
            pair_name(number): [
                *(f"coder.encoder.{number}.{end}" for end in ("weight", "bias")),
                *(f"coder.decoder.{pairs - 1 - number}.{end}" for end in ("weight", "bias")),
            ]
            for number in range(pairs)
        }
        self.depths = [min(number + 1, pairs) for number, count in enumerate(epochs) for _ in range(count)]

    def begin_epoch(self, epoch: int) -> None:
        self.coder.depth = self.depths[epoch]

    def summary(self, sums: Sequence[float]) -> dict[str, float]:
        return {**super().summary(sums), "depth": float(self.coder.depth)}

    def better(self, figures: Mapping[str, float], best: Mapping[str, float]) -> bool:
        """A deeper model has a shorter code: its loss says nothing beside that of a shallower one."""
        if figures["depth"] != best["depth"]:
            return figures["depth"] > best["depth"]
        return super().better(figures, best)


def pair_name(number: int) -> str:
    """The group of a pair of layers, from the outside in."""
    return f"pair {number + 1}"


class JudgeTask(Trainable):
    """Cross-entropy of the class; the best epoch is the one with the most right answers."""

    def __init__(self, judge: Judge, train: Examples, validation: Examples):
        self.judge = judge.to(memory_format=torch.channels_last)
        self.model = _Called(judge)
        self.train, self.validation = train, validation
        self.groups = {ALL: [name for name, _ in self.model.named_parameters()]}

    def loss(self, outputs: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return nn.functional.cross_entropy(outputs.float(), batch["y"], reduction="sum")

    def measure(self, outputs: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        right = (outputs.argmax(1) == batch["y"]).sum()
        return torch.stack([torch.tensor(float(len(outputs))), self.loss(outputs, batch), right.float()])

    def summary(self, sums: Sequence[float]) -> dict[str, float]:
        count, loss, right = sums
        return {"val_loss": loss / count, "val_accuracy": right / count}

    def better(self, figures: Mapping[str, float], best: Mapping[str, float]) -> bool:
        return figures["val_accuracy"] > best["val_accuracy"]


class _Called(nn.Module):
    def __init__(self, judge: Judge):
        super().__init__()
        self.judge = judge

    def forward(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return self.judge(batch["x"])
