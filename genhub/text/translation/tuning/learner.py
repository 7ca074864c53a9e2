"""The tuning of a translator as the training loop sees it: pairs, an adapter in the model, and the sizes that suit."""

from genhub.text import methods
from genhub.text.lm import MATRICES, REST
from genhub.text.ranks import Ranks
from genhub.text.translation.seq2seq import Pairs, Seq2SeqLogits, TranslationTask, start_row
from genhub.text.translation.translator import Translator
from genhub.text.translation.tuning.material import Material
from genhub.training.configs import TuneConfig
from genhub.training.plan import Phase, Plan


class TuneTask(TranslationTask):
    """Cross-entropy of the next target token, with AdaLoRA's ranks looked after."""

    def __init__(self, model: Translator, train: Pairs, validation: Pairs, smoothing: float):
        whole = model.model
        learns = whole.get_input_embeddings().weight.requires_grad
        super().__init__(
            Seq2SeqLogits(whole), train, validation, smoothing, start_row(whole) if learns and model.kind == "marian" else None
        )
        self.ranks = Ranks(whole)

    def after_step(self, step: int) -> None:
        super().after_step(step)
        if hasattr(self, "ranks"):
            self.ranks.after_step(step)

    def extra_state(self):
        return self.ranks.state()

    def set_extra_state(self, tensors) -> None:
        self.ranks.set_state(tensors)


def tuned(base: Translator, config: TuneConfig, steps: int) -> Translator:
    """`base` with the config's adapter in it, changed in place. New weights come from torch's generator: seed it before."""
    return methods.adapt(base, config, steps)


def task(model: Translator, material: Material) -> TuneTask:
    return TuneTask(model, material.train, material.validation, material.config.smoothing)


def rate(config: TuneConfig) -> float:
    """The user's learning rate, or what suits the method."""
    return config.learning_rate or methods.get(config.method).language_rate


def batch_size(config: TuneConfig, pairs: int) -> int:
    """The user's, or what suits so many pairs: few need small batches to take enough steps."""
    return config.batch_size or (8 if pairs < 500 else 16 if pairs < 5_000 else 32)


def plan(config: TuneConfig, pairs: int) -> Plan:
    """The config as the loop's plan for so many pairs."""
    return Plan.of(config, (Phase(config.epochs, dict.fromkeys((MATRICES, REST), rate(config))),), batch_size(config, pairs))
