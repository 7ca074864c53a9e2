"""The options of every task, each named, bounded and explained here and nowhere else.

classify   fine-tuning an encoder with labels
language   decoding with a language model (GenerateConfig) and adapting one (AdaptConfig)
scratch    training a character model from drawn weights
translate  translating with a sequence-to-sequence model, and adapting one to pairs (TuneConfig)
"""

from genhub.training.configs.classify import MAIN_METHODS, METHOD_HELP, MORE_METHODS, PRESETS, ClassifyConfig
from genhub.training.configs.language import ADAPT_METHODS, ADAPT_PRESETS, STRATEGIES, STRATEGY_OPTIONS, AdaptConfig, GenerateConfig
from genhub.training.configs.scratch import ARCHITECTURES, SCRATCH_PRESETS, ScratchConfig
from genhub.training.configs.translate import TUNE_PRESETS, TranslateConfig, TuneConfig

__all__ = [
    "ADAPT_METHODS",
    "ADAPT_PRESETS",
    "ARCHITECTURES",
    "CONFIGS",
    "MAIN_METHODS",
    "METHOD_HELP",
    "MORE_METHODS",
    "PRESETS",
    "PRESETS_OF",
    "SCRATCH_PRESETS",
    "STRATEGIES",
    "STRATEGY_OPTIONS",
    "TUNE_PRESETS",
    "AdaptConfig",
    "ClassifyConfig",
    "GenerateConfig",
    "ScratchConfig",
    "TranslateConfig",
    "TuneConfig",
]

PRESETS_OF = {ClassifyConfig: PRESETS, AdaptConfig: ADAPT_PRESETS, TuneConfig: TUNE_PRESETS, ScratchConfig: SCRATCH_PRESETS}
CONFIGS = {"classify": ClassifyConfig, "generate": AdaptConfig, "translate": TuneConfig, "scratch": ScratchConfig}  # of what can be trained
