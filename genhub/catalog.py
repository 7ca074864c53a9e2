"""The models we offer: data, not code. `embedded/<name>` ships with us, `owner/name` lives on the Hub.

Weights of ours that are nowhere else lie in genhub/zoo/<name>: such an entry has no hub_id, and needs no revision or sha256.
"""

import re
from dataclasses import dataclass

from genhub.errors import UserError

# Architectures whose encoder `AutoModel` loads without code from the repository.
ENCODER_TYPES = ("bert", "distilbert", "roberta", "albert", "electra", "mpnet", "xlm-roberta", "deberta-v2", "camembert", "modernbert")
# Architectures whose language model `AutoModelForCausalLM` loads without code from the repository.
CAUSAL_TYPES = ("gpt2", "gpt_neo", "gpt_neox", "opt", "bloom", "llama", "mistral", "qwen2", "qwen3", "phi", "olmo2", "smollm3")
# Architectures whose translator `AutoModelForSeq2SeqLM` loads without code from the repository.
SEQ2SEQ_TYPES = ("marian", "t5", "mbart", "m2m_100")
# Architectures of convolutions and of patches whose classifier `AutoModelForImageClassification` loads without code from the repository.
VISION_TYPES = ("resnet", "vit")
# Networks of diffusers' pipelines that draw images of nothing but noise.
DIFFUSION_TYPES = ("UNet2DModel",)
# OPUS-MT models of one pair of languages say so in their names.
OPUS = re.compile(r"(opus-mt(?:-tc)?(?:-(?:big|base|tiny))?)-([a-z]{2,3})-([a-z]{2,3})$", re.IGNORECASE)


@dataclass(frozen=True)
class Model:
    """`task` is the name of a family, see `genhub.families`. `parameters` counts weights, those that are used twice once.
    `megabytes` is the size of model.safetensors. `pooling` is how an encoder's sentence vector was trained: "mean" or "cls".
    `max_length`: the most tokens it reads at once, 0 without limit."""

    id: str
    task: str
    parameters: int
    megabytes: float
    licence: str
    source: str
    revision: str
    languages: tuple[str, ...]
    note: str
    pooling: str = ""
    max_length: int = 512
    sha256: str = ""  # of model.safetensors, where we know it
    hub_id: str = ""  # where an embedded model comes from
    weight_bytes: int = 4  # of each weight in the file: 2 where they are in bf16 or fp16
    variants: int = 1  # models of this shape in the file
    adaptable: bool = True  # has matrices that an adapter can be put beside
    mask_megabytes: float = 0.0  # of attention masks that files from before 2023 hold beside the weights


@dataclass(frozen=True)
class ImageModel:
    """An image model of ours, in genhub/zoo/<name>. of: the set of images that it learnt. title: what it is called beside the others."""

    id: str
    of: str
    title: str
    note: str

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.id.removeprefix("embedded/")


def _tells_images_apart(name: str, parameters: int, note: str) -> Model:
    """An image classifier whose body can be taught other classes."""
    ours = name.startswith("embedded/")
    size, source = (2, "genhub/zoo/recipes/images.py") if ours else (4, f"https://huggingface.co/{name}")
    megabytes, revision = round(parameters * size / 1e6, 2), "" if ours else "main"
    about = (parameters, megabytes, "Apache-2.0", source, revision, ("*",), note)
    return Model(name, "image-classifier", *about, max_length=0, weight_bytes=size)


def _of_hub(name: str, task: str, parameters: int, megabytes: float, languages: tuple[str, ...], note: str, **more) -> Model:
    """A model of the Hub, as its newest commit has it."""
    told = {"licence": "Apache-2.0", "source": f"https://huggingface.co/{name}", "revision": "main"} | more
    return Model(name, task, parameters, megabytes, languages=languages, note=note, **told)


def _translator(name: str, parameters: int, megabytes: float, note: str) -> Model:
    """One that comes with GenHub; its name says the languages."""
    told = {"licence": "Apache-2.0", "source": "genhub/zoo/recipes/translators.py", "revision": "", "max_length": 256, "weight_bytes": 2}
    return Model(f"embedded/{name}", "seq2seq", parameters, megabytes, languages=tuple(name.split("-")), note=note, **told)


MODELS = {
    model.id: model
    for model in (
        Model(
            id="embedded/minilm-l6",
            task="encoder",
            parameters=22_713_216,
            megabytes=90.9,
            licence="Apache-2.0",
            source="https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
            revision="c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
            languages=("en",),
            note="Six layers of BERT, trained on a billion sentence pairs. Small, quick, good at meaning.",
            pooling="mean",
            max_length=512,
            sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            hub_id="sentence-transformers/all-MiniLM-L6-v2",
        ),
        _of_hub(
            "google-bert/bert-base-uncased",
            "encoder",
            109_482_240,
            440.4,
            ("en",),
            "The original BERT: slower, the textbook's model.",
            pooling="mean",
        ),
        _of_hub(
            "distilbert/distilbert-base-uncased",
            "encoder",
            66_362_880,
            268.0,
            ("en",),
            "BERT distilled to six layers.",
            pooling="mean",
        ),
        _of_hub(
            "google/bert_uncased_L-4_H-256_A-4",
            "encoder",
            11_170_560,
            44.7,
            ("en",),
            "BERT-Mini: four small layers.",
            pooling="mean",
        ),
        _of_hub(
            "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
            "encoder",
            117_653_760,
            470.6,
            ("*",),
            "MiniLM for fifty languages.",
            pooling="mean",
        ),
        Model(
            id="embedded/stories",
            task="causal-lm",
            parameters=7_558_080,
            megabytes=15.1,
            licence="Apache-2.0",
            source="genhub/zoo/recipes/stories.py",
            revision="",
            languages=("en",),
            note="A GPT that tells children's stories, trained on old children's books and TinyStories by this project. Small and quick.",
            max_length=256,
            weight_bytes=2,
        ),
        Model(
            id="embedded/shakespeare",
            task="causal-lm",
            parameters=4_031_488,
            megabytes=8.1,
            licence="Apache-2.0",
            source="genhub/zoo/recipes/shakespeare.py",
            revision="",
            languages=("en",),
            note="A GPT over characters that writes plays, trained on tinyshakespeare by this project. Small and quick.",
            max_length=256,
            weight_bytes=2,
        ),
        *(
            Model(
                id=f"embedded/char-rnn{variant}",
                task="causal-lm",
                parameters=65_489,
                megabytes=0.263,
                licence="Apache-2.0",
                source="genhub/zoo/recipes/char_rnn.py",
                revision="",
                languages=("en",),
                note=f"The character RNN of the course: a GRU of 128 units, trained on tinyshakespeare by this project, {how}.",
                max_length=0,
                weight_bytes=2,
                variants=2,
                adaptable=False,
            )
            for variant, how in (
                ("", "its state carried from window to window (stateful)"),
                (":stateless", "each window from an empty state (stateless)"),
            )
        ),
        _translator(
            "en-es",
            7_708_672,
            15.2,
            "English into Spanish, trained on short everyday sentences of Tatoeba by this project. Small and quick.",
        ),
        _translator("es-en", 6_655_232, 13.1, "Spanish into English, begun with what embedded/en-es had learnt. Small and quick."),
        _of_hub(
            "openai-community/gpt2",
            "causal-lm",
            124_439_808,
            548.1,
            ("en",),
            "GPT-2, the smallest of the four of 2019: the textbook's language model.",
            max_length=1_024,
            mask_megabytes=50.3,
            licence="MIT",
        ),
        _of_hub(
            "distilbert/distilgpt2",
            "causal-lm",
            81_912_576,
            352.8,
            ("en",),
            "GPT-2 distilled to six layers.",
            max_length=1_024,
            mask_megabytes=25.2,
        ),
        _of_hub(
            "HuggingFaceTB/SmolLM2-135M",
            "causal-lm",
            134_515_008,
            269.1,
            ("en",),
            "A small Llama of 2024, trained on two trillion tokens.",
            max_length=8_192,
            weight_bytes=2,
        ),
        _of_hub(
            "EleutherAI/pythia-70m",
            "causal-lm",
            70_426_624,
            166.0,
            ("en",),
            "The smallest Pythia: made to study how language models learn.",
            max_length=2_048,
            weight_bytes=2,
            mask_megabytes=25.2,
        ),
        *(
            Model(
                f"Helsinki-NLP/opus-mt-{source}-{target}",
                "seq2seq",
                parameters,
                round(parameters * 4 / 1e6, 1),
                "Apache-2.0",
                f"https://huggingface.co/Helsinki-NLP/opus-mt-{source}-{target}",
                "main",
                (source, target),
                "OPUS-MT: a Marian model with six layers a side, trained on web texts of the OPUS collection.",
            )
            for source, target, parameters in (
                ("en", "es", 77_943_296),
                ("es", "en", 77_943_296),
                ("en", "fr", 75_133_952),
                ("fr", "en", 75_133_952),
            )
        ),
        _of_hub(
            "google-t5/t5-small",
            "seq2seq",
            60_506_624,
            242.0,
            ("en", "de", "fr", "ro"),
            "T5, the small one: asked in words to translate from English into German, French or Romanian.",
        ),
        *(
            _tells_images_apart(*about)
            for about in (
                (
                    "embedded/fashion-judge",
                    467_818,
                    "A small convolutional network that knows the clothes of Fashion-MNIST, grey and 28 × 28.",
                ),
                ("embedded/mnist-judge", 467_818, "The same network, which knows the handwritten digits of MNIST."),
                (
                    "microsoft/resnet-18",
                    11_689_512,
                    "ResNet with 18 layers (He et al. 2016), which knows the thousand classes of ImageNet.",
                ),
                (
                    "microsoft/resnet-50",
                    25_557_032,
                    "ResNet with 50 layers (He et al. 2016), which knows the thousand classes of ImageNet.",
                ),
                ("facebook/deit-tiny-patch16-224", 5_717_416, "A small vision transformer (Touvron et al. 2021): an image as 196 patches."),
                ("google/vit-base-patch16-224", 86_567_656, "The vision transformer (Dosovitskiy et al. 2021): an image as 196 patches."),
            )
        ),
        _of_hub(
            "1aurent/ddpm-mnist",
            "image-diffusion",
            1_070_000,  # of the size of the file
            4.3,
            ("*",),
            "Handwritten digits, by a small U-Net trained with the scripts of diffusers.",
            max_length=0,
            licence="MIT",
        ),
        _of_hub(
            "google/ddpm-cifar10-32",
            "image-diffusion",
            35_746_307,
            143.0,
            ("*",),
            "Small photographs like those of CIFAR-10, by the network of the first DDPM (Ho et al. 2020). Slow without a GPU.",
            max_length=0,
        ),
    )
}


DIGITS, CLOTHES = "MNIST: handwritten digits", "Fashion-MNIST: clothes"
IMAGE_MODELS = {
    f"embedded/{name}": ImageModel(f"embedded/{name}", of, title, note)
    for name, of, title, note in (
        ("mnist-vae-2", DIGITS, "VAE, two numbers", "A map of the digits: every place on it can be decoded."),
        ("mnist-vae-classes", DIGITS, "VAE told the digit, 3 numbers", "Draws the digit that it is asked for."),
        ("mnist-vae-16", DIGITS, "VAE, 16 numbers", "Better pictures than two numbers can say."),
        ("fashion-vae-2", CLOTHES, "VAE, two numbers", "A map of the clothes."),
        (
            "fashion-vae-classes",
            CLOTHES,
            "VAE told the class, β = 5",
            "Draws the sort of thing that it is asked for, typical rather than varied.",
        ),
        ("fashion-gan", CLOTHES, "GAN, 12 numbers", "A narrow DCGAN; stage 10 plays against its discriminator along its training."),
        ("fashion-gan-classes", CLOTHES, "GAN told the class", "A narrow conditional DCGAN: sharper than the VAE."),
        ("fashion-wgan", CLOTHES, "GAN, Wasserstein loss", "A narrow DCGAN with a critic and a gradient penalty."),
        ("mnist-gan-classes", DIGITS, "GAN told the digit", "A narrow conditional DCGAN."),
        ("fashion-diffusion", CLOTHES, "Diffusion told the class", "A small U-Net that takes noise away, in as many steps as you like."),
        ("fashion-vae-16", CLOTHES, "VAE, 16 numbers", "Shapes and shades, hardly patterns."),
        ("fashion-vae-10", CLOTHES, "VAE, dense, ten numbers", "Dense layers only."),
        ("fashion-linear", CLOTHES, "Autoencoder, linear", "One layer in, one out: PCA by another way."),
        ("fashion-stacked", CLOTHES, "Autoencoder, stacked", "100 – 30 – 100 units, the course's."),
        ("fashion-tied", CLOTHES, "Autoencoder, tied weights", "The decoder's matrices are the encoder's, transposed."),
        ("fashion-conv", CLOTHES, "Autoencoder, convolutional", "A code of 576 numbers: hardly anything is lost."),
        ("fashion-recurrent", CLOTHES, "Autoencoder, recurrent", "LSTMs read an image row by row and write it again."),
        ("fashion-denoising", CLOTHES, "Autoencoder, denoising", "Gives back whole images of noisy ones."),
        ("fashion-sparse-l1", CLOTHES, "Autoencoder, sparse (L1)", "300 numbers, most of them zero."),
        ("fashion-sparse-kl", CLOTHES, "Autoencoder, sparse (KL)", "300 numbers, each on for one image in ten."),
    )
}


# Those that draw the class that they are told.
TOLD_CLASSES = tuple(
    f"embedded/{name}"
    for name in ("mnist-gan-classes", "mnist-vae-classes", "fashion-gan-classes", "fashion-vae-classes", "fashion-diffusion")
)
# Sets of images that a conditional model of ours draws: synthetic ones, where the real ones are not at hand. name → (model, what they are).
DRAWN_SETS = {
    "drawn-digits": ("embedded/mnist-vae-classes", "4,000 synthetic digits of 28 × 28 pixels, drawn by embedded/mnist-vae-classes"),
    "drawn-clothes": ("embedded/fashion-vae-classes", "4,000 synthetic clothes of 28 × 28 pixels, drawn by embedded/fashion-vae-classes"),
}
DRAWN_IMAGES = 4_000
# The GAN whose moments along its training are kept, the side and channels of its images, and who plays real ones where there are none: the
# first of these that is here.
ALONG, ALONG_SHAPE = "embedded/fashion-gan", (28, 1)
PLAY_REAL = ("embedded/fashion-gan-classes", "embedded/fashion-diffusion", "embedded/fashion-vae-classes")


def get(model_id: str, task: str = "") -> Model:
    """The catalog's entry. Raises UserError, naming what there is for the task, for an id that is not in it."""
    if model_id not in MODELS:
        raise UserError(f"The catalog has no model “{model_id[:80]}”.", "Only those it lists.", f"Choose one of {names(task)}.", "model")
    return MODELS[model_id]


def names(task: str = "") -> str:
    """The ids we offer for a task, or all, for a sentence."""
    return ", ".join(model.id for model in MODELS.values() if task in ("", model.task))


def hub_id(model_id: str) -> str:
    """The id under which anybody finds a model: an embedded one is also on the Hub."""
    entry = MODELS.get(model_id)
    return entry.hub_id if entry and entry.hub_id else model_id


def of_task(task: str) -> list[Model]:
    return [model for model in MODELS.values() if model.task == task]


def languages_of(model_id: str) -> tuple[str, str]:
    """Source and target of a translator for one pair, by the catalog or by its name; "" where neither tells."""
    entry = MODELS.get(model_id)
    if entry and len(entry.languages) == 2:
        return entry.languages
    named = OPUS.search(model_id)
    return (named[2].lower(), named[3].lower()) if named else ("", "")


def opposite(model_id: str) -> str:
    """The translator for the other direction of the same pair, by the catalog or by its name; "" where neither tells."""
    entry = MODELS.get(model_id)
    turned = [other for other in MODELS.values() if entry and other.task == entry.task and other.languages == entry.languages[::-1]]
    if entry and len(entry.languages) == 2 and turned:
        return min(turned, key=lambda other: other.id.partition("/")[0] != model_id.partition("/")[0]).id
    return OPUS.sub(lambda named: f"{named[1]}-{named[3]}-{named[2]}", model_id) if OPUS.search(model_id) else ""
