"""The options of translating with a sequence-to-sequence model, and of teaching one pairs of one's own."""

from dataclasses import dataclass

from genhub.errors import UserError
from genhub.options import Config, option
from genhub.training.configs.language import ADAPT_METHODS


@dataclass(frozen=True)
class TranslateConfig(Config):
    """Translate a text, sentence by sentence, with beam search."""

    model: str = option("embedded/en-es", "The translation model: an embedded one or owner/name on the Hub.", low=1, high=120)
    source_language: str = option("", "Language of the text, as “en”; empty: the model's own, or the one detected.", high=20, advanced=True)
    target_language: str = option("", "Language to translate into; empty: the model's own.", high=20)
    beams: int = option(4, "Parallel hypotheses of beam search; 1: greedy.", low=1, high=8)
    length_penalty: float | None = option(
        None, "Scores are divided by length to this power: 0 favours short translations; empty: the model's own.", low=-5.0, high=5.0
    )
    hypotheses: int = option(1, "How many of the best translations of each sentence are told; at most as many as beams.", low=1, high=8)

    def __post_init__(self):
        super().__post_init__()
        if self.hypotheses > self.beams:
            what = f"{self.hypotheses} translations of {self.beams} beams."
            raise UserError(
                what, "Each beam ends in one translation.", f"Take {self.hypotheses} beams, or fewer translations.", "hypotheses"
            )


@dataclass(frozen=True)
class TuneConfig(Config):
    """Adapt a translation model to pairs of sentences: it learns to translate as they do."""

    model: str = option("embedded/en-es", "The translation model: an embedded one or owner/name on the Hub.", low=1, high=120)
    source_language: str = option("", "Language of the sources; empty: the model's own.", high=20, advanced=True)
    target_language: str = option("", "Language of the translations; empty: the model's own.", high=20, advanced=True)
    method: str = option("lora", "Which parameters learn.", choices=ADAPT_METHODS)
    epochs: int = option(5, "Times the pairs are read.", low=1, high=100)
    batch_size: int | None = option(None, "Pairs an optimiser step; empty: what suits the number of pairs.", low=1, high=256, advanced=True)
    learning_rate: float | None = option(None, "Step size; empty: what suits the method.", low=1e-7, high=0.1, advanced=True)
    rank: int = option(8, "Width of the low-rank update (LoRA and its relatives).", low=1, high=64, advanced=True)
    alpha: int = option(16, "Scale of the low-rank update: it is multiplied by alpha / rank.", low=1, high=256, advanced=True)
    smoothing: float = option(
        0.1, "Share of each label that is spread over all tokens (label smoothing).", low=0.0, high=0.5, advanced=True
    )
    warmup: float = option(0.05, "Share of the steps in which the learning rate rises.", low=0.0, high=0.5, advanced=True)
    weight_decay: float = option(0.0, "Decoupled weight decay of AdamW.", low=0.0, high=1.0, advanced=True)
    clip: float = option(1.0, "Largest gradient norm of a step.", low=0.01, high=100.0, advanced=True)
    patience: int = option(
        2,
        "Epochs without gain on the validation pairs, in the second half of the training, before it stops early; 0: never.",
        low=0,
        high=100,
        advanced=True,
    )
    test_share: float = option(0.2, "Share of the sources kept for the verdict.", low=0.02, high=0.5, advanced=True)
    validation_share: float = option(0.1, "Share of the sources kept to choose the best epoch.", low=0.02, high=0.5, advanced=True)
    beams: int = option(4, "Parallel hypotheses of the verdict's translations.", low=1, high=8, advanced=True)
    precision: str = option(
        "auto", "Arithmetic of the forward pass; auto measures which is faster here.", choices=("auto", "fp32", "bf16"), advanced=True
    )
    seed: int = option(0, "Decides the split, the order of the pairs and the new weights.", low=0, high=2**31 - 1)


TUNE_PRESETS = {  # every preset decides the same options
    "Quick": {"method": "lora", "epochs": 2, "rank": 4},
    "Balanced": {"method": "lora", "epochs": 5, "rank": 8},
    "Thorough": {"method": "lora", "epochs": 12, "rank": 16},
}
