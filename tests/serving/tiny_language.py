"""A tiny GPT-2 over words where a download from the Hub would have put it, under the present GENHUB_HOME."""

import hashlib
from pathlib import Path

import torch

from genhub import hub, settings
from genhub.jobs.folder import write_json
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
    home = settings.get().cache / "models" / model_id.replace("/", "--")
    folder = home / REVISION
    folder.mkdir(parents=True)
    tiny_gpt(folder, positions)
    weights = folder / hub.WEIGHTS
    facts = {"id": model_id, "pooling": "mean", "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(), "bytes": weights.stat().st_size}
    write_json(folder / hub.MANIFEST, facts)
    write_json(home / "current.json", {"revision": REVISION})
    return folder
