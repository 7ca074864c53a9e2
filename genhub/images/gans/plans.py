"""How a GAN is trained: the options as rules of the game and as the training loop's plan, with the sizes that suit."""

from genhub.images.eye import choose
from genhub.images.gans.task import AVERAGE, DISCRIMINATOR, GENERATOR, GANTask, Rules
from genhub.images.material import Material
from genhub.images.plans import enough
from genhub.training.configs import GANConfig, remedies
from genhub.training.plan import Phase, Plan

STEPS = {"dcgan": 2_000, "dcgan-narrow": 2_000, "conv": 4_000}  # of the generator that suit; of all others USUAL_STEPS
USUAL_STEPS = 6_000
SMALL, LARGE = 32, 64  # batches
FEW = 5_000  # images from which on the batches are large
BETAS = {"wasserstein": (0.0, 0.9)}  # of AdamW; of all others what follows (Radford et al. 2016)
USUAL_BETAS = (0.5, 0.999)


def rate(config: GANConfig) -> float:
    """The generator's: the user's, or what suits the variant."""
    return config.learning_rate or remedies.rate(config.variant)


def batch_size(config: GANConfig, images: int) -> int:
    return config.batch_size or (SMALL if images < FEW else LARGE)


def epochs(config: GANConfig, images: int) -> int:
    """The user's, or as many as give the generator the steps that suit; a critic takes more."""
    steps = STEPS.get(config.variant, USUAL_STEPS) * config.steps_of_discriminator
    return config.epochs or enough(steps, batch_size(config, images), images)


def plan(config: GANConfig, material: Material) -> Plan:
    images = len(material.train)
    rates = {GENERATOR: rate(config), DISCRIMINATOR: config.ratio * rate(config), AVERAGE: 0.0}
    precision = "fp32" if config.precision == "auto" and config.variant.startswith("dense") else config.precision
    phases = (Phase(epochs(config, images), rates),)
    betas = BETAS.get(config.loss, USUAL_BETAS)
    return Plan.of(config, phases, batch_size(config, images), precision=precision, betas=betas)


def rules(config: GANConfig) -> Rules:
    return Rules(
        loss=config.loss,
        critics=config.steps_of_discriminator,
        penalty=config.slope_penalty,
        smoothing=config.smoothing,
        noisy=config.noisy_labels,
        noise=config.noise,
        replay=config.replay,
        average=config.average,
    )


def task(config: GANConfig, material: Material, plan: Plan) -> GANTask:
    return GANTask(material.model, rules(config), material.train, material.validation, choose(material.train), plan.epochs)
