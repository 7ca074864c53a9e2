"""Figures of an image model on images it has not seen, batch by batch and always with the same draws."""

from collections.abc import Callable

import numpy as np
import torch

from genhub.images import damage
from genhub.images.coder import Coder, squared_error
from genhub.images.judge import Judge
from genhub.images.pixels import Images, array, tensor
from genhub.images.task import ACTIVE

BATCH = 500
SEED = 0


def _batches(images: Images):
    for at in range(0, len(images), BATCH):
        part = images.part(slice(at, at + BATCH))
        yield tensor(part.x), None if part.y is None else torch.from_numpy(part.y.astype(np.int64))


@torch.inference_mode()
def codes(model: Coder, images: Images) -> np.ndarray:
    """(N, coding) float32."""
    return np.concatenate([model.code(x, y).float().numpy() for x, y in _batches(images)])


@torch.inference_mode()
def errors(model: Coder, images: Images, hurt: Callable[[torch.Tensor], torch.Tensor] = lambda x: x) -> np.ndarray:
    """(N,) squared errors of reconstructions, means over the pixels, intensities from 0 to 1. `hurt`: what happens to an image before the
    model sees it."""
    return np.concatenate([squared_error(x, model.reconstruct(hurt(x), y)).numpy() for x, y in _batches(images)])


def reconstruction(model: Coder, images: Images, hurt: Callable[[torch.Tensor], torch.Tensor] = lambda x: x) -> float:
    """The mean of `errors`."""
    return float(errors(model, images, hurt).mean(dtype=np.float64))


def denoised(model: Coder, images: Images, kind: str, amount: float) -> float:
    """The same of damaged images, against the whole ones."""
    generator = torch.Generator().manual_seed(SEED)
    return reconstruction(model, images, lambda x: damage.KINDS[kind](x, amount, generator))


@torch.inference_mode()
def nats(model: Coder, images: Images, draws: int = 4) -> dict[str, float]:
    """−ELBO of a VAE by term, in nats an image: {reconstruction, kl, total}; of the terms by which it learns, one draw being little,
    the mean of some. `active`: dimensions whose mean varies over the images (Burda et al. 2016)."""
    torch.manual_seed(SEED)
    sums, means = {"reconstruction": 0.0, "kl": 0.0}, []
    for x, y in _batches(images):
        for draw in range(draws):
            terms = model.terms(x, y)
            for name in sums:
                sums[name] += float(terms[name].sum()) / draws
            if not draw:
                means.append(terms["mu"])
    found = {name: value / len(images) for name, value in sums.items()}
    active = int((torch.cat(means).var(0) > ACTIVE).sum())
    return {**found, "total": sum(found.values()), "active": active}


@torch.inference_mode()
def accuracy(judge: Judge, images: Images) -> float:
    """Share of the images whose class the judge names."""
    right = sum(int((judge(x).argmax(1) == y).sum()) for x, y in _batches(images))
    return right / len(images)


@torch.inference_mode()
def obedience(model: Coder, judge: Judge, each: int = 200, temperature: float = 1.0) -> float:
    """Share of drawn images that the judge takes for the class that was asked for, `each` of every class."""
    generator = torch.Generator().manual_seed(SEED)
    y = torch.arange(model.classes).repeat_interleave(each)
    z = temperature * torch.randn(len(y), model.coding, generator=generator)
    drawn = Images(array(torch.cat([model.decode(*some) for some in zip(z.split(BATCH), y.split(BATCH), strict=True)])), y.numpy())
    return accuracy(judge, drawn)
