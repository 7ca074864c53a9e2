"""The options of every task, each named, bounded and explained here and nowhere else.

classify   fine-tuning an encoder with labels
language   decoding with a language model (GenerateConfig) and adapting one (AdaptConfig)
scratch    training a character model from drawn weights
translate  translating with a sequence-to-sequence model
"""

from genhub.training.configs.classify import MAIN_METHODS, METHOD_HELP, MORE_METHODS, PRESETS, ClassifyConfig
from genhub.training.configs.language import ADAPT_METHODS, ADAPT_PRESETS, STRATEGIES, STRATEGY_OPTIONS, AdaptConfig, GenerateConfig
from genhub.training.configs.scratch import ARCHITECTURES, SCRATCH_PRESETS, ScratchConfig
from genhub.training.configs.translate import TranslateConfig

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
    "AdaptConfig",
    "ClassifyConfig",
    "GenerateConfig",
    "ScratchConfig",
    "TranslateConfig",
]

PRESETS_OF = {ClassifyConfig: PRESETS, AdaptConfig: ADAPT_PRESETS, ScratchConfig: SCRATCH_PRESETS}
CONFIGS = {"classify": ClassifyConfig, "generate": AdaptConfig, "scratch": ScratchConfig}  # of what can be trained
