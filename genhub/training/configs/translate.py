"""The options of translating with a sequence-to-sequence model."""

from dataclasses import dataclass

from genhub.errors import UserError
from genhub.options import Config, option


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
