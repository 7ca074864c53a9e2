"""The embedded models that only draw, on Fashion-MNIST and MNIST: DCGANs, one with moments along its training, and a diffusion model.

python -m genhub.zoo.recipes.drawn --hours 2
python -m genhub.zoo.recipes.drawn --only fashion-gan --hours 0.5

The judges of genhub/zoo/recipes/images.py have to be there: by their features the best epoch of a GAN is chosen and drawn images are judged.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from genhub.images import stored
from genhub.images.coder import Drawer
from genhub.images.diffusion.task import NETWORK, DiffusionTask
from genhub.images.drawn.verdict import drawn_for, figures, lost
from genhub.images.eye import Eye, opened
from genhub.images.figures import accuracy
from genhub.images.gans import moments
from genhub.images.gans.task import AVERAGE, DISCRIMINATOR, GENERATOR, GANTask, Rules
from genhub.images.pixels import Images, tensor
from genhub.images.variants import Blueprint, build
from genhub.images.variants import title as variant_title
from genhub.training.plan import Phase, Plan, Trainable
from genhub.zoo.recipes import publish, stage
from genhub.zoo.recipes.images import HELD, SETS, SHAPE, read

BATCH = 64
CODE = 32  # numbers; fewer where moments are kept, of each of which the weights are stored
KEPT_MOMENTS = (30, 60, 120, 250, 500, 1_000, 2_000, 3_500, 5_000, 7_000, 9_000)  # steps of the generator
CODE_WITH_MOMENTS = 12
USUAL = Rules(average=0.999)
CRITIC = Rules(loss="wasserstein", critics=3, penalty=10.0, average=0.999)
DIFFUSED = 0.999  # what the exponential moving average of the diffusion model keeps of itself
GUIDANCE = 3.0  # of a diffusion model's drawings
SAMPLE, SAMPLE_IN_STEPS = 500, 60  # drawn images that a test judges again
CARD = """\
# embedded/{name}

This is {kind}, {parameters:,} parameters, trained on {data}.{classes} Images are 28 × 28, grey, from 0 to 1; a code has {coding} numbers, drawn
from N(0, 1).{moments}

```python
from pathlib import Path
from genhub.images import stored

model = stored.load(Path("genhub/zoo/{name}"))
```

## Figures

Of {count:,} drawn images beside the {count:,} test images, by the features of embedded/{judge}; the distance of as many training images to the
test images is what chance makes. Figures by this judge are not comparable with published ones, which rest on another network. Measured
with the stored fp16 weights, computed in fp32:

{figures}

## How it was made

Of the 60,000 training images {held:,}, drawn at random, chose the best epoch: {epoch} of {epochs}. {minutes:.0f} minutes of steps on a machine
that did other work too ({machine}), in {precision}. {rules} Recipe: `genhub/zoo/recipes/drawn.py`, seed {seed}.
"""


@dataclass(frozen=True)
class Recipe:
    """One model: of which set, what it is built by, how it is trained. rules: of a GAN. ratio: its discriminator's rate over the
    generator's. moments: steps at which a GAN is kept."""

    of: str
    blueprint: Blueprint
    epochs: int
    rate: float
    rules: Rules = field(default=USUAL)
    ratio: float = 1.0
    moments: tuple[int, ...] = ()

    @property
    def judge(self) -> str:
        return f"{self.of}-judge"

    @property
    def sample(self) -> int:
        return SAMPLE_IN_STEPS if self.diffuses else SAMPLE

    @property
    def diffuses(self) -> bool:
        return self.blueprint.family == "diffusion"


def _gan(of: str, epochs: int, classes: int = 0, rules: Rules = USUAL, kept: tuple[int, ...] = ()) -> Recipe:
    coding = CODE_WITH_MOMENTS if kept else CODE
    alone = bool(rules.penalty or kept)  # the discriminator judges each image by itself: a penalty or a game asks for that
    blueprint = Blueprint("gan", "dcgan-narrow", SHAPE, coding, classes, {"normed": not alone, "spread": not alone})
    return Recipe(of, blueprint, epochs, 5e-4 if rules.penalty else 1e-3, rules, 2.0 if kept else 1.0, kept)


RECIPES = {
    "fashion-gan": _gan("fashion", 16, kept=KEPT_MOMENTS),
    "fashion-gan-classes": _gan("fashion", 16, 10),
    "fashion-wgan": _gan("fashion", 24, rules=CRITIC),
    "mnist-gan-classes": _gan("mnist", 12, 10),
    "fashion-diffusion": Recipe("fashion", Blueprint("diffusion", "unet-narrow", SHAPE, 0, 10), 10, 2e-3),
}


class Keeping(GANTask):
    """Keeps the pair as it is after some steps of the generator, in a folder; a stage that is resumed keeps what it had."""

    def __init__(self, *args, kept: tuple[int, ...], folder: Path):
        super().__init__(*args)
        self.kept, self.folder = kept, folder

    def after_step(self, step: int) -> None:
        super().after_step(step)
        made, rest = divmod(step + 1, self.rules.critics)
        if not rest and made in self.kept:
            save_file(moments.state(self.gan), self.folder / f"moment-{made}.safetensors")


def task_of(name: str, recipe: Recipe, sets: tuple[Images, Images], eye: Eye, seed: int) -> tuple[Drawer, Trainable]:
    """A model with fresh weights and its task."""
    torch.manual_seed(seed)
    model = build(recipe.blueprint)
    if recipe.diffuses:
        return model, DiffusionTask(model, *sets, DIFFUSED)
    told = (model, recipe.rules, *sets, eye, recipe.epochs)
    return model, Keeping(*told, kept=recipe.moments, folder=stage.home(name))


def plan_of(recipe: Recipe, seed: int) -> Plan:
    learning = {NETWORK: recipe.rate} if recipe.diffuses else {GENERATOR: recipe.rate, DISCRIMINATOR: recipe.ratio * recipe.rate}
    rates = {**learning, AVERAGE: 0.0}
    usual: dict = {"weight_decay": 0.0, "seed": seed, "precision": "bf16"}
    if recipe.diffuses:
        return Plan((Phase(recipe.epochs, rates),), BATCH, warmup=0.02, **usual)
    betas = (0.0, 0.9) if recipe.rules.penalty else (0.5, 0.999)
    return Plan((Phase(recipe.epochs, rates),), BATCH, warmup=0.0, clip=1e3, betas=betas, **usual)


def make(name: str, options: stage.Options) -> Path | None:
    """One of them; None when its training is not over yet."""
    recipe = RECIPES[name]
    train, held, test = read(recipe.of)
    eye = opened(recipe.judge)
    model, task = task_of(name, recipe, (train, held), eye, options.seed)
    told = stage.train(name, task, plan_of(recipe, options.seed), options)
    if told is None:
        return None
    model.settle()
    known = ({**told, "seed": options.seed}, train, test, eye)
    return publish.replace_folder(options.into / name, lambda folder: _write(folder, name, recipe, model, known))


def measure(model: Drawer, train: Images, test: Images, eye: Eye) -> dict:
    """The figures of a card, with as many drawn images as there are in `test`; those of a diffusion model are guided."""
    drawn = drawn_for(model, test, GUIDANCE)
    found = figures(drawn, test, train, eye, told=bool(model.classes))
    found = {**found, "lost": lost(found["classes"]), "images": len(test)}
    if model.classes:
        found |= {"asked_is_judged": accuracy(eye.judge, Images(drawn, test.y)), "judge_accuracy": accuracy(eye.judge, test)}
    return found


def measure_moments(folder: Path, train: Images, test: Images, eye: Eye) -> list[dict]:
    """Of each moment {steps, judge_fid, right: share of real and drawn images that the discriminator tells apart}."""
    found = []
    for steps, gan in moments.opened(folder):
        drawn = drawn_for(gan, test)
        with torch.inference_mode():
            real, fake = ((gan.believe(tensor(x)) > 0).float().mean().item() for x in (test.x, drawn))
        fid = figures(drawn, test, train, eye, told=False)["judge_fid"]
        found.append({"steps": steps, "judge_fid": fid, "right": (real + 1 - fake) / 2})
    return found


def _write(folder: Path, name: str, recipe: Recipe, model: Drawer, known: tuple) -> None:
    told, train, test, eye = known
    stored.save(folder, recipe.blueprint, model, test.names, torch.float16)
    again, sample = stored.load(folder), test.part(np.arange(recipe.sample))
    found = {**measure(again, train, test, eye), "sample": measure(again, train, sample, eye)}
    found["parameters"] = sum(tensor.numel() for tensor in again.parameters())  # parameters() counts what learns: here nothing does
    if recipe.moments:
        finished = told["best_epoch"] * told["steps"] // len(told["history"])
        paths = {step: stage.home(name) / f"moment-{step}.safetensors" for step in recipe.moments if step < finished}
        moments.save(folder, {step: load_file(path) for step, path in paths.items() if path.exists()}, finished)
        found["moments"] = measure_moments(folder, train, sample, eye)
    publish.write_card(
        folder, {**found, "training": told}, card(name, recipe, again, found, told), "pytorch", "unconditional-image-generation"
    )


def card(name: str, recipe: Recipe, model: Drawer, found: dict, told: dict) -> str:
    """The words around the figures."""
    title = variant_title(recipe.blueprint.family, recipe.blueprint.variant)
    kind = f"a diffusion model ({title})" if recipe.diffuses else f"a generative adversarial network ({title}), generator and discriminator"
    along = len(found.get("moments", ()))
    return CARD.format(
        name=name,
        kind=kind,
        parameters=found["parameters"],
        data=SETS[recipe.of][0],
        classes=" It is told the class of an image." if recipe.blueprint.classes else "",
        coding=model.coding,
        moments=f" `{moments.FILE}` holds {along - 1} moments along its training, each a generator and a discriminator." if along else "",
        count=found["images"],
        judge=recipe.judge,
        figures=publish.table(list(_said(found)), ("", "drawn images", "real ones")) + _said_of_moments(found),
        held=HELD,
        epoch=told["best_epoch"],
        epochs=len(told["history"]),
        minutes=told["seconds"] / 60,
        machine=told["machine"],
        precision=told["precision"],
        rules=_ruled(recipe),
        seed=told["seed"],
    )


def _said(found: dict):
    """The figures as rows of a table."""
    yield "judge FID", f"{found['judge_fid']:.2f}", f"{found['judge_fid_floor']:.2f}"
    for name in ("precision", "recall", "variety", "closeness"):
        yield name, f"{found[name]:.3f}", ""
    yield "classes drawn", f"{10 - len(found['lost'])} of 10", "10 of 10"
    if "asked_is_judged" in found:
        yield "taken by the judge for the class that was asked for", f"{found['asked_is_judged']:.4f}", f"{found['judge_accuracy']:.4f}"


def _said_of_moments(found: dict) -> str:
    """A table of the moments; "" of a model without."""
    if "moments" not in found:
        return ""
    rows = [(f"{one['steps']:,}", f"{one['judge_fid']:.1f}", f"{one['right']:.3f}") for one in found["moments"]]
    told = f"\n\nAlong its training, of {SAMPLE:,} drawn images and as many real ones:\n\n"
    return told + publish.table(rows, ("steps of the generator", "judge FID", "told apart by its discriminator"))


def _ruled(recipe: Recipe) -> str:
    rules, rate = recipe.rules, recipe.rate
    if recipe.diffuses:
        return (
            f"AdamW at {rate:g}, linear decay to zero; what is kept is an exponential moving average ({DIFFUSED:g}). Figures are of drawings in 25 steps, guidance "
            f"{GUIDANCE:g}."
        )
    kept = f"The generator that is kept is an exponential moving average ({rules.average:g})."
    if rules.penalty:
        return (
            f"AdamW at {rate:g}, {rules.critics} steps of the critic for one of the generator, gradient penalty {rules.penalty:g}. {kept}"
        )
    both = "for both" if recipe.ratio == 1 else f"for the generator and {recipe.ratio * rate:g} for the discriminator"
    return f"AdamW at {rate:g} {both}, β₁ = 0.5, linear decay to zero. {kept}"


if __name__ == "__main__":
    chosen = stage.options(__doc__, tuple(RECIPES))
    for one in chosen.only:
        if make(one, chosen) is None:
            break
