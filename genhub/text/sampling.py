"""What a language model in training writes on its way.

A sample draws from a generator of its own, always the same: what changes from one to the next is the model.
"""

from dataclasses import dataclass

from torch import nn

from genhub.events import Sample
from genhub.text.decoding.batch import Batch, Row
from genhub.text.decoding.memory import Decoder
from genhub.text.decoding.spelling import Speller
from genhub.training.configs import GenerateConfig


@dataclass(frozen=True)
class Sampler:
    """`module` is the model in training, `decoder` the same one token at a time; `prompt` (T,) tokens and as text."""

    module: nn.Module
    decoder: Decoder
    tokenizer: object
    prompt: list[int]
    prompt_text: str
    config: GenerateConfig
    ends: frozenset[int] = frozenset()

    def write(self) -> str:
        """What the model as it is now writes after the prompt."""
        training = self.module.training
        self.module.eval()
        try:
            row, speller, written = Row(self.prompt, self.config, self.ends), Speller(self.tokenizer, self.prompt), []
            batch = Batch(self.decoder)
            batch.join(row)
            while token := batch.next(row):
                written.append(speller.add(token.id))
            return "".join([*written, speller.flush()])
        finally:
            self.module.train(training)

    def sample(self, step: int, part: str) -> Sample:
        return Sample(step, self.write(), self.prompt_text, part)
