"""The options of training a character model from drawn weights, what its architectures are called, and its presets."""

from dataclasses import dataclass

from genhub.errors import UserError
from genhub.options import Config, option

ARCHITECTURES = {
    "gpt": ("GPT", "A small GPT-2 over characters: attention looks back at every character of its window (Radford et al. 2019)."),
    "rnn": ("Character RNN", "A GRU over characters: what it knows of the past has to fit into its state (Cho et al. 2014)."),
}


@dataclass(frozen=True)
class ScratchConfig(Config):
    """Train a character model on a text, from drawn weights. Options of the other architecture have no effect."""

    architecture: str = option("gpt", "What is trained.", choices=tuple(ARCHITECTURES))
    steps: int = option(1_000, "Optimiser steps, rounded up to tens: after each tenth of them comes a validation.", low=10, high=50_000)
    layers: int = option(4, "Layers, one on top of the other.", low=1, high=12)
    width: int = option(128, "Numbers a character is described by: GPT's embedding, the RNN's state.", low=16, high=768)
    heads: int = option(4, "Attention heads of a layer (GPT); they share the width equally.", low=1, high=12, advanced=True)
    embedding: int = option(16, "Numbers a character is read as (RNN).", low=2, high=256, advanced=True)
    stateful: bool = option(False, "Carry the state from window to window (RNN), in the order of the text.", advanced=True)
    window: int = option(128, "Characters that are read together.", low=8, high=512)
    batch_size: int = option(16, "Windows an optimiser step.", low=1, high=256, advanced=True)
    learning_rate: float | None = option(None, "Largest step size; empty: what suits architecture and optimiser.", low=1e-6, high=0.1)
    optimizer: str = option(
        "muon", "What steps the hidden matrices: Muon (Jordan et al. 2024) or AdamW.", choices=("muon", "adamw"), advanced=True
    )
    dropout: float | None = option(
        None, "Share of activations set to zero in training; empty: the more, the more often the text is read.", low=0.0, high=0.9
    )
    warmup: float = option(0.05, "Share of the steps in which the learning rate rises.", low=0.0, high=0.5, advanced=True)
    weight_decay: float = option(0.1, "Decoupled weight decay.", low=0.0, high=1.0, advanced=True)
    clip: float = option(1.0, "Largest gradient norm of a step.", low=0.01, high=100.0, advanced=True)
    test_share: float = option(0.1, "Share of the text kept for the verdict.", low=0.02, high=0.5, advanced=True)
    validation_share: float = option(
        0.05, "Share of the text kept to watch the training and choose its best point.", low=0.02, high=0.5, advanced=True
    )
    samples: int = option(30, "How many samples the run writes on its way; 0: none.", low=0, high=200)
    sample_tokens: int = option(200, "Characters of a sample.", low=1, high=1_000, advanced=True)
    sample_prompt: str = option("", "What a sample goes on from; empty: a line break.", high=400)
    precision: str = option(
        "auto", "Arithmetic of the forward pass; auto measures which is faster here.", choices=("auto", "fp32", "bf16"), advanced=True
    )
    seed: int = option(0, "Decides the first weights, the order of the windows and the samples.", low=0, high=2**31 - 1)

    def __post_init__(self):
        super().__post_init__()
        if self.architecture == "gpt" and self.width % self.heads:
            what = f"{self.heads} heads cannot share a width of {self.width}."
            raise UserError(what, "The width must be a multiple of the heads.", f"Take {self.width // self.heads * self.heads}.", "width")

    @property
    def method(self) -> str:
        """What a passport says of how a model was made."""
        return self.architecture


def _gpt(steps: int, **sizes: int) -> dict:
    return {"architecture": "gpt", "steps": steps, "layers": 4, "embedding": 16, **sizes}


def _rnn(steps: int, **sizes: int) -> dict:
    return {"architecture": "rnn", "steps": steps, "layers": 1, "embedding": 32, "heads": 4, "window": 100, "batch_size": 32, **sizes}


# Every preset decides the same options. “RNN, 10 minutes” is for long texts: on tinyshakespeare it was at 1.48 nats a character (validation)
# after four fifths of its steps, where “RNN, 3 minutes” ended at 1.54; the bundled text is too short for it, see docs/benchmarks-generate.md.
SCRATCH_PRESETS = {
    "GPT, 1 minute": _gpt(1_000, width=96, heads=3, window=128, batch_size=8, samples=12),
    "GPT, 3 minutes": _gpt(1_500, width=128, heads=4, window=128, batch_size=16, samples=24),
    "GPT, 10 minutes": _gpt(4_500, width=128, heads=4, window=128, batch_size=16, samples=40),
    "RNN, 1 minute": _rnn(450, width=256, samples=12),
    "RNN, 3 minutes": _rnn(1_900, width=256, samples=24),
    "RNN, 10 minutes": _rnn(3_600, width=384, samples=40),
}
