"""How many variants are made, and how the operations of a chain go together."""

from dataclasses import dataclass

from genhub.augment.chain import FILLS, MOST, MOST_SEED, WAYS
from genhub.options import Config, option

MOST_COPIES = 1_000


@dataclass(frozen=True)
class VariantsConfig(Config):
    """Variants of what is given."""

    copies: int = option(1, "Variants of each.", low=1, high=MOST_COPIES)
    way: str = option("all", "Are all operations done to each, one drawn at random, or a random few?", choices=WAYS)
    few: int = option(2, "How many a few are.", low=1, high=MOST)
    seed: int = option(0, "Decides everything that is drawn.", low=0, high=MOST_SEED)


@dataclass(frozen=True)
class TextVariantsConfig(VariantsConfig):
    """Variants of texts."""


@dataclass(frozen=True)
class ImageVariantsConfig(VariantsConfig):
    """Variants of images."""

    copies: int = option(16, "Variants of each image.", low=1, high=MOST_COPIES)
    fill: str = option("reflect", "What comes in from outside an image.", choices=FILLS)
