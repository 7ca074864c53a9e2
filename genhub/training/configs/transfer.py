"""The options of transfer learning on images: what another network has learnt already, put to use for classes of one's own."""

from dataclasses import dataclass

from genhub.options import Config, option

WAYS = {  # way → (what it is called, what learns)
    "frozen": ("Frozen base, new head", "The base stays as it is; only a new last layer learns."),
    "fine-tune": ("Fine-tuned", "Then everything learns on, in small steps."),
    "lora": (
        "LoRA",
        "Or beside each frozen convolution, of a vision transformer beside queries and values, a narrow pair of new ones, and the head.",
    ),
    "scratch": ("From drawn weights", "The same network without what the base knows, for as many epochs: what is the base worth?"),
}
TRANSFERRED = tuple(way for way in WAYS if way != "scratch")  # ways that take the base over


@dataclass(frozen=True)
class TransferConfig(Config):
    """Teach an image classifier classes of one's own, from a network that knows others."""

    model: str = option("embedded/fashion-judge", "The network that is taken over: one of ours, or one of the Hub.", label="Base", high=120)
    fine_tune: bool = option(True, "After the head, all layers learn on with a small learning rate.", label="Fine-tune")
    lora: bool = option(
        True,
        "After the head, low-rank adapters of the convolutions learn beside the frozen base; of a vision transformer those of queries and values.",
        label="LoRA",
    )
    scratch: bool = option(
        True,
        "The same network learns from drawn weights, too, for as many epochs: it says what the base is worth.",
        label="From drawn weights",
    )
    keep: str = option(
        "best", "The way whose model the run keeps; best: most right on the validation images.", choices=("best", *TRANSFERRED)
    )
    epochs: int | None = option(None, "Times that every image is seen, in each way; empty: the more, the fewer images.", low=1, high=500)
    shift: int = option(2, "Pixels by which each image is moved at most before it is learnt from, anew each time; 0: none.", low=0, high=4)
    head_rate: float = option(3e-3, "Largest step size of a new head on a frozen base.", low=1e-6, high=0.1, advanced=True)
    learning_rate: float = option(
        3e-4, "Largest step size where all layers learn: small, or what the base knows is washed away.", low=1e-7, high=0.1, advanced=True
    )
    lora_rate: float = option(3e-3, "Largest step size of low-rank adapters.", label="LoRA rate", low=1e-6, high=0.1, advanced=True)
    rank: int = option(4, "Channels of the narrow convolution of an adapter.", low=1, high=64, advanced=True)
    batch_size: int | None = option(
        None, "Images an optimiser step; empty: the fewer there are, the fewer.", low=4, high=1_024, advanced=True
    )
    warmup: float = option(0.05, "Share of the steps in which the learning rate rises.", low=0.0, high=0.5, advanced=True)
    weight_decay: float = option(0.01, "Decoupled weight decay.", low=0.0, high=1.0, advanced=True)
    clip: float = option(5.0, "Largest gradient norm of a step.", low=0.01, high=1_000.0, advanced=True)
    patience: int = option(0, "Epochs without gain after which a way stops early; 0: never.", low=0, high=100, advanced=True)
    test_share: float = option(0.2, "Share of each class kept for the verdict.", low=0.02, high=0.5, advanced=True)
    validation_share: float = option(0.15, "Share kept to choose the best epoch by.", low=0.02, high=0.5, advanced=True)
    precision: str = option(
        "auto", "Arithmetic of the forward pass; auto measures which is faster here.", choices=("auto", "fp32", "bf16"), advanced=True
    )
    seed: int = option(0, "Decides the new layers, the parts and the order of the images.", low=0, high=2**31 - 1)

    @property
    def method(self) -> str:
        """What a passport says of how a model was made."""
        return "transfer"

    @property
    def ways(self) -> tuple[str, ...]:
        """What is trained, in this order: the head first, from which two others go on."""
        asked = {"fine-tune": self.fine_tune, "lora": self.lora, "scratch": self.scratch}
        return ("frozen", *(way for way, wanted in asked.items() if wanted))


TRANSFER_PRESETS = {
    "Every way": {"fine_tune": True, "lora": True, "scratch": True},
    "A new head alone": {"fine_tune": False, "lora": False, "scratch": False},
}
