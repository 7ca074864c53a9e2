"""Where the page looks inside a transformer, and the pictures of positional encoding: what can be chosen, and its bounds."""

from dataclasses import dataclass

from genhub.errors import UserError
from genhub.options import Config, option

TEXT_CHARS = 1_000  # of a sentence; how many tokens that may be, the reader says (see `genhub.text.inside.tokens`)
FAMILIES = {"encoder": "BERT", "causal": "GPT"}


@dataclass(frozen=True)
class PlaceConfig(Config):
    """One head and one token, counted from 1 as on the page. A model may have fewer: the worker says so."""

    family: str = option("encoder", "Which of the two models.", choices=tuple(FAMILIES))
    layer: int = option(1, "Layer, counted from the embeddings.", low=1, high=200)
    head: int = option(1, "Head of that layer.", low=1, high=200)
    query: int = option(1, "Token that looks at the others.", low=1, high=64)


@dataclass(frozen=True)
class SinusoidConfig(Config):
    """A picture of positional encoding."""

    positions: int = option(64, "Positions, one a row.", low=2, high=128)
    dimensions: int = option(64, "Numbers of each position, one a column; even.", low=2, high=128)
    base: float = option(10_000.0, "The base; 10,000 in the paper.", label="C", low=2.0, high=1e5)

    def __post_init__(self):
        super().__post_init__()
        if self.dimensions % 2:
            what = f"Dimensions is {self.dimensions}."
            raise UserError(what, "Sines and cosines come in pairs.", "Choose an even number.", "dimensions")


@dataclass(frozen=True)
class ShuffleConfig(Config):
    """One other order of the words."""

    seed: int = option(0, "Decides the order.", low=0, high=2**31 - 1)
