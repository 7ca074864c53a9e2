"""The options of language models: decoding one, adapting one to a text; what strategies are called."""

from dataclasses import dataclass

from genhub.options import Config, option
from genhub.training.configs.classify import MORE_METHODS

# What a decoding strategy is called, what it does, and what it tends to; shown on the page and by the command line.
STRATEGIES = {
    "greedy": ("Greedy", "The most probable token, every time.", "Repeats itself; perplexity far below that of people's texts."),
    "sample": ("Sampling", "A token drawn from the whole distribution.", "As varied as people write, and now and then off the rails."),
    "top-k": (
        "Top-k",
        "Drawn from the k most probable tokens (Fan et al. 2018).",
        "Safer than sampling; k is too many in some places, too few in others.",
    ),
    "nucleus": (
        "Nucleus (top-p)",
        "Drawn from the fewest tokens that hold p of the probability (Holtzman et al. 2020).",
        "Varied, without the oddest of what sampling draws.",
    ),
    "min-p": (
        "Min-p",
        "Drawn from tokens at least min-p times as probable as the best one (Nguyen et al. 2024).",
        "Holds together at high temperatures.",
    ),
    "typical": (
        "Locally typical",
        "Drawn from tokens whose surprise is near the entropy (Meister et al. 2023).",
        "Avoids the too probable as well as the too odd.",
    ),
    "epsilon": (
        "Epsilon",
        "Drawn from tokens above a fixed probability (Hewitt et al. 2022).",
        "Like sampling without the worst of its tail.",
    ),
    "eta": (
        "Eta",
        "Drawn from tokens above a probability that falls with the entropy (Hewitt et al. 2022).",
        "Epsilon, more lenient where much is possible.",
    ),
    "top-h": (
        "Top-h",
        "Drawn from tokens that hold a share h of the entropy (Potraghloo et al. 2025).",
        "Bold where the model is sure, careful where it is not.",
    ),
    "beam": (
        "Beam search",
        "The most probable whole continuation that a few parallel hypotheses find.",
        "Probable, short and repetitive: right for translation, dull for stories.",
    ),
    "beam-sample": ("Beam sampling", "Beams that draw their continuations.", "Between beam search and sampling."),
}

# The options that bear on a strategy, the one it is named after first; penalties, length, ending and seed bear on all.
STRATEGY_OPTIONS = {
    "greedy": (),
    "sample": ("temperature",),
    "top-k": ("top_k", "temperature"),
    "nucleus": ("top_p", "temperature"),
    "min-p": ("min_p", "temperature"),
    "typical": ("typical_p", "temperature"),
    "epsilon": ("epsilon", "temperature"),
    "eta": ("eta", "temperature"),
    "top-h": ("top_h", "temperature"),
    "beam": ("beams", "length_penalty"),
    "beam-sample": ("beams", "length_penalty", "temperature"),
}


@dataclass(frozen=True)
class GenerateConfig(Config):
    """Continue a text with a causal language model. Options of other strategies than the chosen one have no effect."""

    model: str = option("embedded/stories", "The language model: an embedded one or owner/name on the Hub.", low=1, high=120)
    strategy: str = option("nucleus", "How the next token is chosen.", choices=tuple(STRATEGIES))
    max_new_tokens: int = option(120, "Tokens to write, at most.", low=1, high=1_024)
    temperature: float = option(1.0, "Logits are divided by it: below 1 sharper, above 1 flatter.", low=0.01, high=100.0)
    top_k: int = option(40, "Tokens kept by top-k.", low=1, high=1_000)
    top_p: float = option(0.95, "Share of the probability that nucleus sampling keeps.", low=0.01, high=1.0)
    min_p: float = option(0.05, "Least share of the best token's probability that min-p keeps.", low=0.0, high=1.0)
    typical_p: float = option(0.95, "Share of the probability that typical sampling keeps.", low=0.01, high=0.999)
    epsilon: float = option(0.001, "Least probability that epsilon sampling keeps.", low=1e-6, high=0.5)
    eta: float = option(0.001, "The probability below which eta sampling may cut.", low=1e-6, high=0.5)
    top_h: float = option(0.4, "Share of the entropy that top-h keeps.", low=0.01, high=1.0)
    beams: int = option(4, "Parallel hypotheses of beam search.", low=2, high=8)
    length_penalty: float = option(1.0, "Beam scores are divided by length to this power: 0 favours short texts.", low=-5.0, high=5.0)
    repetition_penalty: float = option(
        1.0, "Logits of tokens that have occurred are divided by it (Keskar et al. 2019); 1: off.", low=0.5, high=5.0, advanced=True
    )
    no_repeat_ngram: int = option(0, "No run of so many tokens occurs twice; 0: off.", low=0, high=20, advanced=True)
    stop_at_end: bool = option(True, "Stop where the model ends the text itself.", advanced=True)
    seed: int = option(0, "Decides what is drawn.", low=0, high=2**31 - 1)


# What can be learnt of a language model; explained in METHOD_HELP.
ADAPT_METHODS = ("lora", "full", *MORE_METHODS)


@dataclass(frozen=True)
class AdaptConfig(Config):
    """Adapt a causal language model to a text: it learns to go on as the text does."""

    model: str = option("embedded/stories", "The language model: an embedded one or owner/name on the Hub.", low=1, high=120)
    method: str = option("lora", "Which parameters learn.", choices=ADAPT_METHODS)
    epochs: int = option(3, "Times the text is read.", low=1, high=100)
    batch_size: int | None = option(
        None, "Windows an optimiser step; empty: what suits the size of the text.", low=1, high=256, advanced=True
    )
    learning_rate: float | None = option(None, "Step size; empty: what suits the method.", low=1e-7, high=0.1, advanced=True)
    rank: int = option(8, "Width of the low-rank update (LoRA and its relatives).", low=1, high=64, advanced=True)
    alpha: int = option(16, "Scale of the low-rank update: it is multiplied by alpha / rank.", low=1, high=256, advanced=True)
    window: int = option(128, "Tokens that are read together; a token is predicted from those before it in its window.", low=8, high=1_024)
    warmup: float = option(0.05, "Share of the steps in which the learning rate rises.", low=0.0, high=0.5, advanced=True)
    weight_decay: float = option(0.0, "Decoupled weight decay of AdamW.", low=0.0, high=1.0, advanced=True)
    clip: float = option(1.0, "Largest gradient norm of a step.", low=0.01, high=100.0, advanced=True)
    patience: int = option(
        2,
        "Epochs without gain on the validation text, in the second half of the training, before it stops early; 0: never.",
        low=0,
        high=100,
        advanced=True,
    )
    test_share: float = option(0.1, "Share of the text kept for the verdict.", low=0.02, high=0.5, advanced=True)
    validation_share: float = option(0.1, "Share of the text kept to choose the best epoch.", low=0.02, high=0.5, advanced=True)
    samples: int = option(6, "How many samples the run writes on its way; 0: none.", low=0, high=50)
    sample_tokens: int = option(60, "Tokens of a sample.", low=1, high=256, advanced=True)
    sample_prompt: str = option("", "What a sample goes on from; empty: the beginning of the held-out text.", high=400)
    precision: str = option(
        "auto", "Arithmetic of the forward pass; auto measures which is faster here.", choices=("auto", "fp32", "bf16"), advanced=True
    )
    seed: int = option(0, "Decides the split, the order of the windows, the new weights and the samples.", low=0, high=2**31 - 1)


ADAPT_PRESETS = {  # every preset decides the same options
    "Quick": {"method": "lora", "epochs": 1, "rank": 4},
    "Balanced": {"method": "lora", "epochs": 3, "rank": 8},
    "Thorough": {"method": "lora", "epochs": 8, "rank": 16},
}
