"""What differs between adapting a language model, training one from scratch, tuning a translator and training image models: data for the
parts of the section."""

from dataclasses import dataclass, field

from genhub.lab import EXAMPLE_PREFIX, EXAMPLES
from genhub.options import Config
from genhub.training.configs import (
    ADAPT_PRESETS,
    IMAGE_PRESETS,
    SCRATCH_PRESETS,
    TRANSFER_PRESETS,
    TUNE_PRESETS,
    AdaptConfig,
    AutoencoderConfig,
    DiffusionConfig,
    GANConfig,
    ScratchConfig,
    TransferConfig,
    TuneConfig,
    VAEConfig,
)

GIVEN_BACK = "Above images that it does not learn from, below each what becomes of it."
MAP_THEN = "Where images that it does not learn from lie then, by class."


@dataclass(frozen=True)
class Kind:
    """task: in `genhub.tasks`. prefix: of the components' names, and of its stage in `ui.ways`. main: options that stand in view. presets: name → options that it
    decides. has_base: a pretrained model is chosen, and stands beside what was learnt. learns_from: "text", "pairs" or "images"; base_family:
    which models of the Hub do. plain: the library that the shown code needs. example: a recorded run in genhub/examples, and what it is recorded_of. short: the
    preset that a page for many begins with, where another one is shorter. in_a_frame, map_then: what a picture of the film shows, and the map below it."""

    task: str
    prefix: str
    stage: str
    intro: str
    config: type[Config]
    main: tuple[str, ...]
    preset: str
    presets: dict[str, dict] = field(default_factory=dict)
    has_base: bool = False
    learns_from: str = "text"
    base_family: str = "GPT-family"
    plain: str = "transformers"
    example: str = ""
    recorded_of: str = "the bundled text"
    short: str = ""
    in_a_frame: str = ""
    map_then: str = ""

    def name(self, part: str) -> str:
        """The component of this section that plays a part."""
        return f"{self.prefix}_{part}"

    def names(self, *parts: str) -> list[str]:
        return [self.name(part) for part in parts]

    def first_preset(self, public: bool) -> str:
        """The one that the form begins with: in public, where others wait for their turn, the short one."""
        return self.short if public and self.short else self.preset

    @property
    def pack_whole(self) -> str:
        """The button that packs a model for other libraries; "" where what the run holds is that already."""
        if self.task == "diffusion":
            return "Pack for plain diffusers"
        return "Pack as one merged model" if self.has_base and self.learns_from != "images" else ""

    @property
    def recorded(self) -> str:
        """The id of the recorded run; "" where there is none."""
        there = self.example and (EXAMPLES / self.example / "metrics.json").exists()
        return EXAMPLE_PREFIX + self.example if there else ""

    @property
    def options(self) -> list[str]:
        """Options that have a field: the column of a table is chosen with the text."""
        return [option.name for option in self.config.options() if option.name != "text_column"]

    @property
    def fields(self) -> list[str]:
        return self.names(*self.options)


ADAPT = Kind(
    task="generate",
    prefix="adapt",
    stage="7  Adapt",
    intro=(
        "Teach a language model to write like a text of yours: a small adapter learns, the model stays as it is. What it gained is "
        "measured on the last part of the text, which it has not read, beside the model without the adapter and beside counting."
    ),
    config=AdaptConfig,
    main=("model", "method", "epochs", "seed"),
    preset="Balanced",
    short="Quick",
    presets=ADAPT_PRESETS,
    has_base=True,
    example="harbour-stories",
)
SCRATCH = Kind(
    task="scratch",
    prefix="scratch",
    stage="8  From scratch",
    intro=(
        "A character model begins with drawn weights and writes noise; minutes later it writes names, lines and something like sentences. "
        "Watch the loss fall and the samples change."
    ),
    config=ScratchConfig,
    main=("architecture", "steps", "width", "layers", "window", "seed"),
    preset="GPT, 1 minute",
    presets=SCRATCH_PRESETS,
    example="harbour-gpt",
)
TUNE = Kind(
    task="translate",
    prefix="tune",
    stage="6  Adapt",
    intro=(
        "Teach a translation model pairs of yours: terms, names, a manner of speaking. What it gained is measured on sources that it has not "
        "learnt from, beside the model as it was, and what it forgot on everyday sentences."
    ),
    config=TuneConfig,
    main=("model", "method", "epochs", "seed"),
    preset="Balanced",
    short="Quick",
    presets=TUNE_PRESETS,
    has_base=True,
    learns_from="pairs",
    base_family="Marian, T5, mBART or M2M",
)
VAE = Kind(
    task="vae",
    prefix="vae",
    stage="4  Train a VAE",
    intro=(
        "A variational autoencoder learns to describe each image by a few numbers, so that numbers drawn at random are images, too. Watch the "
        "same codes become pictures, and what the code costs beside the pixels."
    ),
    config=VAEConfig,
    main=("variant", "coding", "epochs", "beta", "conditional", "seed"),
    preset="Map of two dimensions",
    presets=IMAGE_PRESETS["vae"],
    learns_from="images",
    example="digits-vae",
    recorded_of="the digits",
    plain="PyTorch",
    in_a_frame=GIVEN_BACK + " Then images that it draws, always from the same codes.",
    map_then=MAP_THEN,
)
AUTOENCODER = Kind(
    task="autoencoder",
    prefix="autoencoder",
    stage="5  Train an autoencoder",
    intro=(
        "An autoencoder squeezes an image through a narrow code and gives it back. How little of it is lost is measured on images that it has "
        "not seen, beside PCA with a code of the same size."
    ),
    config=AutoencoderConfig,
    main=("variant", "coding", "epochs", "seed"),
    preset="Dense",
    presets=IMAGE_PRESETS["autoencoder"],
    learns_from="images",
    plain="PyTorch",
    in_a_frame=GIVEN_BACK,
    map_then=MAP_THEN,
)
GAN = Kind(
    task="gan",
    prefix="gan",
    stage="6  Train a GAN",
    intro=(
        "A generator draws images of numbers, a discriminator says which images are real, and each learns from what the other does. Watch the "
        "balance between them, break it, and repair it."
    ),
    config=GANConfig,
    main=("variant", "loss", "conditional", "epochs", "ratio", "smoothing", "spread", "replay", "spectral", "seed"),
    preset="DCGAN",
    presets=IMAGE_PRESETS["gan"],
    learns_from="images",
    example="digits-gan",
    recorded_of="the digits",
    plain="PyTorch",
    in_a_frame="Images that it draws, always from the same codes.",
    map_then="Unseen real images, by class, and drawn ones, as a judge sees them then.",
)
DIFFUSION = Kind(
    task="diffusion",
    prefix="diffusion",
    stage="7  Train a diffusion model",
    intro=(
        "It learns to tell the noise on an image from the image. Then it draws: it begins with nothing but noise and takes it away, a little at "
        "every step."
    ),
    config=DiffusionConfig,
    main=("variant", "conditional", "epochs", "seed"),
    preset="U-Net",
    presets=IMAGE_PRESETS["diffusion"],
    learns_from="images",
    plain="PyTorch and diffusers",
    in_a_frame=GAN.in_a_frame.replace("codes", "noise"),
    map_then=GAN.map_then,
)
TRANSFER = Kind(
    task="transfer",
    prefix="transfer",
    stage="12  Transfer",
    intro=(
        "Teach a network that knows other images the classes of yours: a new head on the frozen base, then everything in small steps, or LoRA "
        "beside the frozen layers, and the same network from drawn weights; all on one split, in one table."
    ),
    config=TransferConfig,
    main=("model", "keep", "fine_tune", "lora", "scratch", "epochs", "seed"),
    preset="Every way",
    short="A new head alone",
    presets=TRANSFER_PRESETS,
    has_base=True,
    base_family="ResNet or ViT",
    learns_from="images",
    plain="PyTorch",
)
WRITERS = (ADAPT, SCRATCH)  # on the tab Generate
PAINTERS = (VAE, AUTOENCODER, GAN, DIFFUSION)  # on the tab Images
KINDS = (*WRITERS, TUNE, *PAINTERS, TRANSFER)


def remembered(learn) -> dict[str, str]:
    """The text in use and the run shown of each kind, by name: what the browser kept belongs to the visitor and may hold anything."""
    known = {name for kind in KINDS for name in kind.names("text", "run")}
    kept = learn.items() if isinstance(learn, dict) else ()
    return {name: value for name, value in kept if name in known and isinstance(value, str)}
