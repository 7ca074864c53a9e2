"""Tiny real models, built on the spot: the same file formats as the big ones, a thousandth of the size.

A test that needs a base in the store of models calls `tests.serving.tiny_runs.store_base()`; `tiny_run` is a run to train.
"""

import json
from pathlib import Path

WORDS = [
    "good",
    "bad",
    "great",
    "awful",
    "fine",
    "poor",
    "red",
    "green",
    "blue",
    "dog",
    "cat",
    "bird",
    "likes",
    "hates",
    "film",
    "book",
    "food",
    "the",
    "a",
    "is",
    "was",
    "and",
    "not",
    "very",
    "monday",
    "friday",
    "refund",
    "order",
    "parcel",
    "late",
    "money",
    "card",
    "lost",
    "thanks",
    "please",
    "help",
]


def tiny_tokenizer(folder: Path):
    """A WordPiece tokenizer over WORDS and single letters, saved in `folder` as transformers does."""
    from transformers import BertTokenizer

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    pieces += [letter for letter in letters if letter not in pieces] + [f"##{letter}" for letter in letters] + list(".,!?")
    tokenizer = BertTokenizer(vocab={piece: number for number, piece in enumerate(pieces)}, model_max_length=64)
    tokenizer.save_pretrained(folder)
    return tokenizer


def tiny_encoder(folder: Path, kind: str = "bert", dropout: float = 0.1) -> Path:
    """Two layers, hidden 32, random weights; `kind` is a transformers architecture. Returns `folder`."""
    import torch
    from transformers import AutoConfig, AutoModel

    tokenizer = tiny_tokenizer(folder)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    if kind == "distilbert":
        sizes = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64, "dropout": dropout, "attention_dropout": dropout}
    elif kind == "modernbert":
        sizes |= {"embedding_dropout": dropout, "cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3}
    else:
        sizes |= {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    if kind in ("albert", "electra"):
        sizes["embedding_size"] = 16
    config = AutoConfig.for_model(kind, vocab_size=len(tokenizer), max_position_embeddings=66, pad_token_id=0, **sizes)
    before = torch.random.get_rng_state()
    torch.manual_seed(7)
    model = AutoModel.from_config(config)
    torch.random.set_rng_state(before)
    model.save_pretrained(folder)
    return folder


def tiny_rows(count: int = 60, seed: int = 0) -> list[dict]:
    """Rows as in data/train.jsonl: two labels that the words give away, of varied length, some rows twice."""
    import random

    draw = random.Random(seed)
    rows = []
    for number in range(1, count + 1):
        label = "praise" if draw.random() < 0.5 else "blame"
        words = draw.choices(WORDS[6:], k=draw.randint(2, 12))
        words.insert(draw.randrange(len(words)), draw.choice(("good", "great", "fine") if label == "praise" else ("bad", "awful", "poor")))
        rows.append({"text": " ".join(words), "label": label, "row": number, "group": number})
    return rows


def tiny_run(folder: Path, config, rows: list[dict] | None = None):
    """A run folder as a job finds it: job.json and data/train.jsonl. Returns the RunFolder."""
    from genhub.jobs.folder import RunFolder
    from genhub.jobs.new import make_job

    source = folder.with_name(folder.name + ".jsonl")
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text("".join(json.dumps(row) + "\n" for row in (tiny_rows() if rows is None else rows)), encoding="utf-8")
    run = RunFolder.create(folder, make_job("classify", config, source, {"name": "tiny"}))
    run.rows.write_bytes(source.read_bytes())
    return run
