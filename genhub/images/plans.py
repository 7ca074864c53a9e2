"""How long and how fast a variant learns: the config as the training loop's plan, with the sizes that suit."""

import math

from genhub.images.material import Material
from genhub.images.pixels import Examples
from genhub.images.task import ALL, CoderTask, LayerwiseTask, pair_name
from genhub.training.configs import ImageConfig
from genhub.training.plan import Phase, Plan

RATES = {"recurrent": 3e-3, "deep": 1e-3, "deep-linear": 5e-4, "linear": 1e-3, "kl": 1e-3}  # of all others 2e-3
USUAL = 2e-3
STEPS = {"conv": 3_000, "conv-wide": 2_500, "kl": 1_500, "recurrent": 4_000}  # that suit; of all others USUAL_STEPS
USUAL_STEPS = 6_000
LEAST_EPOCHS, MOST_EPOCHS = 5, 500
LAYERWISE = "layerwise"
CONVOLUTIONAL = ("conv", "conv-wide", "kl")  # bf16 is worth its rounding here; a dense layer of this size is not faster in it


def rate(config: ImageConfig) -> float:
    """The user's learning rate, or what suits the variant."""
    return config.learning_rate or RATES.get(config.variant, USUAL)


def batch_size(config: ImageConfig, images: int) -> int:
    """The user's, or what suits so many images to learn from: few need small batches to take enough steps."""
    return config.batch_size or (32 if images < 5_000 else 64 if images < 20_000 else 128)


def epochs(config: ImageConfig, images: int) -> int:
    """The user's, or as many as take the steps that suit the variant."""
    return config.epochs or enough(STEPS.get(config.variant, USUAL_STEPS), batch_size(config, images), images)


def enough(steps: int, batch: int, images: int, least: int = LEAST_EPOCHS) -> int:
    """Epochs that take so many steps, and at least `least`."""
    return min(MOST_EPOCHS, max(least, math.ceil(steps * batch / images)))


def precision(config: ImageConfig) -> str:
    return "fp32" if config.precision == "auto" and config.variant not in CONVOLUTIONAL else config.precision


def phases(config: ImageConfig, epochs: int, pairs: int) -> tuple[Phase, ...]:
    """One; layer by layer a third of the epochs for each pair of layers alone and the rest for all."""
    if config.variant != LAYERWISE:
        return (Phase(epochs, {ALL: rate(config)}),)
    names = [pair_name(number) for number in range(pairs)]
    alone = max(1, epochs // (pairs + 1))
    apart = [Phase(alone, {name: rate(config) * (name == learns) for name in names}) for learns in names]
    return (*apart, Phase(max(1, epochs - alone * pairs), dict.fromkeys(names, rate(config))))


def plan(config: ImageConfig, material: Material) -> Plan:
    images, pairs = len(material.train), len(material.model.encoder) if config.variant == LAYERWISE else 0
    return Plan.of(config, phases(config, epochs(config, images), pairs), batch_size(config, images), precision=precision(config))


def task(material: Material, plan: Plan) -> CoderTask:
    train, validation = Examples(material.train), Examples(material.validation)
    if material.blueprint.variant == LAYERWISE:
        return LayerwiseTask(material.model, train, validation, [phase.epochs for phase in plan.phases])
    return CoderTask(material.model, train, validation)
