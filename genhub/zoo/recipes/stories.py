"""embedded/stories: a small GPT-2 that tells children's stories, trained on old children's books and TinyStories.

python -m genhub.zoo.recipes.stories --hours 2
"""

import json
import lzma
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from genhub.text.kneser_ney import KneserNey
from genhub.text.lm import MATRICES, REST, LanguageTask, Logits, Windows, sliding_loss
from genhub.training.plan import Phase, Plan
from genhub.zoo.recipes import books, publish, stage

NAME = "stories"
END = "<|endoftext|>"
VOCABULARY = 4096
CONTEXT = 256
SHAPE = {"n_embd": 320, "n_layer": 5, "n_head": 5, "activation_function": "gelu"}
DROPOUT = 0.1
STRIDE = 4 * CONTEXT  # an epoch shows a quarter of the text, cut at other places every time, so that it is validated often enough
EPOCHS = 10
TINY = 2  # times that an epoch holds each of the short stories
TINY_HELD_OUT = 100  # short stories, the last ones
SAMPLE = 8  # of them, that a test measures again
FILES = tuple(
    f"language/{name}"
    for name in (
        "gutenberg_children.train.txt.gz",
        "gutenberg_children.valid.txt.gz",
        "gutenberg_children.index.tsv",
        "gutenberg_simple40.index.tsv",
        "tinystories_sample.txt.gz",
    )
)
PROMPT = "Once upon a time there was a little girl who"

CARD = """\
# embedded/stories

A GPT-2 that tells children's stories: {layers} layers of width {width}, {parameters:,} parameters, {vocabulary:,} tokens
(byte-level BPE, made from the training text), a context of {context} tokens. It knows no facts; what it tells is made up.
Most of its sentences are grammatical and the next one often goes on with the last; over a few lines a story loses its thread.

## Figures

Bits a byte on text that it was not trained on, with the stored fp16 weights computed in fp32; every token is predicted from at
least {least} tokens before it (all there are at the beginning). Held out are {held_books} whole books ({book_bytes:,} bytes after the filter below)
and {tiny} short stories ({tiny_bytes:,} bytes). The epoch with the lowest loss on the books was kept.

{figures}

The 5-gram model (modified Kneser–Ney) counted the same tokens of the same training text once. xz is `xz -9e`: of the held-out text
alone, and what it adds to the compressed training text.

## How it was made

{training} AdamW for embeddings, biases and norms, Muon for the hidden matrices, linear decay to zero, dropout {dropout}.
Recipe: `genhub/zoo/recipes/stories.py`, seed {seed}.

Data: {books} children's books of Project Gutenberg, those with the simplest sentences (public domain in the United States), and {stories:,}
stories of TinyStories (Eldan and Li 2023, CDLA-Sharing-1.0), each of these twice an epoch: {train_bytes:,} bytes.

**What was left out.** Old books hold racist and other offensive passages. {left_books} books were left out as a whole ({left_why}), and of
the others {left_paragraphs:,} of {paragraphs:,} paragraphs, because they hold a word of a list of slurs, peoples, violence and drink (`genhub/zoo/recipes/books.py`).
A word list does not find what is offensive without such a word: the model can still write what a book of 1880 would say.

## Samples

The first three seeds after “{prompt}”, temperature 0.8, nothing was chosen.

{samples}
"""


@dataclass(frozen=True)
class Texts:
    """Passages and stories; `filtered` says how much was left out."""

    books: list[str]
    tiny: list[str]
    held_books: list[str]
    held_tiny: list[str]
    filtered: dict

    def train(self) -> list[str]:
        return self.books + TINY * self.tiny


def read(paths: Sequence[Path]) -> Texts:
    """`paths` as FILES names them."""
    train, valid, index, simple, tiny = paths
    kept, held, stories = books.books(train, index, simple), books.books(valid, index, simple), books.stories(tiny)
    filtered = {"books": kept.facts(), "held_books": held.facts(), "stories": stories.facts()}
    return Texts(kept.texts, stories.texts[:-TINY_HELD_OUT], held.texts, stories.texts[-TINY_HELD_OUT:], filtered)


def learn_tokenizer(texts: Sequence[str], vocabulary: int):
    """Byte-level BPE: any text can be written with it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=[END], initial_alphabet=sorted(alphabet), show_progress=False)
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=END, eos_token=END, clean_up_tokenization_spaces=False)


def encode(tokenizer, texts: Sequence[str]) -> np.ndarray:
    """All texts in a row, END before each and after the last."""
    end = tokenizer.convert_tokens_to_ids(END)
    pieces = [np.array([end, *encoding.ids], dtype=np.uint16) for encoding in tokenizer.backend_tokenizer.encode_batch(list(texts))]
    return np.concatenate([*pieces, np.array([end], dtype=np.uint16)])


def prepared(texts: Texts, home: Path, vocabulary: int):
    """(tokeniser, ids to train on), made once and kept beside the checkpoints: a resumed training must see the same ids."""
    from transformers import PreTrainedTokenizerFast

    folder = home / "tokens"
    if not folder.exists():
        tokenizer = learn_tokenizer(texts.books + texts.tiny, vocabulary)

        def fill(new: Path) -> None:
            tokenizer.save_pretrained(new)
            np.save(new / "train.npy", encode(tokenizer, texts.train()))

        publish.replace_folder(folder, fill, limit=10**9)
    return PreTrainedTokenizerFast.from_pretrained(folder), np.load(folder / "train.npy")


def build(tokenizer, seed: int):
    """The model from scratch; its head is its table of embeddings."""
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(seed)
    end = tokenizer.convert_tokens_to_ids(END)
    dropout = {"resid_pdrop": DROPOUT, "embd_pdrop": DROPOUT, "attn_pdrop": 0.0}
    config = GPT2Config(vocab_size=len(tokenizer), n_positions=CONTEXT, **SHAPE, **dropout, bos_token_id=end, eos_token_id=end)
    model = GPT2LMHeadModel(config)
    model.set_attn_implementation("eager")  # faster than sdpa on a CPU, in bf16
    return model


def plan(seed: int) -> Plan:
    return Plan(
        (Phase(EPOCHS, {MATRICES: 4e-3, REST: 2e-3}),),
        batch_size=32,
        warmup=0.02,
        weight_decay=0.1,
        seed=seed,
        betas=(0.9, 0.95),
        muon=(MATRICES,),
    )


def size(texts: Sequence[str]) -> int:
    """Bytes of the texts, an empty line between two: what xz is given, and what bits are divided by."""
    return len("\n\n".join(texts).encode())


def xz(text: str) -> int:
    """Bytes after `xz -9e`, whose window (64 MB) holds all of our text."""
    return len(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def measure(folder: Path, held_out: Sequence[str]) -> dict:
    """Bits a byte of a stored model on texts it has not seen."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = Logits(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval())
    ids = encode(tokenizer, held_out)
    nats, count = sliding_loss(model, ids, CONTEXT, CONTEXT // 2)
    return {"bits_per_byte": nats / math.log(2) / size(held_out), "nats_per_token": nats / count, "tokens": count, "bytes": size(held_out)}


def base_lines(texts: Texts, tokenizer, train_ids: np.ndarray) -> dict[str, dict[str, float]]:
    """Bits a byte of xz and of the 5-gram model, on both held-out parts."""
    counted = KneserNey(train_ids, len(tokenizer))
    training = "\n\n".join(texts.books + texts.tiny)
    before = xz(training)
    found = {}
    for name, held_out in (("books", texts.held_books), ("stories", texts.held_tiny)):
        text = "\n\n".join(held_out)
        found[name] = {
            "xz": 8 * xz(text) / size(held_out),
            "xz_after_training_text": 8 * (xz(f"{training}\n\n{text}") - before) / size(held_out),
            "five_grams": float(counted.bits(encode(tokenizer, held_out)).sum()) / size(held_out),
        }
    return found


def figures_of(folder: Path, texts: Texts, tokenizer, train_ids: np.ndarray) -> dict:
    return {
        "books": measure(folder, texts.held_books),
        "stories": measure(folder, texts.held_tiny),
        "sample": measure(folder, texts.held_tiny[:SAMPLE]),
        "base_lines": base_lines(texts, tokenizer, train_ids),
        "train_tokens": len(train_ids),
        "train_bytes": size(texts.train()),
        "filtered": texts.filtered,
    }


def publish_as(folder: Path, model, made: tuple, told: dict, seed: int) -> None:
    """Write a folder, measure what was written, and say so on the card. `made`: texts, tokeniser, ids trained on."""
    from transformers import AutoModelForCausalLM

    texts, tokenizer, train_ids = made
    publish.save_transformer(folder, model, tokenizer)
    figures = figures_of(folder, texts, tokenizer, train_ids)
    stored = AutoModelForCausalLM.from_pretrained(folder)
    written = publish.samples(stored, tokenizer, PROMPT, range(3), 160)
    publish.write_card(folder, {**figures, "training": told, "samples": written}, card(figures, told, written, stored, seed))


def card(figures: dict, told: dict, written: list[str], stored, seed: int) -> str:
    """The words around the figures."""
    lines, filtered = figures["base_lines"], figures["filtered"]

    def row(name: str, key: str) -> tuple[str, str, str]:
        return (name, f"{lines['books'][key]:.3f}", f"{lines['stories'][key]:.3f}")

    rows = (
        ("**this model**", f"**{figures['books']['bits_per_byte']:.3f}**", f"**{figures['stories']['bits_per_byte']:.3f}**"),
        row("5-grams, modified Kneser–Ney", "five_grams"),
        row("xz, knowing the training text", "xz_after_training_text"),
        row("xz, the text alone", "xz"),
    )
    left = {"books": filtered["books"]["books_left_out"], "held": filtered["held_books"]["books_left_out"]}
    why = ", ".join(f"{count} {reason}" for reason, count in left["books"].items())
    return CARD.format(
        layers=SHAPE["n_layer"],
        width=SHAPE["n_embd"],
        parameters=stored.num_parameters(),
        vocabulary=stored.config.vocab_size,
        context=CONTEXT,
        least=CONTEXT // 2,
        held_books=filtered["held_books"]["books"],
        tiny=TINY_HELD_OUT,
        book_bytes=figures["books"]["bytes"],
        tiny_bytes=figures["stories"]["bytes"],
        figures=publish.table(rows, ("bits a byte", "books", "short stories")),
        training=publish.training(told),
        dropout=DROPOUT,
        seed=seed,
        books=filtered["books"]["books"],
        stories=filtered["stories"]["books"] - TINY_HELD_OUT,
        train_bytes=figures["train_bytes"],
        left_books=sum(sum(counts.values()) for counts in left.values()),
        left_why=why + (f", and {sum(left['held'].values())} of those held out" if left["held"] else ""),
        left_paragraphs=sum(filtered[part]["paragraphs_left_out"] for part in filtered),
        paragraphs=sum(filtered[part]["paragraphs"] for part in filtered),
        prompt=PROMPT,
        samples=publish.quoted(written),
    )


def make(texts: Texts, options: stage.Options, vocabulary: int = VOCABULARY) -> Path | None:
    """All of it; None when the training is not over yet."""
    tokenizer, train_ids = prepared(texts, stage.home(NAME), vocabulary)
    model = build(tokenizer, options.seed)
    held_out = Windows(encode(tokenizer, texts.held_books), CONTEXT, STRIDE)
    task = LanguageTask(Logits(model), Windows(train_ids, CONTEXT, STRIDE, wander=True), held_out)
    stage.log.info("%s: %s", NAME, json.dumps({"train_tokens": len(train_ids), **texts.filtered}))
    told = stage.train(NAME, task, plan(options.seed), options)
    made = (texts, tokenizer, train_ids)
    return told and publish.replace_folder(options.into / NAME, lambda folder: publish_as(folder, model, made, told, options.seed))


if __name__ == "__main__":
    asked = stage.options(__doc__)
    make(read(stage.data(*FILES)), asked)
