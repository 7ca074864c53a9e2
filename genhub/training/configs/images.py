"""The options of image models: reading a set of images, training autoencoders, VAEs, GANs and diffusion models on it, drawing images with a trained model."""

from dataclasses import dataclass

from genhub.errors import UserError
from genhub.options import Config, option

NOISES = ("gaussian", "dropout", "white")
AUTOENCODERS = {  # variant → (what it is called, what it is)
    "linear": ("Linear", "One dense layer in, one out, no activation: it finds the plane that PCA finds."),
    "stacked": ("Stacked", "Dense layers of 100 units around the code, SELU."),
    "tied": ("Tied weights", "The decoder uses the encoder's matrices, transposed: half the weights."),
    "layerwise": ("Layer by layer", "One pair of layers learns at a time, then all of them together."),
    "deep": ("Deep, with dropout", "1,000 and 500 units around the code, dropout between them."),
    "deep-linear": ("Deep without activation", "1,000 and 500 units and no activation anywhere: three layers that are no better than one."),
    "conv": ("Convolutional", "Convolutions of 16, 32 and 64 filters with pooling, transposed ones back."),
    "recurrent": ("Recurrent", "LSTMs read the image row by row and write it row by row."),
    "denoising": ("Denoising", "It sees a damaged image and is to give back the whole one."),
    "sparse-l1": ("Sparse, L1", "A wide code; every unit that is on costs something."),
    "sparse-kl": ("Sparse, KL", "A wide code; each unit is to be on for one image in ten."),
}
VAES = {  # variant → (what it is called, what it is)
    "dense": ("Dense", "784 – 128 – 4 and back."),
    "conv": ("Convolutional", "Strided convolutions of 32 and 64 filters, dense 16."),
    "conv-wide": ("Convolutional, wide", "A dense layer of 128 in place of 16 between convolutions and code: better pictures."),
    "kl": ("AutoencoderKL", "The autoencoder of latent diffusion, small: its code is a picture itself."),
}
GANS = {  # variant → (what it is called, what it is)
    "dense": ("Dense", "100 – 256 – 512 – 1024 – pixels against pixels – 1024 – 512 – 256 – 1."),
    "dense-small": ("Dense, small", "30 – 100 – 150 – pixels and back, SELU."),
    "conv": ("Convolutional", "Transposed convolutions of 32 and 16 filters against 16, 32 and 64 with pooling and dropout."),
    "dcgan": ("DCGAN", "Strided convolutions and batch norm, by Radford's five rules."),
    "dcgan-narrow": ("DCGAN, narrow", "The same with half the filters: about half the time."),
}
DIFFUSIONS = {  # variant → (what it is called, what it is)
    "unet": ("U-Net", "32, 64 and 64 channels, attention at the bottom; it takes noise away."),
    "unet-narrow": ("U-Net, narrow", "The same with 24, 48 and 48 channels."),
}
LOSSES = ("non-saturating", "saturating", "wasserstein", "hinge", "least-squares")
PROBABLE = ("non-saturating", "saturating", "least-squares")  # the discriminator says a probability, or a guess at 0 or 1
LEAST_TRUNCATION = 0.1
CRITIC_STEPS, CRITIC_PENALTY = 3, 10.0  # of a Wasserstein loss, where nobody says


@dataclass(frozen=True)
class ImageSetConfig(Config):
    """How a set of images is read."""

    side: int = option(
        0, "Pixels of a side that images are scaled to, a multiple of 4; 0: their own where it can stay, else 32.", low=0, high=64
    )
    grey: bool = option(False, "Take the colours out.")

    def __post_init__(self):
        super().__post_init__()
        if self.side and (self.side % 4 or self.side < 8):
            what = f"Images of {self.side} × {self.side} pixels."
            raise UserError(what, "A side is a multiple of 4, from 8 to 64.", f"Take {max(8, self.side // 4 * 4)}.", "side")


@dataclass(frozen=True)
class DrawConfig(Config):
    """Draw images with a trained model."""

    n: int = option(64, "How many; on the page at most 256.", label="Images", low=1, high=10_000)
    label: str = option("", "Of a conditional model the class that is drawn; empty: every class in turn.", high=80)
    temperature: float = option(1.0, "Standard deviation of the codes.", low=0.0, high=3.0)
    truncation: float = option(0.0, "Numbers of a code farther out are drawn again; 0: none.", low=0.0, high=5.0)
    steps: int = option(25, "Of a diffusion model: in how many the noise is taken away.", low=1, high=1_000)
    guidance: float = option(1.0, "Of a diffusion model that is told the class: how much that counts; 1: as it learnt.", low=0.0, high=20.0)
    chance: float = option(0.0, "Of a diffusion model: noise that comes anew at each step; 0: DDIM, 1: DDPM.", low=0.0, high=1.0)
    seed: int = option(0, "Decides the codes.", low=0, high=2**31 - 1)

    def __post_init__(self):
        super().__post_init__()
        if 0 < self.truncation < LEAST_TRUNCATION:
            what = f"Truncation is {self.truncation:g}: hardly any number of a code lies there."
            raise UserError(what, f"0, or from {LEAST_TRUNCATION:g} to 5.", f"Take {LEAST_TRUNCATION:g}.", "truncation")


@dataclass(frozen=True)
class EnlargeConfig(Config):
    """A set of drawn images."""

    each: int = option(100, "Of every class; of a model that is told none, in all.", label="Images a class", low=1, high=10_000)


@dataclass(frozen=True)
class ImageConfig(Config):
    """What the training of every image model has."""

    epochs: int | None = option(None, "Times that every image is seen; empty: the more, the fewer images there are.", low=1, high=1_000)
    batch_size: int | None = option(
        None, "Images an optimiser step; empty: the fewer there are, the fewer.", low=4, high=1_024, advanced=True
    )
    learning_rate: float | None = option(None, "Largest step size; empty: what suits the variant.", low=1e-6, high=0.1, advanced=True)
    warmup: float = option(0.05, "Share of the steps in which the learning rate rises.", low=0.0, high=0.5, advanced=True)
    weight_decay: float = option(0.0, "Decoupled weight decay.", low=0.0, high=1.0, advanced=True)
    clip: float = option(5.0, "Largest gradient norm of a step.", low=0.01, high=1_000.0, advanced=True)
    patience: int = option(0, "Epochs without gain after which it stops early; 0: never.", low=0, high=100, advanced=True)
    test_share: float = option(0.15, "Share of the images kept for the verdict.", low=0.02, high=0.5, advanced=True)
    validation_share: float = option(0.1, "Share kept to watch the training and choose its best epoch.", low=0.02, high=0.5, advanced=True)
    frames: int = option(60, "Pictures of what the model makes on its way; 0: none.", low=0, high=200)
    precision: str = option(
        "auto", "Arithmetic of the forward pass; auto measures which is faster here.", choices=("auto", "fp32", "bf16"), advanced=True
    )
    seed: int = option(0, "Decides the first weights, the order of the images and all draws.", low=0, high=2**31 - 1)

    @property
    def method(self) -> str:
        """What a passport says of how a model was made."""
        return self.variant


@dataclass(frozen=True)
class CodedConfig(ImageConfig):
    """Of a model whose code has as many numbers as one likes."""

    coding: int = option(0, "Numbers that an image is described by: the bottleneck; 0: what the variant has.", low=0, high=2_048)


@dataclass(frozen=True)
class AutoencoderConfig(CodedConfig):
    """Train an autoencoder on images. Options of other variants have no effect."""

    variant: str = option("stacked", "What is trained.", choices=tuple(AUTOENCODERS))
    kind: str = option("gaussian", "How a denoising autoencoder's images are damaged.", label="Damage", choices=NOISES)
    amount: float = option(0.2, "How much: of noise its standard deviation, else the share of the pixels.", low=0.0, high=1.0)
    weight: float | None = option(None, "What the sparsity of a code counts; empty: what suits.", low=0.0, high=10.0, advanced=True)
    target: float = option(0.1, "The share of images that a unit is to be on for (KL).", low=0.001, high=0.999, advanced=True)


@dataclass(frozen=True)
class VAEConfig(CodedConfig):
    """Train a variational autoencoder on images."""

    variant: str = option("conv", "What is trained.", choices=tuple(VAES))
    beta: float | None = option(
        None,
        "What the KL counts beside the reconstruction, both summed; empty: what suits, 1 (the ELBO), of AutoencoderKL 0.001.",
        low=0.0,
        high=100.0,
    )
    averaged: bool = option(
        False,
        "A mistake, to be seen: the pixels' term is their mean, not their sum, so that the KL counts many times too much.",
        advanced=True,
    )
    conditional: bool = option(False, "Tell the model the class of each image, so that it can be asked for one.")


@dataclass(frozen=True)
class GANConfig(CodedConfig):
    """Train a generative adversarial network on images."""

    variant: str = option("dcgan", "What is trained.", choices=tuple(GANS))
    conditional: bool = option(False, "Tell both networks the class of each image, so that the generator can be asked for one.")
    loss: str = option("non-saturating", "What the two lose.", choices=LOSSES)
    critics: int | None = option(
        None,
        "Steps of the discriminator for one of the generator; empty: 1, of a Wasserstein loss 3.",
        label="Discriminator steps",
        low=1,
        high=10,
    )
    penalty: float | None = option(
        None, "What the gradient penalty counts; empty: 0, of a Wasserstein loss 10.", label="Gradient penalty", low=0.0, high=100.0
    )
    ratio: float = option(
        1.0, "The discriminator's learning rate over the generator's.", label="Rate of the discriminator", low=0.05, high=20.0
    )
    smoothing: float = option(
        0.0, "Real images count as 1 minus this: a discriminator that is never quite sure.", label="Label smoothing", low=0.0, high=0.5
    )
    noisy_labels: bool = option(False, "Both targets are off by a draw from 0 to 0.05.")
    noise: float = option(0.0, "Noise on all that the discriminator sees: its standard deviation at first; it fades.", low=0.0, high=1.0)
    replay: bool = option(False, "Half of the fake images are older ones.", label="Experience replay")
    spread: bool = option(False, "The discriminator sees how much the images of a batch differ.", label="Mini-batch standard deviation")
    spectral: bool = option(
        False, "Every layer of the discriminator has a largest singular value of 1, so that none is steep.", label="Spectral norm"
    )
    average: float = option(
        0.99,
        "The generator that draws is an exponential moving average, which keeps this much of itself at a step; 0: it is the last one.",
        low=0.0,
        high=0.9999,
    )
    warmup: float = option(0.0, "Share of the steps in which the learning rates rise.", low=0.0, high=0.5, advanced=True)
    clip: float = option(1_000.0, "Largest gradient norm of a step.", low=0.01, high=1_000.0, advanced=True)

    @property
    def steps_of_discriminator(self) -> int:
        return self.critics or (CRITIC_STEPS if self.loss == "wasserstein" else 1)

    @property
    def slope_penalty(self) -> float:
        if self.penalty is not None:
            return self.penalty
        return CRITIC_PENALTY if self.loss == "wasserstein" else 0.0

    @property
    def normed(self) -> bool:
        """Batch norm in the discriminator: not where each image's gradient counts alone, nor beside another norm."""
        return not self.slope_penalty and not self.spectral


@dataclass(frozen=True)
class DiffusionConfig(ImageConfig):
    """Train a diffusion model on images. Its code is the noise that it begins with."""

    @classmethod
    def from_dict(cls, values: dict) -> "DiffusionConfig":
        """As all do; a length of the code, which runs once wrote, is passed over."""
        return super().from_dict({name: value for name, value in values.items() if name != "coding"})

    variant: str = option("unet", "What is trained.", choices=tuple(DIFFUSIONS))
    conditional: bool = option(False, "Tell the model the class of each image, so that it can be asked for one, and guided.")
    average: float = option(
        0.995,
        "The network that draws is an exponential moving average, which keeps this much of itself at a step; 0: it is the last one.",
        low=0.0,
        high=0.9999,
    )


IMAGE_PRESETS = {
    "autoencoder": {
        "Dense": {"variant": "stacked", "coding": 0},
        "Convolutional": {"variant": "conv", "coding": 0},
        "Denoising": {"variant": "denoising", "coding": 0},
        "Deep": {"variant": "deep", "coding": 0},
        "PCA in disguise: Deep without activation": {"variant": "deep-linear", "coding": 0},
    },
    "vae": {
        "Map of two dimensions": {"variant": "conv-wide", "coding": 2, "beta": None, "averaged": False},
        "Good pictures": {"variant": "conv-wide", "coding": 16, "beta": None, "averaged": False},
        "Mistake: averaged pixels": {"variant": "conv-wide", "coding": 2, "beta": None, "averaged": True},
        "Mistake: β = 0.04": {"variant": "conv-wide", "coding": 2, "beta": 0.04, "averaged": False},
    },
    "gan": {
        "DCGAN": {"variant": "dcgan", "loss": "non-saturating", "ratio": 1.0, "spectral": False, "spread": False, "average": 0.99},
        "Wasserstein": {"variant": "dcgan", "loss": "wasserstein", "ratio": 1.0, "spectral": False, "spread": False, "average": 0.99},
        "Dense": {"variant": "dense", "loss": "non-saturating", "ratio": 1.0, "spectral": False, "spread": False, "average": 0.99},
        # On the digits: one class of ten is left, and a variety of 0.06; repaired eight, and 0.64.
        "Mistake: made to collapse": {
            "variant": "conv",
            "loss": "non-saturating",
            "ratio": 0.2,
            "spectral": False,
            "spread": False,
            "average": 0.0,
        },
        "Its repair: Wasserstein": {
            "variant": "conv",
            "loss": "wasserstein",
            "ratio": 1.0,
            "spectral": False,
            "spread": False,
            "average": 0.0,
        },
    },
    "diffusion": {"U-Net": {"variant": "unet", "conditional": False}, "Told the class": {"variant": "unet", "conditional": True}},
}
VARIANTS = {"autoencoder": AUTOENCODERS, "vae": VAES, "gan": GANS, "diffusion": DIFFUSIONS}  # by family
