"""The options of measuring whether augmentation helps: which, against what, how often."""

from dataclasses import dataclass

from genhub.options import Config, option

LONGEST = 40_000  # characters of chains
CHAINS_HELP = "What is tried: chains, or names of ready ones, separated by semicolons, or a JSON list of {{name, chain}}. Each is measured by itself against the {what} as they are."


@dataclass(frozen=True)
class MeasureConfig(Config):
    """Learn with and without, over several splits, and judge on rows that neither has seen."""

    repetitions: int = option(5, "Splits, each with a seed of its own: the more, the narrower the interval.", low=5, high=50)
    test_share: float = option(
        0.25, "Share of each class that is split off first, for the verdict; it is never augmented.", low=0.05, high=0.6, advanced=True
    )
    seed: int = option(0, "Of the first split; the next ones count on.", low=0, high=2**31 - 1, advanced=True)


@dataclass(frozen=True)
class MeasureTablesConfig(MeasureConfig):
    """Does evening out the classes of a table help?"""

    methods: str = option("smote,random-over", "Ways to even out, separated by commas; each against the rows as they are.", low=1, high=500)
    k: int = option(5, "Neighbours that a new row can lie towards.", label="Neighbours", low=1, high=50)
    ratio: float = option(1.0, "Rows of a small class afterwards, as a share of those of the largest.", label="Balance", low=0.05, high=1.0)
    deviation: float = option(0.1, "Of the noise on copies, in standard deviations of a column.", label="Noise", low=0.0, high=2.0)


@dataclass(frozen=True)
class MeasureTextsConfig(MeasureConfig):
    """Does augmenting texts help a classifier?"""

    chains: str = option("Easy data augmentation", CHAINS_HELP.format(what="texts"), low=1, high=LONGEST)
    sizes: str = option("50,200", "Rows to learn from, separated by commas; all: as many as there are. A curve of them.", low=1, high=60)
    copies: int = option(4, "Variants of each text that is learnt from, beside it.", low=1, high=50)
    least: float = option(0.0, "Variants less similar to their text, by the encoder, are left out.", label="Similarity", low=0.0, high=1.0)
    method: str = option("frozen", "What learns; frozen takes seconds, the others minutes.", choices=("frozen", "lora", "full"))
    model: str = option("embedded/minilm-l6", "The pretrained encoder: an embedded one or owner/name on the Hub.", low=1, high=120)
    steps: int = option(
        150, "Optimiser steps of each training but frozen ones, with and without the same.", low=10, high=5_000, advanced=True
    )


@dataclass(frozen=True)
class MeasureImagesConfig(MeasureConfig):
    """Does augmenting images help a classifier of them?"""

    chains: str = option("Gentle", CHAINS_HELP.format(what="images"), high=LONGEST)
    sizes: str = option("200", "Images to learn from, separated by commas; all: as many as there are. A curve of them.", low=1, high=60)
    drawn: str = option("", "A model that is told the class: images that it draws are tried as augmentation, too. Empty: none.", high=120)
    each: int = option(20, "Drawn images of every class.", label="Drawn of each", low=1, high=1_000)
    steps: int = option(400, "Optimiser steps of each training, with and without the same.", low=20, high=20_000)
