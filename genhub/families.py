"""What kinds of models we load, and what each must look like: data that `genhub.hub` and its children go by.

A family is the models that one class of transformers, or of diffusers, loads for one kind of work. To which family a model belongs
is said in its config.json, by transformers as `model_type`, by diffusers as `_class_name`: no architecture is in two. Where models
of a family are offered, `genhub.catalog` lists them under the family's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from genhub import catalog
from genhub.errors import UserError

Range = tuple[int, int]


@dataclass(frozen=True)
class Family:
    """`name` is also the task of a catalog entry. noun, work: "it is an encoder", "it does not write text". types: architectures.

    auto: the class of transformers, or of diffusers. spare: how the names of tensors begin that may be missing, because nothing here uses them
    (a head that is tied to the embedding is not missing: transformers knows). pads: texts are read side by side, which takes a
    padding token. pools: states become one vector. writes: generation_config.json counts. pairs: it reads one text and writes
    another, which begins with a token of its own. sizes: least and most of what
    config.json may say, by transformers' standard name. own_names: what an architecture calls a size itself. needed: sizes that
    config.json has to say. wide_heads: architectures whose heads may be wider or narrower than their share of hidden_size.
    pictures: it reads images, and has no tokenizer. lists: sizes said layer by layer: how many at most, and their range.
    """

    name: str
    noun: str
    work: str
    types: tuple[str, ...]
    auto: str
    sizes: Mapping[str, Range]
    spare: tuple[str, ...] = ()
    pads: bool = False
    pools: bool = False
    writes: bool = False
    pairs: bool = False
    own_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    needed: tuple[str, ...] = ("hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size")
    wide_heads: tuple[str, ...] = ()
    pictures: bool = False
    lists: Mapping[str, tuple[int, Range]] = field(default_factory=dict)


ENCODER = Family(
    name="encoder",
    noun="an encoder",
    work="classify texts",
    types=catalog.ENCODER_TYPES,
    auto="AutoModel",
    spare=("pooler.",),
    pads=True,
    pools=True,
    sizes={
        **dict.fromkeys(("hidden_size", "embedding_size", "pooler_hidden_size"), (8, 4_096)),
        "intermediate_size": (8, 16_384),
        **dict.fromkeys(("num_hidden_layers", "num_hidden_groups", "inner_group_num"), (1, 48)),
        "num_attention_heads": (1, 64),
        "vocab_size": (10, 600_000),
        "max_position_embeddings": (8, 32_768),
        "type_vocab_size": (0, 16),
        "num_labels": (1, 10_000),
    },
    own_names={
        "distilbert": {
            "hidden_size": "dim",
            "intermediate_size": "hidden_dim",
            "num_hidden_layers": "n_layers",
            "num_attention_heads": "n_heads",
        },
    },
)

CAUSAL = Family(
    name="causal-lm",
    noun="a language model",
    work="write text",
    types=catalog.CAUSAL_TYPES,
    auto="AutoModelForCausalLM",
    writes=True,
    sizes={
        **dict.fromkeys(("hidden_size", "word_embed_proj_dim"), (8, 8_192)),
        "intermediate_size": (8, 65_536),
        "num_hidden_layers": (1, 96),
        **dict.fromkeys(("num_attention_heads", "num_key_value_heads"), (1, 128)),
        "head_dim": (2, 512),
        "vocab_size": (10, 600_000),
        **dict.fromkeys(("max_position_embeddings", "sliding_window", "window_size"), (8, 1_000_000)),
        "pretraining_tp": (1, 64),
    },
    own_names={
        "gpt2": {
            "hidden_size": "n_embd",
            "intermediate_size": "n_inner",
            "num_hidden_layers": "n_layer",
            "num_attention_heads": "n_head",
            "max_position_embeddings": "n_positions",
        },
        "gpt_neo": {"num_hidden_layers": "num_layers", "num_attention_heads": "num_heads"},
        "opt": {"intermediate_size": "ffn_dim"},
        "bloom": {"hidden_size": "n_embed", "num_hidden_layers": "n_layer", "num_attention_heads": "n_head"},
    },
    wide_heads=("llama", "mistral", "qwen2", "qwen3", "phi", "olmo2", "smollm3"),
)

BART_NAMES = {  # of what an encoder and a decoder have each, the encoder's
    "hidden_size": "d_model",
    "intermediate_size": "encoder_ffn_dim",
    "num_hidden_layers": "encoder_layers",
    "num_attention_heads": "encoder_attention_heads",
}
SEQ2SEQ = Family(
    name="seq2seq",
    noun="a translation model",
    work="translate",
    types=catalog.SEQ2SEQ_TYPES,
    auto="AutoModelForSeq2SeqLM",
    pads=True,
    writes=True,
    pairs=True,
    sizes={
        "hidden_size": (8, 4_096),
        "intermediate_size": (8, 65_536),
        "decoder_ffn_dim": (8, 65_536),
        **dict.fromkeys(("num_hidden_layers", "decoder_layers", "num_decoder_layers"), (1, 48)),
        **dict.fromkeys(("num_attention_heads", "decoder_attention_heads"), (1, 64)),
        "d_kv": (2, 512),
        "vocab_size": (10, 600_000),
        "max_position_embeddings": (8, 32_768),
        **dict.fromkeys(("relative_attention_num_buckets", "relative_attention_max_distance"), (2, 4_096)),
    },
    own_names={
        **dict.fromkeys(("marian", "mbart", "m2m_100"), BART_NAMES),
        "t5": {
            "hidden_size": "d_model",
            "intermediate_size": "d_ff",
            "num_hidden_layers": "num_layers",
            "num_attention_heads": "num_heads",
        },
    },
    wide_heads=("t5",),
)

VISION = Family(
    name="image-classifier",
    noun="an image classifier",
    work="tell images apart",
    types=catalog.VISION_TYPES,
    auto="AutoModelForImageClassification",
    spare=("classifier.",),  # its head is drawn anew for the classes that it is taught
    pictures=True,
    sizes={
        **dict.fromkeys(("hidden_size", "embedding_size"), (8, 4_096)),
        "intermediate_size": (8, 16_384),
        "num_hidden_layers": (1, 48),
        "num_attention_heads": (1, 64),
        "image_size": (16, 512),
        "patch_size": (2, 64),
        "num_channels": (3, 3),
    },
    needed=(),
    lists={"hidden_sizes": (8, (8, 8_192)), "depths": (8, (1, 64))},
)

DIFFUSION = Family(
    name="image-diffusion",
    noun="a diffusion model",
    work="draw images",
    types=catalog.DIFFUSION_TYPES,
    auto="UNet2DModel",
    pictures=True,
    sizes={
        "sample_size": (8, 128),
        **dict.fromkeys(("in_channels", "out_channels"), (1, 3)),
        "layers_per_block": (1, 8),
        **dict.fromkeys(("attention_head_dim", "norm_num_groups", "attn_norm_num_groups"), (1, 512)),
        "time_embedding_dim": (8, 8_192),
    },
    needed=("sample_size", "in_channels", "out_channels"),
    lists={"block_out_channels": (8, (8, 2_048))},
)

FAMILIES = {family.name: family for family in (ENCODER, CAUSAL, SEQ2SEQ, VISION, DIFFUSION)}

# Keys of config.json that an architecture reads although its configuration class does not list them.
ROTARY_KEYS = frozenset({"rope_theta", "rope_scaling", "partial_rotary_factor", "original_max_position_embeddings", "head_dim"})
OTHER_KEYS: Mapping[str, frozenset[str]] = {
    "deberta-v2": frozenset({"position_buckets", "share_att_key", "norm_rel_ebd", "conv_kernel_size", "conv_groups", "conv_act"}),
    "modernbert": frozenset({"global_attn_every_n_layers", "global_rope_theta", "local_rope_theta"}),
    "bloom": frozenset({"n_embed"}),
    "gpt_neox": frozenset({"rope_scaling", "rotary_pct", "rotary_emb_base"}),
    **dict.fromkeys(CAUSAL.wide_heads, ROTARY_KEYS),
}
# Bases of rotary positions, which grow with the length a model reads.
BASES = ("rope_theta", "rotary_emb_base", "global_rope_theta", "local_rope_theta")


def kind_of(config: Mapping) -> object:
    """The architecture that a config.json names."""
    return config.get("model_type", config.get("_class_name"))


def of_type(kind: object) -> Family | None:
    """The family of an architecture, None for one that is on no list."""
    return next((family for family in FAMILIES.values() if kind in family.types), None)


def check_task(model_id: str, task: str, wanted: str) -> None:
    """Raises UserError, naming models that do, when a model of the family `task` is to do the work of the family `wanted`, if any."""
    if wanted in ("", task):
        return
    is_one = FAMILIES[task].noun if task in FAMILIES else f"a model for {task}"
    others = catalog.names(wanted)
    raise UserError(
        f"“{model_id}” is {is_one}: it does not {FAMILIES[wanted].work}.",
        f"That takes {FAMILIES[wanted].noun}.",
        f"Choose one of {others}." if others else "Choose another model.",
        "model",
    )
