"""Variants of images: a chain of operations is drawn for each, and done.

made = variant(chain, image, number=3, of=others)
made.image, made.drawn, made.share
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from genhub.augment.chain import Chain, generator
from genhub.augment.images.effects import EFFECTS, Drawn, done
from genhub.augment.images.table import IMAGES


@dataclass(frozen=True)
class Variant:
    """drawn: what was done, in its order, by name, with what was drawn for it. share: of its own label; the others go to those of `mixed`, numbers
    of the images that were mixed in."""

    image: np.ndarray
    drawn: tuple[tuple[str, Drawn], ...]
    shares: Mapping[int, float] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Of its own label."""
        return 1.0 - sum(self.shares.values())


def variant(chain: Chain, image: np.ndarray, number: int = 0, others: Sequence[np.ndarray] = (), which: int = 0) -> Variant:
    """(H, W[, 3]) uint8. The same for the same `number` of the same thing (`which`), whatever is made beside it. Mixtures take one of `others`, and
    are left out where there is none."""
    rng = generator(chain.seed, which, number)
    told: list[tuple[str, Drawn]] = []
    shares: dict[int, float] = {}
    waiting: list[tuple[str, Drawn]] = []
    for place in chain.drawn(rng):
        step = chain.steps[place]
        effect, amount = EFFECTS[step.name], step.amount if step.amount is not None else 0.0
        drawn = effect.draw(rng, amount)
        if effect.sort != "mix":
            waiting.append((step.name, drawn))
            told.append((step.name, drawn))
        elif len(others):
            image, waiting = done(image, waiting, chain.fill), []
            other = int(rng.integers(len(others)))
            image, own = effect.do(drawn, image, fitted(others[other], image))
            shares = {name: own * share for name, share in shares.items()}
            shares[other] = shares.get(other, 0.0) + 1 - own
            told.append((step.name, {**drawn, "other": other}))
    return Variant(done(image, waiting, chain.fill), tuple(told), shares)


def fitted(other: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Another image in the size and colours of one."""
    if other.ndim != image.ndim:
        other = cv2.cvtColor(other, cv2.COLOR_RGB2GRAY if image.ndim == 2 else cv2.COLOR_GRAY2RGB)
    return other if other.shape == image.shape else cv2.resize(other, image.shape[1::-1], interpolation=cv2.INTER_AREA)


def sweep(
    name: str, image: np.ndarray, count: int, fill: str = "reflect", other: np.ndarray | None = None
) -> list[tuple[float, np.ndarray]]:
    """One operation from nothing to its strongest: amounts and images."""
    operation, effect = IMAGES[name], EFFECTS[name]
    if operation.amount is None:
        return [(0.0, image), (1.0, done(image, [(name, effect.at(1.0))], fill))]
    if effect.sort == "mix":
        weights = np.linspace(1.0, 0.0, count)
        return [(float(w), effect.do({**effect.at(0.0), "weight": float(w)}, image, fitted(other, image))[0]) for w in weights]
    amount = operation.amount
    strongest = amount.low if amount.none == amount.high else amount.high
    amounts = np.linspace(amount.none, strongest, count)
    amounts = amounts.round() if amount.whole else amounts
    return [(float(value), done(image, [(name, effect.at(float(value)))], fill)) for value in amounts]
