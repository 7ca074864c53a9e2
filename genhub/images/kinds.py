"""The kinds of image models that are trained here, and what the training of each has of its own: models with an encoder, GANs, diffusion."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from genhub.events import Event
from genhub.images import alarms, plans, sentences, verdict
from genhub.images.diffusion import alarms as diffusion_alarms
from genhub.images.diffusion import plans as diffusion_plans
from genhub.images.drawn import sentences as drawn_sentences
from genhub.images.drawn import verdict as drawn_verdict
from genhub.images.drawn.film import Film as Drawings
from genhub.images.eye import choose
from genhub.images.film import Film, Reel
from genhub.images.gans import alarms as gan_alarms
from genhub.images.gans import plans as gan_plans
from genhub.images.material import Material
from genhub.training.configs import DiffusionConfig, GANConfig, ImageConfig
from genhub.training.plan import Plan, Trainable


@dataclass(frozen=True)
class Kind:
    """rate, batch_size, epochs: what is chosen for a configuration and so many images. told: figures that a passport names.
    maps: what is known of unseen images' codes is kept."""

    plan: Callable[[ImageConfig, Material], Plan]
    task: Callable[[ImageConfig, Material, Plan], Trainable]
    rate: Callable[[ImageConfig], float]
    batch_size: Callable[[ImageConfig, int], int]
    epochs: Callable[[ImageConfig, int], int]
    film: Callable[[Path, Material, Trainable, int], Reel]
    alarms: Callable[[Trainable, Plan], alarms.Alarms]
    judge: Callable[[Material, bool], Iterator[Event]]
    sentences: Callable[[Mapping], list[str]]
    told: tuple[str, ...]
    maps: bool


CODERS = Kind(
    plans.plan,
    lambda config, material, plan: plans.task(material, plan),
    plans.rate,
    plans.batch_size,
    plans.epochs,
    lambda run, material, task, seed: Film(run, material.model, material.validation, seed),
    lambda task, plan: alarms.Watch(plan.epochs),
    verdict.judge,
    sentences.of,
    ("mse", "mse_low", "mse_high", "test_images"),
    maps=True,
)
GANS = Kind(
    gan_plans.plan,
    gan_plans.task,
    gan_plans.rate,
    gan_plans.batch_size,
    gan_plans.epochs,
    lambda run, material, task, seed: Drawings(run, material.model, material.validation, task.eye, seed),
    lambda task, plan: gan_alarms.Watch(task),
    drawn_verdict.judge,
    drawn_sentences.of,
    ("judge_fid", "judge_fid_floor", "judge", "test_images"),
    maps=False,
)
DIFFUSION = replace(
    GANS,
    plan=diffusion_plans.plan,
    task=diffusion_plans.task,
    rate=diffusion_plans.rate,
    batch_size=diffusion_plans.batch_size,
    epochs=diffusion_plans.epochs,
    film=lambda run, material, task, seed: Drawings(run, material.model, material.validation, choose(material.train), seed),
    alarms=lambda task, plan: diffusion_alarms.Watch(plan.epochs),
)


def of(config: ImageConfig) -> Kind:
    return {GANConfig: GANS, DiffusionConfig: DIFFUSION}.get(type(config), CODERS)
