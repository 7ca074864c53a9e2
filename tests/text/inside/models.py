"""Tiny models of every architecture that the catalog knows, with drawn weights, and a sentence for them."""

import torch
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

from genhub.text.causal import Causal, wrapped

SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
OWN_SIZES = {
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64},
    "modernbert": {**SIZES, "cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3},
    "gpt2": {"n_embd": 32, "n_head": 4, "n_layer": 2},
    "gpt_neo": {"hidden_size": 32, "num_layers": 2, "num_heads": 4, "attention_types": [[["global", "local"], 1]]},
    "bloom": {"hidden_size": 32, "n_head": 4, "n_layer": 2},
    "opt": {**SIZES, "ffn_dim": 64, "word_embed_proj_dim": 32},
} | {kind: {**SIZES, "num_key_value_heads": 2} for kind in ("llama", "mistral", "qwen2", "qwen3", "olmo2", "smollm3")}
ENDS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 1}
CLOSED = ("mpnet", "deberta-v2", "gpt_neo", "bloom")  # architectures that keep queries and keys to themselves
IDS = [5, 9, 20, 7, 33, 9, 41]


def drawn(kind: str, causal: bool):
    """A model of this architecture with two layers of four heads, its weights larger than usual, so that attention has opinions."""
    torch.manual_seed(0)
    sizes = OWN_SIZES.get(kind, SIZES)
    config = AutoConfig.for_model(kind, vocab_size=99, max_position_embeddings=66, **{**ENDS, **sizes})
    model = (AutoModelForCausalLM if causal else AutoModel).from_config(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 2:
                parameter.mul_(8 if "embed" not in name else 1)
    return model


def inputs() -> dict[str, torch.Tensor]:
    return {"input_ids": torch.tensor([IDS])}


class Numbers:
    """A tokeniser whose vocabulary is numbers: what `wrapped` asks of one."""

    eos_token_id = bos_token_id = 1

    def __len__(self) -> int:
        return 99


def language(kind: str) -> Causal:
    return wrapped(drawn(kind, causal=True), Numbers())
