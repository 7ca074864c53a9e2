"""embedded/shakespeare: a GPT-2 over characters, trained on tinyshakespeare, split 90/10 as nanoGPT splits it.

python -m genhub.zoo.recipes.shakespeare --hours 2
"""

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from genhub.text.chars import char_tokenizer
from genhub.text.lm import MATRICES, REST, LanguageTask, Logits, Windows, sliding_loss, window_loss
from genhub.training.plan import Phase, Plan
from genhub.zoo.recipes import publish, stage

NAME = "shakespeare"
CONTEXT = 256
SHAPE = {"n_embd": 256, "n_layer": 5, "n_head": 4, "activation_function": "gelu"}
DROPOUT = 0.2  # of embeddings and residuals; of attention weights it is slow here, and 4 M parameters overfit little
EPOCHS = 32
SAMPLE = 16  # windows of the held-out text that a test measures again

CARD = """\
# embedded/shakespeare

A GPT-2 over characters: {layers} layers of width {width}, {parameters:,} parameters, a context of {context} characters, {vocabulary}
characters. It writes what looks like a play by Shakespeare; it knows no facts, and means nothing it says.

## Figures

Nats a character on the last tenth of the text, which it was not trained on (the epoch with the lowest loss there was kept, as nanoGPT
does), with the stored fp16 weights computed in fp32:

{figures}

## How it was made

{training} Data: tinyshakespeare (1.1 MB of plays by William Shakespeare, public domain, collected by Andrej Karpathy), the first
nine tenths. AdamW for embeddings, biases and norms, Muon for the hidden matrices, linear decay to zero, dropout {dropout}.
Recipe: `genhub/zoo/recipes/shakespeare.py`, seed {seed}.

## Samples

The first three seeds, temperature 0.8, after a line break; nothing was chosen.

{samples}
"""


@dataclass(frozen=True)
class Corpus:
    """The characters' ids, in two parts, and the tokeniser that gave them."""

    train: np.ndarray
    held_out: np.ndarray
    tokenizer: object


def read() -> str:
    (path,) = stage.data("language/tinyshakespeare.txt.gz")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return file.read()


def split(text: str) -> Corpus:
    """The last tenth is held out."""
    tokenizer = char_tokenizer(text)
    numbers = tokenizer.get_vocab()
    ids = np.array([numbers[character] for character in text])
    cut = int(0.9 * len(ids))
    return Corpus(ids[:cut], ids[cut:], tokenizer)


def build(vocabulary: int, seed: int):
    """The model from scratch."""
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(seed)
    dropout = {"resid_pdrop": DROPOUT, "embd_pdrop": DROPOUT, "attn_pdrop": 0.0}
    config = GPT2Config(vocab_size=vocabulary, n_positions=CONTEXT, **SHAPE, **dropout, bos_token_id=None, eos_token_id=None)
    model = GPT2LMHeadModel(config)
    model.set_attn_implementation("eager")  # 16 % faster than sdpa on a CPU, in bf16
    return model


def plan(seed: int) -> Plan:
    return Plan(
        (Phase(EPOCHS, {MATRICES: 5e-3, REST: 2.5e-3}),),
        batch_size=16,
        warmup=0.03,
        weight_decay=0.1,
        seed=seed,
        betas=(0.9, 0.95),
        muon=(MATRICES,),
    )


def measure(folder: Path, held_out: np.ndarray) -> dict:
    """The figures of a stored model on text it has not seen."""
    from transformers import AutoModelForCausalLM

    model = Logits(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval())
    nats, count = sliding_loss(model, held_out, CONTEXT, CONTEXT // 2)
    return {
        "characters": len(held_out),
        "windows_nats": window_loss(model, Windows(held_out, CONTEXT)),
        "sample_nats": window_loss(model, Windows(held_out[: SAMPLE * CONTEXT + 1], CONTEXT)),
        "sliding_nats": nats / count,
        "parameters": sum(tensor.numel() for tensor in model.parameters()),
    }


def publish_as(folder: Path, model, corpus: Corpus, told: dict, seed: int) -> None:
    """Write a folder, measure what was written, and say so on the card."""
    from transformers import AutoModelForCausalLM

    publish.save_transformer(folder, model, corpus.tokenizer)
    figures = measure(folder, corpus.held_out)
    stored = AutoModelForCausalLM.from_pretrained(folder)
    written = publish.samples(stored, corpus.tokenizer, "\n", range(3), 240)
    rows = (
        (f"windows of {CONTEXT} side by side, as nanoGPT's code cuts them", f"**{figures['windows_nats']:.4f}**"),
        (f"every character with at least {CONTEXT // 2} before it (all there are at the beginning)", f"{figures['sliding_nats']:.4f}"),
        ("nanoGPT, 10.7 million parameters on a GPU, its own figure", "1.4697"),
        ("nanoGPT, its preset for a CPU, its own figure", "1.88"),
    )
    body = CARD.format(
        layers=SHAPE["n_layer"],
        width=SHAPE["n_embd"],
        parameters=figures["parameters"],
        context=CONTEXT,
        vocabulary=len(corpus.tokenizer),
        figures=publish.table(rows, ("nats a character", "")),
        training=publish.training(told),
        dropout=DROPOUT,
        seed=seed,
        samples=publish.quoted(written),
    )
    publish.write_card(folder, {**figures, "training": told, "samples": written}, body)


def make(text: str, options: stage.Options) -> Path | None:
    """All of it; None when the training is not over yet."""
    corpus = split(text)
    model = build(len(corpus.tokenizer), options.seed)
    task = LanguageTask(Logits(model), Windows(corpus.train, CONTEXT, wander=True), Windows(corpus.held_out, CONTEXT))
    told = stage.train(NAME, task, plan(options.seed), options)
    return told and publish.replace_folder(options.into / NAME, lambda folder: publish_as(folder, model, corpus, told, options.seed))


if __name__ == "__main__":
    make(read(), stage.options(__doc__))
