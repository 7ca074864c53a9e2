"""How a diffusion model is trained: the options as the training loop's plan, with the sizes that suit."""

from genhub.images.diffusion.task import AVERAGE, NETWORK, DiffusionTask
from genhub.images.material import Material
from genhub.images.plans import enough
from genhub.training.configs import DiffusionConfig
from genhub.training.plan import Phase, Plan

USUAL_RATE = 1e-3
STEPS = 3_000
FEW = 5_000  # images from which on batches are large


def rate(config: DiffusionConfig) -> float:
    return config.learning_rate or USUAL_RATE


def batch_size(config: DiffusionConfig, images: int) -> int:
    return config.batch_size or (32 if images < FEW else 64)


def epochs(config: DiffusionConfig, images: int) -> int:
    return config.epochs or enough(STEPS, batch_size(config, images), images)


def plan(config: DiffusionConfig, material: Material) -> Plan:
    images = len(material.train)
    phases = (Phase(epochs(config, images), {NETWORK: rate(config), AVERAGE: 0.0}),)
    return Plan.of(config, phases, batch_size(config, images), precision=config.precision)


def task(config: DiffusionConfig, material: Material, plan: Plan) -> DiffusionTask:
    return DiffusionTask(material.model, material.train, material.validation, config.average)
