"""The embedded image models, on Fashion-MNIST and MNIST: judges, autoencoders, VAEs.

python -m genhub.zoo.recipes.images --hours 2
python -m genhub.zoo.recipes.images --only mnist-vae-2 --hours 0.5
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn

from genhub.images import figures, latent, stored
from genhub.images.coder import Shape, parameters
from genhub.images.judge import Judge
from genhub.images.pixels import Examples, Images, shifted, softened
from genhub.images.stored import JUDGE
from genhub.images.task import ALL, CoderTask, JudgeTask
from genhub.images.variants import Blueprint, build
from genhub.images.variants import title as variant_title
from genhub.training.plan import Phase, Plan, Trainable
from genhub.zoo.recipes import publish, stage

SETS = {
    "fashion": (
        "Fashion-MNIST (MIT, Zalando Research)",
        "fashion_mnist",
        ("T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    "mnist": ("MNIST (CC BY-SA 3.0, LeCun & Cortes)", "mnist", tuple("0123456789")),
}
SHAPE = Shape(1, 28, 28)
KINDS = {
    "autoencoder": "an autoencoder ({title}) with codes of {coding} numbers",
    "vae": "a variational autoencoder ({title}) with codes of {coding} numbers",
    JUDGE: "a small convolutional classifier, by which drawn images are judged",
}
TASKS = {"autoencoder": "image-to-image", "vae": "unconditional-image-generation", JUDGE: "image-classification"}
NAMED = {
    "test_mse": "squared error a pixel (0 to 1)",
    "test_mse_of_damaged": "the same of damaged images",
    "test_accuracy": "accuracy",
    "judge_accuracy": "accuracy of the judge",
    "asked_is_judged": "drawn images that the judge takes for the class that was asked for",
}
LONG_CODES, FEWER = (
    3,
    1_000,
)  # of codes that are no places by themselves only so many are stored: all that is embedded has to fit into 80 MB
MAP = (
    f"\n`{latent.FILE}` says where the first {{count:,}} test images lie: their codes, their places on a plane, their classes, how well each is "
    "given back. The images are not there.\n"
)
CARD = """\
# embedded/{name}

This is {kind}, {parameters:,} parameters, trained on {data}.{classes}{varied} Images are 28 × 28, grey, from 0 to 1.

```python
from pathlib import Path
from genhub.images import stored

model = stored.load(Path("genhub/zoo/{name}"))
```

## Figures

Measured with the stored fp16 weights, computed in fp32:

{figures}
{mapped}
## How it was made

Of the 60,000 training images {held:,}, drawn at random, chose the best epoch: {epoch} of {epochs}. {minutes:.0f} minutes of steps on a machine
that did other work too ({machine}), in {precision}. AdamW, linear decay to zero. Recipe: `genhub/zoo/recipes/images.py`, seed {seed}.
"""
SAMPLE = 500  # test images that a test measures again
HELD = 5_000  # of the 60,000 training images: to choose the best epoch by


@dataclass(frozen=True)
class Recipe:
    """One model: of which set, what it is built by, and how it is trained. `classes`: it is told the class."""

    of: str
    blueprint: Blueprint
    epochs: int
    rate: float
    precision: str = "fp32"
    batch: int = 128
    figures: Callable = field(default=lambda model, test, home: {})


def _autoencoder(variant: str, epochs: int, rate: float, precision: str = "fp32", **options) -> Recipe:
    return Recipe("fashion", Blueprint("autoencoder", variant, SHAPE, options=options), epochs, rate, precision, figures=_reconstructs)


def _vae(of: str, variant: str, coding: int, epochs: int, *, classes: int = 0, **options) -> Recipe:
    blueprint = Blueprint("vae", variant, SHAPE, coding, classes, options)
    return Recipe(of, blueprint, epochs, 2e-3, "fp32" if variant == "dense" else "bf16", figures=_judged if classes else _draws)


def _judge(of: str, epochs: int) -> Recipe:
    return Recipe(of, Blueprint(JUDGE, JUDGE, SHAPE, classes=10), epochs, 2e-3, "bf16", figures=_recognises)


def _reconstructs(model, test: Images, home: Path) -> dict:
    found = {"test_mse": figures.reconstruction(model, test)}
    if hasattr(model, "amount"):
        found |= {"damage": {"kind": model.kind, "amount": model.amount}}
        found |= {"test_mse_of_damaged": figures.denoised(model, test, model.kind, model.amount)}
    return found


def _draws(model, test: Images, home: Path) -> dict:
    return {"test_mse": figures.reconstruction(model, test), "test_nats": figures.nats(model, test)}


def _judged(model, test: Images, home: Path) -> dict:
    of = next(name for name in SETS if home.name.startswith(name))
    judge = stored.load(home.with_name(f"{of}-judge"))
    return {
        **_draws(model, test, home),
        "asked_is_judged": figures.obedience(model, judge),
        "judge_accuracy": figures.accuracy(judge, test),
    }


def _recognises(model, test: Images, home: Path) -> dict:
    return {"test_accuracy": figures.accuracy(model, test)}


# What a judge sees of the images that it learns from, and how its card says so.
VARIED = {
    "mnist": (lambda x: shifted(x, 2), " It learnt images that were moved by up to two pixels."),
    "fashion": (
        lambda x: softened(shifted(x, 2, flip=True)),
        " It learnt images that were moved by up to two pixels, mirrored, and half of them blurred: what a model draws is seldom sharp.",
    ),
}
RECIPES = {
    "mnist-judge": _judge("mnist", 8),
    "fashion-judge": _judge("fashion", 16),
    "fashion-linear": _autoencoder("linear", 40, 1e-3),
    "fashion-stacked": _autoencoder("stacked", 80, 2e-3),
    "fashion-tied": _autoencoder("tied", 80, 2e-3),
    "fashion-denoising": _autoencoder("denoising", 80, 2e-3, kind="gaussian", amount=0.2),
    "fashion-sparse-l1": _autoencoder("sparse-l1", 60, 2e-3),
    "fashion-sparse-kl": _autoencoder("sparse-kl", 60, 2e-3),
    "fashion-conv": _autoencoder("conv", 25, 2e-3, "bf16"),
    "fashion-recurrent": _autoencoder("recurrent", 40, 3e-3),
    "mnist-vae-2": _vae("mnist", "conv-wide", 2, 30),
    "mnist-vae-16": _vae("mnist", "conv-wide", 16, 25),
    "mnist-vae-classes": _vae("mnist", "conv-wide", 3, 16, classes=10),
    "fashion-vae-2": _vae("fashion", "conv", 2, 30),
    "fashion-vae-10": _vae("fashion", "dense", 10, 40),
    "fashion-vae-16": _vae("fashion", "conv-wide", 16, 25),
    "fashion-vae-classes": _vae("fashion", "conv-wide", 16, 20, classes=10, beta=5.0),
}


def read(of: str) -> tuple[Images, Images, Images]:
    """(to learn from, to choose the best epoch by, to measure on)."""
    train = _part(of, "train")
    order = np.random.default_rng(0).permutation(len(train))
    return train.part(order[HELD:]), train.part(order[:HELD]), read_test(of)


def read_test(of: str) -> Images:
    """What is measured on."""
    return _part(of, "test")


def _part(of: str, part: str) -> Images:
    _, name, names = SETS[of]
    (path,) = stage.data(f"images/{name}_{part}.npz")
    with np.load(path, allow_pickle=False) as file:
        return Images(file["x"], file["y"].astype(np.int64), names)


def task_of(recipe: Recipe, seed: int, train: Images, held: Images) -> tuple[nn.Module, Trainable]:
    """A model with fresh weights and its task."""
    torch.manual_seed(seed)
    if recipe.blueprint.family == JUDGE:
        judge, (vary, _) = Judge(SHAPE, recipe.blueprint.classes), VARIED[recipe.of]
        return judge, JudgeTask(judge, Examples(train, vary), Examples(held))
    model = build(recipe.blueprint)
    return model, CoderTask(model, Examples(train), Examples(held))


def make(name: str, options: stage.Options) -> Path | None:
    """One of them; None when its training is not over yet."""
    recipe = RECIPES[name]
    train, held, test = read(recipe.of)
    model, task = task_of(recipe, options.seed, train, held)
    rate = {ALL: recipe.rate}
    plan = Plan((Phase(recipe.epochs, rate),), recipe.batch, warmup=0.02, weight_decay=0.0, seed=options.seed, precision=recipe.precision)
    told = stage.train(name, task, plan, options)
    if told is None:
        return None
    return publish.replace_folder(
        options.into / name, lambda folder: _write(folder, options.into / name, recipe, model, ({**told, "seed": options.seed}, test))
    )


def points(coding: int) -> int:
    """How many images are on the map that is stored of a model with codes of so many numbers."""
    return FEWER if coding >= LONG_CODES else latent.MOST


def _write(folder: Path, home: Path, recipe: Recipe, model: nn.Module, known: tuple[dict, Images]) -> None:
    told, test = known
    stored.save(folder, recipe.blueprint, model, test.names, torch.float16)
    again = stored.load(folder)
    found = recipe.figures(again, test, home)
    sample = recipe.figures(again, test.part(slice(0, SAMPLE)), home)
    if recipe.blueprint.family != JUDGE:
        latent.save(folder, latent.plane(again, test, with_images=False).first(points(again.coding)))
    title = (
        recipe.blueprint.family if recipe.blueprint.family == JUDGE else variant_title(recipe.blueprint.family, recipe.blueprint.variant)
    )
    beta = f", β = {recipe.blueprint.options['beta']:g}" if "beta" in recipe.blueprint.options else ""
    history = told["history"]
    body = CARD.format(
        name=home.name,
        kind=KINDS[recipe.blueprint.family].format(title=title.lower() + beta, coding=getattr(again, "coding", 0)),
        classes=" It is told the class of an image." if recipe.blueprint.classes and recipe.blueprint.family != JUDGE else "",
        varied=VARIED[recipe.of][1] if recipe.blueprint.family == JUDGE else "",
        data=SETS[recipe.of][0],
        parameters=parameters(model),
        figures=publish.table(list(_said(found)), ("on the 10,000 test images", "")),
        mapped=MAP.format(count=min(points(again.coding), len(test))) if recipe.blueprint.family != JUDGE else "",
        held=HELD,
        epoch=told["best_epoch"],
        epochs=len(history),
        minutes=told["seconds"] / 60,
        machine=told["machine"],
        precision=told["precision"],
        seed=told["seed"],
    )
    publish.write_card(
        folder,
        {**found, "sample": sample, "parameters": parameters(model), "training": told},
        body,
        "pytorch",
        TASKS[recipe.blueprint.family],
    )


def _said(found: dict):
    """The figures as rows of a table."""
    for name, value in found.items():
        if name == "test_nats":
            yield "−ELBO, nats an image", f"{value['total']:.2f} (pixels {value['reconstruction']:.2f}, KL {value['kl']:.2f})"
            yield "active units", f"{value['active']}"
        elif name in NAMED:
            yield NAMED[name], f"{value:.4f}"


if __name__ == "__main__":
    chosen = stage.options(__doc__, tuple(RECIPES))
    for one in chosen.only:
        if make(one, chosen) is None:
            break
