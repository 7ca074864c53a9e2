"""Where an adapter goes: the names of the linear maps and norms in a layer of each architecture, in one table."""

from dataclasses import dataclass, replace

from genhub.errors import UserError

ENCODER, LANGUAGE, TRANSLATOR = "FEATURE_EXTRACTION", "CAUSAL_LM", "SEQ_2_SEQ_LM"  # as PEFT names what a model is for


@dataclass(frozen=True)
class Layout:
    """Where things are in a layer of an architecture, as endings of module names.

    task_type: what a model of this architecture is for, in PEFT's words
    transposed: its linear maps are GPT-2's `Conv1D`, whose weight is stored the other way round
    """

    query: tuple[str, ...]
    key: tuple[str, ...]
    value: tuple[str, ...]
    ends: tuple[str, ...]  # last linear maps of the attention and, as the last of them, of the feed-forward part
    inner: tuple[str, ...]  # first linear maps of the feed-forward part
    norms: tuple[str, ...] = ("LayerNorm",)
    task_type: str = ENCODER
    transposed: bool = False

    @property
    def attention(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.query + self.key + self.value))

    @property
    def linear(self) -> tuple[str, ...]:
        return self.attention + self.ends + self.inner

    @property
    def targets(self) -> list[str]:
        """The maps that low-rank methods change: query and value of an encoder, every linear map of a model that writes."""
        return list(dict.fromkeys(self.query + self.value if self.task_type == ENCODER else self.linear))


def _fused(name: str, ends: tuple[str, str], inner: str, norms: tuple[str, ...], transposed: bool = False) -> Layout:
    """A language model with one map for queries, keys and values."""
    return Layout((name,), (name,), (name,), ends, (inner,), norms, LANGUAGE, transposed)


_BERT = Layout(("query",), ("key",), ("value",), ("attention.output.dense", "output.dense"), ("intermediate.dense",))
_NEOX_ENDS, _NEOX_INNER = "mlp.dense_4h_to_h", "mlp.dense_h_to_4h"
_LLAMA = Layout(
    ("self_attn.q_proj",),
    ("self_attn.k_proj",),
    ("self_attn.v_proj",),
    ("self_attn.o_proj", "mlp.down_proj"),
    ("mlp.gate_proj", "mlp.up_proj"),
    ("input_layernorm", "post_attention_layernorm", "norm"),
    LANGUAGE,
)
# Encoder and decoder, self-attention and cross-attention alike.
_BART = Layout(
    ("q_proj",),
    ("k_proj",),
    ("v_proj",),
    ("out_proj", "fc2"),
    ("fc1",),
    ("self_attn_layer_norm", "encoder_attn_layer_norm", "final_layer_norm"),
    TRANSLATOR,
)
LAYOUTS = {
    "bert": _BERT,
    "roberta": _BERT,
    "xlm-roberta": _BERT,
    "camembert": _BERT,
    "electra": _BERT,
    "deberta-v2": replace(_BERT, query=("query_proj",), key=("key_proj",), value=("value_proj",)),
    "mpnet": Layout(("attn.q",), ("attn.k",), ("attn.v",), ("attn.o", "output.dense"), ("intermediate.dense",)),
    "distilbert": Layout(
        ("q_lin",), ("k_lin",), ("v_lin",), ("out_lin", "ffn.lin2"), ("ffn.lin1",), ("LayerNorm", "sa_layer_norm", "output_layer_norm")
    ),
    "albert": Layout(("query",), ("key",), ("value",), ("attention.dense", "ffn_output"), ("ffn",), ("LayerNorm", "full_layer_layer_norm")),
    "modernbert": Layout(("attn.Wqkv",), ("attn.Wqkv",), ("attn.Wqkv",), ("attn.Wo", "mlp.Wo"), ("mlp.Wi",), ("mlp_norm", "final_norm")),
    "gpt2": _fused("attn.c_attn", ("attn.c_proj", "mlp.c_proj"), "mlp.c_fc", ("ln_1", "ln_2", "ln_f"), transposed=True),
    "gpt_neo": Layout(
        ("attention.q_proj",),
        ("attention.k_proj",),
        ("attention.v_proj",),
        ("attention.out_proj", "mlp.c_proj"),
        ("mlp.c_fc",),
        ("ln_1", "ln_2", "ln_f"),
        LANGUAGE,
    ),
    "gpt_neox": _fused(
        "attention.query_key_value",
        ("attention.dense", _NEOX_ENDS),
        _NEOX_INNER,
        ("input_layernorm", "post_attention_layernorm", "final_layer_norm"),
    ),
    "bloom": _fused(
        "self_attention.query_key_value",
        ("self_attention.dense", _NEOX_ENDS),
        _NEOX_INNER,
        ("input_layernorm", "post_attention_layernorm", "word_embeddings_layernorm", "ln_f"),
    ),
    "opt": Layout(
        ("self_attn.q_proj",),
        ("self_attn.k_proj",),
        ("self_attn.v_proj",),
        ("self_attn.out_proj", "fc2"),
        ("fc1",),
        ("self_attn_layer_norm", "final_layer_norm"),
        LANGUAGE,
    ),
    "phi": Layout(
        ("self_attn.q_proj",),
        ("self_attn.k_proj",),
        ("self_attn.v_proj",),
        ("self_attn.dense", "mlp.fc2"),
        ("mlp.fc1",),
        ("input_layernorm", "final_layernorm"),
        LANGUAGE,
    ),
    "llama": _LLAMA,
    "mistral": _LLAMA,
    "qwen2": _LLAMA,
    "qwen3": _LLAMA,
    "smollm3": _LLAMA,
    "marian": _BART,
    "mbart": _BART,
    "m2m_100": _BART,
    "t5": Layout(
        ("SelfAttention.q", "EncDecAttention.q"),
        ("SelfAttention.k", "EncDecAttention.k"),
        ("SelfAttention.v", "EncDecAttention.v"),
        ("SelfAttention.o", "EncDecAttention.o", "wo"),
        ("wi", "wi_0", "wi_1"),
        ("layer_norm",),
        TRANSLATOR,
    ),
    "olmo2": replace(_LLAMA, norms=("post_attention_layernorm", "post_feedforward_layernorm", "norm")),
}


def layout(kind: str, task_type: str = "") -> Layout:
    """Raises UserError for an architecture that the table does not have, or not for this kind of work."""
    known = [name for name, places in LAYOUTS.items() if task_type in ("", places.task_type)]
    if kind not in known:
        raise UserError(f"“{kind}” models cannot be adapted here.", f"Known: {', '.join(known)}.", "Choose another model.", "model")
    return LAYOUTS[kind]
