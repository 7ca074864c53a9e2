"""The options of every task, each named, bounded and explained here and nowhere else.

classify   fine-tuning an encoder with labels
images     training autoencoders, VAEs, GANs and diffusion models on images
language   decoding with a language model (GenerateConfig) and adapting one (AdaptConfig)
scratch    training a character model from drawn weights
measure    does augmentation help?
transfer   teaching an image classifier classes of one's own
translate  translating with a sequence-to-sequence model, and adapting one to pairs (TuneConfig)
"""

from genhub.training.configs.classify import MAIN_METHODS, METHOD_HELP, MORE_METHODS, PRESETS, ClassifyConfig
from genhub.training.configs.images import (
    IMAGE_PRESETS,
    AutoencoderConfig,
    DiffusionConfig,
    DrawConfig,
    EnlargeConfig,
    GANConfig,
    ImageConfig,
    ImageSetConfig,
    VAEConfig,
)
from genhub.training.configs.language import ADAPT_METHODS, ADAPT_PRESETS, STRATEGIES, STRATEGY_OPTIONS, AdaptConfig, GenerateConfig
from genhub.training.configs.measure import MeasureConfig, MeasureImagesConfig, MeasureTablesConfig, MeasureTextsConfig
from genhub.training.configs.scratch import ARCHITECTURES, SCRATCH_PRESETS, ScratchConfig
from genhub.training.configs.transfer import TRANSFER_PRESETS, TransferConfig
from genhub.training.configs.translate import TUNE_PRESETS, TranslateConfig, TuneConfig

__all__ = [
    "ADAPT_METHODS",
    "ADAPT_PRESETS",
    "ARCHITECTURES",
    "CONFIGS",
    "IMAGE_PRESETS",
    "MAIN_METHODS",
    "METHOD_HELP",
    "MORE_METHODS",
    "PRESETS",
    "PRESETS_OF",
    "SCRATCH_PRESETS",
    "STRATEGIES",
    "STRATEGY_OPTIONS",
    "TRANSFER_PRESETS",
    "TUNE_PRESETS",
    "AdaptConfig",
    "AutoencoderConfig",
    "ClassifyConfig",
    "DiffusionConfig",
    "DrawConfig",
    "EnlargeConfig",
    "GANConfig",
    "GenerateConfig",
    "ImageConfig",
    "ImageSetConfig",
    "MeasureConfig",
    "MeasureImagesConfig",
    "MeasureTablesConfig",
    "MeasureTextsConfig",
    "ScratchConfig",
    "TransferConfig",
    "TranslateConfig",
    "TuneConfig",
    "VAEConfig",
]

PRESETS_OF = {ClassifyConfig: PRESETS, AdaptConfig: ADAPT_PRESETS, TuneConfig: TUNE_PRESETS, ScratchConfig: SCRATCH_PRESETS}
PRESETS_OF |= {AutoencoderConfig: IMAGE_PRESETS["autoencoder"], VAEConfig: IMAGE_PRESETS["vae"], GANConfig: IMAGE_PRESETS["gan"]}
PRESETS_OF |= {DiffusionConfig: IMAGE_PRESETS["diffusion"], TransferConfig: TRANSFER_PRESETS}
CONFIGS = {"classify": ClassifyConfig, "generate": AdaptConfig, "translate": TuneConfig, "scratch": ScratchConfig}
CONFIGS |= {"measure-tables": MeasureTablesConfig, "measure-texts": MeasureTextsConfig, "measure-images": MeasureImagesConfig}
CONFIGS |= {"autoencoder": AutoencoderConfig, "vae": VAEConfig, "gan": GANConfig, "diffusion": DiffusionConfig, "transfer": TransferConfig}
