"""Every variant of every family, in one table: how it is built, and which options it knows. What it is called is said in its config.

    model = build(Blueprint("vae", "conv", Shape(1, 28, 28), coding=2))

Adding a model is one file of its own and one entry here. A blueprint is all that has to be stored beside the weights.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

from genhub.errors import UserError
from genhub.images.coder import Drawer, Shape
from genhub.training.configs.images import VARIANTS

LEAST_SIDE, MOST_SIDE = 8, 64


@dataclass(frozen=True)
class Blueprint:
    """coding: numbers of a code; 0 for what the variant has by itself. classes: of a conditional model, else 0. options: what the variant
    knows besides, see `Variant.options`."""

    family: str
    variant: str
    shape: Shape
    coding: int = 0
    classes: int = 0
    options: Mapping[str, object] = field(default_factory=dict)

    def to_dict(self) -> dict:
        return {**asdict(self), "options": dict(self.options)}

    @classmethod
    def from_dict(cls, value: Mapping) -> "Blueprint":
        return cls(**{**value, "shape": Shape(**value["shape"])})


@dataclass(frozen=True)
class Variant:
    """where: "module:class" in genhub.images. fixed: arguments that make this variant of the class. options: names that a blueprint may
    set. coding: what the course has. sides: what an image's sides must be a multiple of."""

    name: str
    where: str
    coding: int
    fixed: Mapping[str, object] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    sides: int = 1


AUTOENCODERS = (
    Variant("linear", "dense:DenseAutoencoder", 30, {"hidden": (), "activation": None}),
    Variant("stacked", "dense:DenseAutoencoder", 30),
    Variant("tied", "dense:TiedAutoencoder", 30),
    Variant("layerwise", "dense:DenseAutoencoder", 30),
    Variant("deep", "dense:DenseAutoencoder", 30, {"hidden": (1000, 500), "dropout": 0.1}),
    Variant("deep-linear", "dense:DenseAutoencoder", 30, {"hidden": (1000, 500), "activation": None}),
    Variant("conv", "conv:ConvAutoencoder", 576, sides=1),
    Variant("recurrent", "recurrent:RecurrentAutoencoder", 30),
    Variant("denoising", "denoising:DenoisingAutoencoder", 30, options=("kind", "amount")),
    Variant("sparse-l1", "sparse:SparseAutoencoder", 300, {"penalty": "l1"}, ("weight",)),
    Variant("sparse-kl", "sparse:SparseAutoencoder", 300, {"penalty": "kl"}, ("weight", "target")),
)  # fmt: skip
OF_THE_BOUND = ("beta", "averaged")
VAES = (
    Variant("dense", "vae:DenseVAE", 4, options=OF_THE_BOUND),
    Variant("conv", "vae:ConvVAE", 2, options=OF_THE_BOUND, sides=4),
    Variant("conv-wide", "vae:ConvVAE", 16, {"hidden": 128}, OF_THE_BOUND, 4),
    Variant("kl", "kl:KLAutoencoder", 49, options=("beta",), sides=4),
)  # fmt: skip
OF_THE_DISCRIMINATOR = ("spread", "spectral")
GANS = (
    Variant("dense", "gans.dense:DenseGAN", 100, options=OF_THE_DISCRIMINATOR),
    Variant("dense-small", "gans.dense:DenseGAN", 30, {"hidden": (100, 150), "small": True, "dropout": 0.0}, OF_THE_DISCRIMINATOR),
    Variant("conv", "gans.conv:ConvGAN", 30, options=OF_THE_DISCRIMINATOR),
    Variant("dcgan", "gans.dcgan:DCGAN", 100, options=("normed", *OF_THE_DISCRIMINATOR), sides=4),
    Variant("dcgan-narrow", "gans.dcgan:DCGAN", 32, {"filters": (64, 32)}, ("normed", *OF_THE_DISCRIMINATOR), 4),
)  # fmt: skip
DIFFUSIONS = (
    Variant("unet", "diffusion.unet:Diffusion", 0, sides=4),
    Variant("unet-narrow", "diffusion.unet:Diffusion", 0, {"widths": (24, 48, 48)}, sides=4),
)
FAMILIES: dict[str, dict[str, Variant]] = {
    "autoencoder": {each.name: each for each in AUTOENCODERS},
    "vae": {each.name: each for each in VAES},
    "gan": {each.name: each for each in GANS},
    "diffusion": {each.name: each for each in DIFFUSIONS},
}


def get(family: str, variant: str) -> Variant:
    """Raises UserError for what there is not, naming what there is."""
    if family not in FAMILIES:
        raise UserError(f"There is no family “{str(family)[:40]}”.", f"Families: {', '.join(FAMILIES)}.", "Choose one of them.", "family")
    if variant not in FAMILIES[family]:
        what = f"There is no variant “{str(variant)[:40]}” of {family}."
        raise UserError(what, f"Variants: {', '.join(FAMILIES[family])}.", "Choose one of them.", "variant")
    return FAMILIES[family][variant]


def title(family: str, variant: str) -> str:
    """What a variant is called."""
    return VARIANTS[family][variant][0]


def build(blueprint: Blueprint) -> Drawer:
    """The model with fresh weights, drawn from torch's generator. Raises UserError for a size that the variant cannot have."""
    variant, shape = get(blueprint.family, blueprint.variant), blueprint.shape
    for side in (shape.height, shape.width):
        if not LEAST_SIDE <= side <= MOST_SIDE or side % variant.sides:
            what = f"Images of {shape.height} × {shape.width} pixels do not fit {title(blueprint.family, variant.name)}."
            limit = f"Sides from {LEAST_SIDE} to {MOST_SIDE} pixels" + (f", multiples of {variant.sides}." if variant.sides > 1 else ".")
            raise UserError(what, limit, "Choose another size.", "side")
    module, _, name = variant.where.partition(":")
    builder: Callable[..., Drawer] = getattr(importlib.import_module(f"genhub.images.{module}"), name)
    told = {key: value for key, value in blueprint.options.items() if key in variant.options}
    if blueprint.classes:
        told["classes"] = blueprint.classes
    if blueprint.coding:
        told["coding"] = blueprint.coding
    elif variant.name != "conv" or blueprint.family != "autoencoder":
        told["coding"] = variant.coding
    return builder(shape, **variant.fixed, **told)
