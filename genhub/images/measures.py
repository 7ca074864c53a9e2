"""How like real images drawn ones are: two sets of features (N, F) compared. Features are a judge's, see genhub/images/eye.py; a figure says
of whose and of how many images it is, for all of them depend on that.

    frechet_distance  of two normal distributions (FID, Heusel et al. 2017)
    precision_recall  shares of one set that lie within the other's reach (Kynkäänniemi et al. 2019)
    shares            of the classes among drawn images, by the nearest real ones
    closeness         how near drawn images come to those that were learnt from, beside how near unseen real ones come
    variety           the mean distance of two, beside that of two real ones
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

NEIGHBOURS = 3
VOTES = 5


@dataclass(frozen=True)
class Moments:
    """Of N features: mean (F,) and covariance (F, F), in float64."""

    mean: torch.Tensor
    covariance: torch.Tensor

    @classmethod
    def of(cls, features: torch.Tensor) -> "Moments":
        return cls.from_sums(len(features), features.double().sum(0), features.double().T @ features.double())

    @classmethod
    def from_sums(cls, count: float, sums: torch.Tensor, products: torch.Tensor) -> "Moments":
        """From Σ f (F,) and Σ f fᵀ (F, F), in float64."""
        mean = sums / count
        return cls(mean, (products - count * torch.outer(mean, mean)) / max(1.0, count - 1))


def frechet_distance(one: Moments, other: Moments) -> float:
    """‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½), not negative."""
    root = _root(one.covariance)
    both = torch.linalg.eigvalsh(root @ other.covariance @ root).clamp(min=0).sqrt().sum()
    apart = (one.mean - other.mean).square().sum()
    return max(0.0, float(apart + one.covariance.trace() + other.covariance.trace() - 2 * both))


def _root(covariance: torch.Tensor) -> torch.Tensor:
    values, vectors = torch.linalg.eigh(covariance)
    return vectors * values.clamp(min=0).sqrt() @ vectors.T


def precision_recall(real: torch.Tensor, drawn: torch.Tensor) -> tuple[float, float]:
    """(share of drawn images that lie among real ones, share of real ones that lie among drawn ones): within the distance of some image of the
    other set to its third neighbour there."""
    return _within(real, drawn), _within(drawn, real)


def _within(home: torch.Tensor, asked: torch.Tensor) -> float:
    reach = torch.cdist(home, home).kthvalue(min(NEIGHBOURS + 1, len(home)), dim=1).values  # the first neighbour is the image itself
    return float((torch.cdist(asked, home) <= reach).any(1).float().mean())


def shares(real: torch.Tensor, classes: torch.Tensor, drawn: torch.Tensor, count: int) -> list[float]:
    """Of `count` classes the share of drawn images whose nearest real ones are mostly of it."""
    return (torch.bincount(voted(real, classes, drawn, count), minlength=count) / len(drawn)).tolist()


def voted(real: torch.Tensor, classes: torch.Tensor, drawn: torch.Tensor, count: int) -> torch.Tensor:
    """(N,) the class of which most of the nearest real images of each drawn one are."""
    nearest = torch.cdist(drawn, real).topk(min(VOTES, len(real)), largest=False).indices
    votes = torch.nn.functional.one_hot(classes[nearest], count).sum(1)
    return votes.argmax(1)


def covered(found: Sequence[float], among: Sequence[float], least: float = 0.2) -> list[bool]:
    """Is each class drawn at least `least` as often as it is among real images?"""
    return [own >= least * real for own, real in zip(found, among, strict=True)]


def closeness(learnt: torch.Tensor, unseen: torch.Tensor, drawn: torch.Tensor) -> float:
    """The median distance of drawn images to the nearest one that was learnt from, over that of unseen real ones: about 1 for new images,
    near 0 for copies."""
    own, fair = (float(torch.cdist(some, learnt).min(1).values.median()) for some in (drawn, unseen))
    return own / fair if fair > 0 else 1.0


def variety(real: torch.Tensor, drawn: torch.Tensor) -> float:
    """The mean distance of two drawn images over that of two real ones: about 1 where they vary as much."""
    own, fair = (float(torch.pdist(some[:1_000]).mean()) for some in (drawn, real))
    return own / fair if fair > 0 else 1.0
