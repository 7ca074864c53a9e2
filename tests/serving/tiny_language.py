"""A tiny GPT-2 over words where a download from the Hub would have put it, under the present GENHUB_HOME."""

from pathlib import Path

import torch

from tests.serving.tiny_runs import store
from tests.tiny import WORDS

MODEL = "tests/tiny-gpt"
REVISION = "b" * 40
POSITIONS = 64


def tiny_gpt(folder: Path, positions: int = POSITIONS) -> Path:
    """A GPT-2 of two layers with drawn weights and a byte-level tokeniser, saved as transformers does."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    built = ByteLevelBPETokenizer()
    built.train_from_iterator([" ".join(WORDS)] * 3, vocab_size=320, min_frequency=1, special_tokens=["<|endoftext|>"], show_progress=False)
    end = "<|endoftext|>"
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=built._tokenizer, bos_token=end, eos_token=end, model_max_length=positions)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=positions,
        n_embd=32,
        n_layer=2,
        n_head=2,
        bos_token_id=0,
        eos_token_id=0,
        initializer_range=0.3,
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    return folder


def store_language(model_id: str = MODEL, positions: int = POSITIONS) -> Path:
    return store(model_id, REVISION, lambda folder: tiny_gpt(folder, positions))
