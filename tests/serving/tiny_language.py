"""A tiny GPT-2 over words where a download from the Hub would have put it, under the present GENHUB_HOME."""

from pathlib import Path

import torch

from tests.serving.tiny_runs import store
from tests.tiny import WORDS

MODEL = "tests/tiny-gpt"
REVISION = "b" * 40
POSITIONS = 64


def byte_tokenizer(folder: Path, positions: int = POSITIONS):
    """A byte-level tokeniser over WORDS, saved in `folder` as transformers does; token 0 begins and ends a text."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast

    built = ByteLevelBPETokenizer()
    built.train_from_iterator([" ".join(WORDS)] * 3, vocab_size=320, min_frequency=1, special_tokens=["<|endoftext|>"], show_progress=False)
    end = "<|endoftext|>"
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=built._tokenizer, bos_token=end, eos_token=end, model_max_length=positions)
    tokenizer.save_pretrained(folder)
    return tokenizer


def tiny_gpt(folder: Path, positions: int = POSITIONS) -> Path:
    """A GPT-2 of two layers with drawn weights and a byte-level tokeniser, saved as transformers does."""
    return tiny_causal(folder, "gpt2", n_positions=positions)


# What an architecture needs besides, or instead of, the sizes that all have.
SIZES = {
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 2},
    "gpt_neo": {"num_layers": 2, "attention_types": [[["global", "local"], 1]], "window_size": 8},
    "opt": {"ffn_dim": 64, "word_embed_proj_dim": 16},
    **{kind: {"num_key_value_heads": 2} for kind in ("llama", "mistral", "qwen2", "olmo2", "smollm3")},
    "qwen3": {"num_key_value_heads": 2, "head_dim": 12},
}


def tiny_causal(folder: Path, kind: str, **config) -> Path:
    """A language model of two layers with drawn weights and a byte-level tokeniser; `kind` is a transformers architecture."""
    from transformers import AutoConfig, AutoModelForCausalLM

    tokenizer = byte_tokenizer(folder, config.get("n_positions", POSITIONS))
    sizes = {} if kind == "gpt2" else {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    tokens = {"vocab_size": len(tokenizer), "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": None}
    places = {"n_positions" if kind == "gpt2" else "max_position_embeddings": POSITIONS}
    drawn = {"init_std" if kind == "opt" else "initializer_range": 0.3}
    torch.manual_seed(0)
    made = AutoConfig.for_model(kind, **{**sizes, **tokens, **places, **drawn, **SIZES.get(kind, {}), **config})
    AutoModelForCausalLM.from_config(made).save_pretrained(folder)
    return folder


def endless_gpt(folder: Path) -> Path:
    """A GPT-2 whose texts have no end of their own."""
    from transformers import GPT2LMHeadModel

    tiny_gpt(folder, positions=2_048)
    model = GPT2LMHeadModel.from_pretrained(folder)
    with torch.no_grad():
        model.transformer.ln_f.bias[0] = 10.0
        model.transformer.wte.weight[0, 0] = -10.0  # the end: its logit lies a hundred below the others'
    model.save_pretrained(folder)
    return folder


def store_language(model_id: str = MODEL, positions: int = POSITIONS) -> Path:
    return store(model_id, REVISION, lambda folder: tiny_gpt(folder, positions))
