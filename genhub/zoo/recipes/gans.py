"""The embedded GANs, on Fashion-MNIST and MNIST: a DCGAN, conditional ones, and one with a Wasserstein loss.

python -m genhub.zoo.recipes.gans --hours 2
python -m genhub.zoo.recipes.gans --only fashion-gan --hours 0.5

The judges of genhub/zoo/recipes/images.py have to be there: by their features the best epoch is chosen and the drawn images are judged.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from genhub.images import drawing, stored
from genhub.images.coder import parameters
from genhub.images.drawn.verdict import likeness, lost, of_classes
from genhub.images.eye import Eye, opened
from genhub.images.figures import accuracy, obedience
from genhub.images.gans.pair import GAN
from genhub.images.gans.task import AVERAGE, DISCRIMINATOR, GENERATOR, GANTask, Rules
from genhub.images.pixels import Images
from genhub.images.variants import Blueprint, build
from genhub.training.configs import DrawConfig
from genhub.training.plan import Phase, Plan
from genhub.zoo.recipes import publish, stage
from genhub.zoo.recipes.images import SETS, SHAPE, read

BATCH = 64
CRITIC = Rules(loss="wasserstein", critics=3, penalty=10.0, average=0.999)
USUAL = Rules(average=0.999)
SAMPLE = 500  # drawn images that a test judges again
SEED = 0
CARD = """\
# embedded/{name}

This is a {kind}: a generator of {generator:,} parameters, which draws, and a discriminator of {discriminator:,}, trained on {data}.{classes}
Images are 28 × 28, grey, from 0 to 1; a code has {coding} numbers, drawn from N(0, 1).

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

Of the 60,000 training images 5,000, drawn at random, chose the best epoch: {epoch} of {epochs}. {minutes:.0f} minutes of steps on a machine that
did other work too ({machine}), in {precision}. {rules} Recipe: `genhub/zoo/recipes/gans.py`, seed {seed}.
"""


@dataclass(frozen=True)
class Recipe:
    of: str
    classes: int = 0
    rules: Rules = field(default=USUAL)
    epochs: int = 15
    rate: float = 2e-4

    @property
    def judge(self) -> str:
        return f"{self.of}-judge"

    @property
    def blueprint(self) -> Blueprint:
        return Blueprint("gan", "dcgan", SHAPE, 0, self.classes, {"normed": not self.rules.penalty})


RECIPES = {
    "fashion-gan": Recipe("fashion"),
    "fashion-gan-classes": Recipe("fashion", 10),
    "fashion-wgan": Recipe("fashion", rules=CRITIC, epochs=20),
    "mnist-gan-classes": Recipe("mnist", 10, epochs=12),
}


def make(name: str, options: stage.Options) -> Path | None:
    """One of them; None when its training is not over yet."""
    recipe = RECIPES[name]
    train, held, test = read(recipe.of)
    torch.manual_seed(options.seed)
    model, eye = build(recipe.blueprint), opened(recipe.judge)
    task = GANTask(model, recipe.rules, train, held, eye, recipe.epochs)
    rates = {GENERATOR: recipe.rate, DISCRIMINATOR: recipe.rate, AVERAGE: 0.0}
    betas = (0.0, 0.9) if recipe.rules.penalty else (0.5, 0.999)
    plan = Plan(
        (Phase(recipe.epochs, rates),), BATCH, warmup=0.0, weight_decay=0.0, clip=1e3, seed=options.seed, precision="bf16", betas=betas
    )
    told = stage.train(name, task, plan, options)
    if told is None:
        return None
    model.settle()
    return publish.replace_folder(
        options.into / name, lambda folder: _write(folder, name, recipe, model, ({**told, "seed": options.seed}, train, test, eye))
    )


def measure(model: GAN, train: Images, test: Images, eye: Eye) -> dict:
    """The figures of a card, with as many drawn images as there are in `test`."""
    classes = test.y if model.classes else None
    drawn = drawing.drawn(model, DrawConfig(n=len(test), seed=SEED), classes)
    learnt = train.part(slice(0, max(len(test), 2_000)))
    seen = {"real": eye.of(test.x), "drawn": eye.of(drawn), "learnt": eye.of(learnt.x)}
    found = {**likeness(seen), "lost": lost(of_classes(seen, learnt, test)), "images": len(test)}
    if model.classes:
        found |= {"asked_is_judged": obedience(model, eye.judge), "judge_accuracy": accuracy(eye.judge, test)}
    return found


def _write(folder: Path, name: str, recipe: Recipe, model: GAN, known: tuple) -> None:
    told, train, test, eye = known
    stored.save(folder, recipe.blueprint, model, test.names, torch.float16)
    again = stored.load(folder)
    found = measure(again, train, test, eye)
    body = CARD.format(
        name=name,
        kind="conditional DCGAN" if recipe.classes else "DCGAN with a Wasserstein loss" if recipe.rules.penalty else "DCGAN",
        generator=parameters(model.generator),
        discriminator=parameters(model.discriminator),
        data=SETS[recipe.of][0],
        classes=" It is told the class of an image." if recipe.classes else "",
        coding=again.coding,
        count=len(test),
        judge=recipe.judge,
        figures=publish.table(list(_said(found)), ("", "drawn images", "real ones")),
        epoch=told["best_epoch"],
        epochs=len(told["history"]),
        minutes=told["seconds"] / 60,
        machine=told["machine"],
        precision=told["precision"],
        rules=_ruled(recipe.rules, recipe.rate),
        seed=told["seed"],
    )
    figures = {**found, "sample": measure(again, train, test.part(np.arange(SAMPLE)), eye), "training": told}
    publish.write_card(folder, figures, body, "pytorch", "unconditional-image-generation")


def _said(found: dict):
    """The figures as rows of a table."""
    yield "judge FID", f"{found['judge_fid']:.2f}", f"{found['judge_fid_floor']:.2f}"
    for name in ("precision", "recall", "variety", "closeness"):
        yield name, f"{found[name]:.3f}", ""
    yield "classes drawn", f"{10 - len(found['lost'])} of 10", "10 of 10"
    if "asked_is_judged" in found:
        yield "taken by the judge for the class that was asked for", f"{found['asked_is_judged']:.4f}", f"{found['judge_accuracy']:.4f}"


def _ruled(rules: Rules, rate: float) -> str:
    kept = f"The generator that is kept is a moving mean ({rules.average:g})."
    if rules.penalty:
        return (
            f"AdamW at {rate:g}, {rules.critics} steps of the critic for one of the generator, gradient penalty {rules.penalty:g}. {kept}"
        )
    return f"AdamW at {rate:g} for both, β₁ = 0.5, linear decay to zero. {kept}"


if __name__ == "__main__":
    chosen = stage.options(__doc__, tuple(RECIPES))
    for one in chosen.only:
        if make(one, chosen) is None:
            break
