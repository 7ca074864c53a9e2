"""How a strategy turns logits into the next token, in stages that can be looked at.

    logits → penalties → temperature → cut → probabilities → a draw, or the largest

The processors are transformers', in the order in which `generate` applies them; only the draw is our own, because each row
has a random generator to itself: the same seed gives the same tokens whoever else is being answered.
"""

from dataclasses import dataclass

import torch
from transformers.generation import logits_process as transforms

from genhub.training.configs import GenerateConfig

CUTS = {  # strategy → what it keeps of the distribution
    "top-k": lambda config: transforms.TopKLogitsWarper(config.top_k),
    "nucleus": lambda config: transforms.TopPLogitsWarper(config.top_p),
    "min-p": lambda config: transforms.MinPLogitsWarper(config.min_p),
    "typical": lambda config: transforms.TypicalLogitsWarper(mass=config.typical_p),
    "epsilon": lambda config: transforms.EpsilonLogitsWarper(config.epsilon),
    "eta": lambda config: transforms.EtaLogitsWarper(config.eta),
    "top-h": lambda config: transforms.TopHLogitsWarper(config.top_h),
}
BEAMS = ("beam", "beam-sample")


@dataclass(frozen=True)
class Stages:
    """Log-probabilities (V,) of the next token after each stage; what was cut away is -inf.

    raw: as the model gives them; penalised: after the penalties on repetition; tempered: divided by the temperature; kept: after
    the cut, from which a sampling strategy draws.
    """

    raw: torch.Tensor
    penalised: torch.Tensor
    tempered: torch.Tensor
    kept: torch.Tensor


class Chooser:
    """The choice of a row's next token, with the row's own random state."""

    def __init__(self, config: GenerateConfig):
        self.config = config
        self.draws = config.strategy not in ("greedy", "beam")
        self.penalties = penalties(config)
        self.temperature = (
            transforms.TemperatureLogitsWarper(float(config.temperature)) if self.draws and config.temperature != 1.0 else None
        )
        cut = CUTS.get(config.strategy)
        self.cut = cut(config) if cut else None
        self.random = torch.Generator().manual_seed(config.seed)

    def scores(self, ids: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        """(1, T) tokens so far and (1, V) logits → (1, V) processed logits, from which the token is chosen."""
        for process in (*self.penalties, self.temperature, self.cut):
            if process is not None:
                logits = process(ids, logits)
        return logits

    def choose(self, ids: torch.Tensor, logits: torch.Tensor) -> int:
        """The next token for (1, V) logits after (1, T) tokens."""
        scores = self.scores(ids, logits)
        if not self.draws:
            return int(scores.argmax())
        return int(torch.multinomial(scores.softmax(-1)[0], 1, generator=self.random))

    def stages(self, ids: torch.Tensor, logits: torch.Tensor) -> Stages:
        """The same way, with each stage kept; nothing is drawn."""
        penalised = logits
        for process in self.penalties:
            penalised = process(ids, penalised)
        tempered = self.temperature(ids, penalised) if self.temperature else penalised
        kept = self.cut(ids, tempered) if self.cut else tempered
        return Stages(*(stage.float().log_softmax(-1)[0] for stage in (logits, penalised, tempered, kept)))


def penalties(config: GenerateConfig) -> list:
    """Processors that look at the tokens so far."""
    found = []
    if config.repetition_penalty != 1.0:
        found.append(transforms.RepetitionPenaltyLogitsProcessor(float(config.repetition_penalty)))
    if config.no_repeat_ngram:
        found.append(transforms.NoRepeatNGramLogitsProcessor(config.no_repeat_ngram))
    return found
