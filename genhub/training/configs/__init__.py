"""The options of every task, each named, bounded and explained here and nowhere else.

classify   fine-tuning an encoder with labels
language   decoding (GenerateConfig), adapting (AdaptConfig) and training language models (ScratchConfig)
"""

from genhub.training.configs.classify import MAIN_METHODS, METHOD_HELP, MORE_METHODS, PRESETS, ClassifyConfig
from genhub.training.configs.language import (
    ADAPT_METHODS,
    ARCHITECTURES,
    STRATEGIES,
    STRATEGY_OPTIONS,
    AdaptConfig,
    GenerateConfig,
    ScratchConfig,
)

__all__ = [
    "ADAPT_METHODS",
    "ARCHITECTURES",
    "CONFIGS",
    "MAIN_METHODS",
    "METHOD_HELP",
    "MORE_METHODS",
    "PRESETS",
    "STRATEGIES",
    "STRATEGY_OPTIONS",
    "AdaptConfig",
    "ClassifyConfig",
    "GenerateConfig",
    "ScratchConfig",
]

CONFIGS = {"classify": ClassifyConfig, "generate": AdaptConfig, "scratch": ScratchConfig}  # of what can be trained
