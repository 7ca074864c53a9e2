"""The options of fine-tuning a classifier, what its methods are called, and its presets."""

from dataclasses import dataclass

from genhub.errors import UserError
from genhub.options import Config, option

MAIN_METHODS = ("frozen", "lora", "bottleneck", "full", "freeze-then-finetune")
MORE_METHODS = ("dora", "rslora", "adalora", "ia3", "vera", "loha", "lokr", "oft", "miss", "shira", "lntuning", "bitfit")

# What a method is called and what it does, in one sentence with its source; shown on the page and by the command line.
METHOD_HELP = {
    "frozen": (
        "Frozen encoder",
        "Only a linear head learns, on features computed once: a result in seconds, and the baseline of all others.",
    ),
    "lora": ("LoRA", "Low-rank updates beside the attention's matrices learn, the model stays as it is (Hu et al. 2021)."),
    "bottleneck": ("Bottleneck adapters", "Two small layers after attention and feed-forward of every block learn (Houlsby et al. 2019)."),
    "full": ("Full fine-tuning", "Every parameter learns: slow, a full copy of the model a task, easily drifts from what was pretrained."),
    "freeze-then-finetune": (
        "Freeze, then fine-tune",
        "The new head learns on a frozen base first, then everything with a very small learning rate.",
    ),
    "dora": ("DoRA", "LoRA with direction and magnitude of each weight learned apart (Liu et al. 2024)."),
    "rslora": (
        "Rank-stabilised LoRA",
        "LoRA scaled by the square root of its rank, so that large ranks keep learning (Kalajdzievski 2023).",
    ),
    "adalora": ("AdaLoRA", "LoRA that moves its rank to the matrices that need it (Zhang et al. 2023)."),
    "ia3": ("IA³", "Three learned vectors rescale keys, values and feed-forward activations (Liu et al. 2022)."),
    "vera": ("VeRA", "One shared random low-rank pair; only two scaling vectors a layer learn (Kopiczko et al. 2023)."),
    "loha": ("LoHa", "The update is a Hadamard product of two low-rank products (Hyeon-Woo et al. 2021)."),
    "lokr": ("LoKr", "The update is a Kronecker product of small matrices (Yeh et al. 2023)."),
    "oft": ("OFT", "Weights are turned by learned orthogonal matrices (Qiu et al. 2023)."),
    "miss": ("MiSS", "One small matrix, shared over shards of the weight, is the update (Kang and Yin 2024)."),
    "shira": ("SHiRA", "A sparse set of the weights themselves is updated (Bhardwaj et al. 2024)."),
    "lntuning": ("LayerNorm tuning", "Only the layer norms learn (Zhao et al. 2023)."),
    "bitfit": ("BitFit", "Only the biases learn (Ben Zaken et al. 2021)."),
}


@dataclass(frozen=True)
class ClassifyConfig(Config):
    """Fine-tune a BERT-family encoder to put one label on a text."""

    model: str = option("embedded/minilm-l6", "The pretrained encoder: an embedded one or owner/name on the Hub.", low=1, high=120)
    method: str = option("lora", "Which parameters learn.", choices=MAIN_METHODS + MORE_METHODS)
    text_column: str = option("", "Column with the texts; empty: `text`, or the one with the longest entries.", high=200)
    label_column: str = option("", "Column with the labels; empty: the last one.", high=200)
    epochs: int = option(4, "Times each training row is seen.", low=1, high=100)
    batch_size: int | None = option(
        None,
        "Rows an optimiser step; empty: 8 for fewer than 1,000 rows to learn from, 16 for fewer than 4,000, else 32.",
        low=1,
        high=512,
        advanced=True,
    )
    learning_rate: float | None = option(
        None, "Step size of the encoder's new or freed parameters; empty: what suits the method.", low=1e-7, high=0.1, advanced=True
    )
    head_learning_rate: float | None = option(
        None, "Step size of the new head; empty: what suits the method.", low=1e-6, high=1.0, advanced=True
    )
    rank: int = option(8, "Width of the low-rank update (LoRA and its relatives).", low=1, high=64, advanced=True)
    alpha: int = option(16, "Scale of the low-rank update: it is multiplied by alpha / rank.", low=1, high=256, advanced=True)
    bottleneck: int = option(32, "Hidden units of each bottleneck adapter.", low=1, high=512, advanced=True)
    dropout: float = option(0.1, "Share of the sentence vector set to zero in training.", low=0.0, high=0.9, advanced=True)
    max_length: int = option(128, "Longest text in tokens; the rest is cut off.", low=8, high=512, advanced=True)
    class_weights: str = option("none", "Weigh rare classes up: `balanced` makes each class count the same.", choices=("none", "balanced"))
    warmup: float = option(0.1, "Share of the steps in which the learning rate rises.", low=0.0, high=0.5, advanced=True)
    weight_decay: float = option(0.01, "Decoupled weight decay of AdamW.", low=0.0, high=1.0, advanced=True)
    clip: float = option(1.0, "Largest gradient norm of a step.", low=0.01, high=100.0, advanced=True)
    label_smoothing: float = option(0.0, "Share of the target spread over all classes.", low=0.0, high=0.5, advanced=True)
    patience: int = option(
        2,
        "Epochs without gain on the validation rows, in the second half of the training, before it stops early; 0: never.",
        low=0,
        high=100,
        advanced=True,
    )
    test_share: float = option(
        0.2, "Share of the rows kept for the verdict (when no test table is given).", low=0.05, high=0.5, advanced=True
    )
    validation_share: float = option(0.1, "Share of the training rows kept to choose the best epoch.", low=0.05, high=0.5, advanced=True)
    folds: int | None = option(
        None,
        "Cross-validation folds; 0: one hold-out split; empty: 5 below 300 rows, 3 below 1,000, else 0.",
        low=0,
        high=10,
        advanced=True,
    )
    precision: str = option(
        "auto", "Arithmetic of the forward pass; auto measures which is faster here.", choices=("auto", "fp32", "bf16"), advanced=True
    )
    seed: int = option(0, "Decides the split, the order of the rows and the new weights.", low=0, high=2**31 - 1)

    def __post_init__(self):
        super().__post_init__()
        if self.folds == 1:
            raise UserError("Folds is 1.", "0 is one hold-out split; cross-validation needs 2 to 10.", "Leave it empty.", "folds")


PRESETS = {  # every preset decides the same options
    "Quick": {"method": "frozen", "epochs": 4, "rank": 8, "patience": 2},
    "Balanced": {"method": "lora", "epochs": 4, "rank": 8, "patience": 2},
    "Thorough": {"method": "lora", "epochs": 10, "rank": 16, "patience": 3},
}
