"""embedded/bert-mlm: a masked-language head and a low-rank adapter over the embedded encoder, which fill gaps in English texts.

python -m genhub.zoo.recipes.masked --hours 1
"""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from genhub import catalog
from genhub.text import masked
from genhub.text.encoder import open_base
from genhub.text.masked import Head, MaskedLM, MaskedTask, Sentences
from genhub.training.plan import Phase, Plan
from genhub.zoo.recipes import books, publish, stage

NAME, BASE = "bert-mlm", "embedded/minilm-l6"
LENGTH = 64  # tokens of a row, both ends counted
RANK = 32
TARGETS = ["query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"]
EPOCHS, BATCH, RATE = 3, 64, 1e-3
MOST = 30_000  # rows of one source
HELD_OUT, SAMPLE = 1_000, 100  # rows of one source; of them, that a test measures again
FEWEST = 6  # tokens of a row
FILES = {
    "books": ("language/gutenberg_children.train.txt.gz", "language/gutenberg_children.valid.txt.gz"),
    "encyclopaedia": ("language/wiki_demo.txt.gz", ""),
    "questions": ("question_answering/squad1_dev_split_train.json.gz", "question_answering/squad1_dev_split_heldout.json.gz"),
    "sentences": ("translation/en_es_train.tsv.gz", "translation/en_es_test.tsv.gz"),
    "reviews": ("classification/movie_reviews/train.tsv.gz", "classification/movie_reviews/test.tsv.gz"),
}
LISTS = ("language/gutenberg_children.index.tsv", "language/gutenberg_simple40.index.tsv")
TOLD = {
    "books": "children's books of Project Gutenberg (public domain in the United States), without what `embedded/stories` leaves out",
    "encyclopaedia": "a sample of Wikipedia (CC BY-SA)",
    "questions": "paragraphs of Wikipedia from SQuAD 1.1 (CC BY-SA 4.0)",
    "sentences": "English sentences of Tatoeba (CC BY 2.0)",
    "reviews": "movie reviews (Pang & Lee, CC BY 4.0)",
}
CARD = """\
# embedded/bert-mlm

Fills gaps in English texts: a masked-language head and a LoRA adapter of rank {rank} (PEFT) over `{base}`, which was trained to compare sentences and has
forgotten how. {learnt:,} parameters were learnt here, and are stored in fp16.

## Figures

Of rows that it was not trained on, whose articles, books and reviews no training row is from: 15 % of the tokens are gaps (eight of ten of them masked, one any
token, one as it was), and the share of gaps is told whose token is the likeliest, or among the five likeliest. Beside it: the five most frequent tokens of the training rows.

{figures}

## How it was made

{training} AdamW at {rate:g}, linear decay to zero. Recipe: `genhub/zoo/recipes/masked.py`, seed {seed}.

Data, at most {most:,} rows of {length} tokens of each: {data}. Old books and reviews say what their authors thought: proposals can be coarse or prejudiced.
"""


def read() -> dict[str, tuple[list[str], list[str]]]:
    """Of each source (texts to learn from, texts held out)."""
    lists = stage.data(*LISTS)
    return {name: tuple(list(READERS[name](path, lists)) if path else [] for path in _paths(files)) for name, files in FILES.items()}


def _paths(files: Sequence[str]) -> list[Path | None]:
    return [stage.data(file)[0] if file else None for file in files]


def _books(path: Path, lists: Sequence[Path]) -> Iterator[str]:
    yield from books.books(path, *lists).texts


def _lines(path: Path, lists: Sequence[Path]) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from (line.strip() for line in file if line.strip())


def _paragraphs(path: Path, lists: Sequence[Path]) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for article in json.load(file)["data"]:
            yield from (paragraph["context"] for paragraph in article["paragraphs"])


def _column(name: str) -> Callable[[Path, Sequence[Path]], Iterator[str]]:
    def read(path: Path, lists: Sequence[Path]) -> Iterator[str]:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            yield from dict.fromkeys(row[name] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))

    return read


READERS = {"books": _books, "encyclopaedia": _lines, "questions": _paragraphs, "sentences": _column("en"), "reviews": _column("text")}


def rows(tokenizer, texts: Sequence[str], most: int, seed: int) -> list[list[int]]:
    """Texts as rows of at most LENGTH tokens with both ends, some of them where there are more than `most`."""
    special, found = masked.special_of(tokenizer), []
    for at in range(0, len(texts), 1_000):
        for ids in tokenizer(list(texts[at : at + 1_000]), add_special_tokens=False, return_attention_mask=False)["input_ids"]:
            pieces = [ids[start : start + LENGTH - 2] for start in range(0, len(ids), LENGTH - 2)]
            found += [[special["cls"], *piece, special["sep"]] for piece in pieces if len(piece) + 2 >= FEWEST]
    if len(found) <= most:
        return found
    return [found[place] for place in np.random.default_rng(seed).choice(len(found), most, replace=False)]


def prepared(tokenizer, seed: int) -> tuple[list[list[int]], dict[str, list[list[int]]]]:
    """(rows to learn from, rows held out by source). A source without held-out texts keeps its last ones back."""
    learn, held = [], {}
    for name, (train, other) in read().items():
        cut = 0 if other else max(1, len(train) // 20)
        learn += rows(tokenizer, train[: len(train) - cut], MOST, seed)
        held[name] = rows(tokenizer, other or train[len(train) - cut :], HELD_OUT, seed)
    return learn, held


def build(encoder, seed: int) -> MaskedLM:
    """The base with a fresh adapter and head; the base's own weights are not learnt."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    adapted = get_peft_model(encoder.model, LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=TARGETS))
    return MaskedLM(adapted, Head(encoder.hidden, encoder.model.config.vocab_size))


def plan(seed: int) -> Plan:
    phases = (Phase(EPOCHS, {masked.ENCODER_GROUP: RATE, masked.HEAD_GROUP: RATE}),)
    return Plan(phases, BATCH, warmup=0.03, weight_decay=0.01, seed=seed, precision="bf16")


@torch.inference_mode()
def measure(model: MaskedLM, held: Sequence[Sequence[int]], tokenizer) -> dict[str, float]:
    """val_loss, val_top1, val_top5 of rows, without `val_`."""
    task = MaskedTask(model.eval(), Sentences([], {}, 0), _held(held, tokenizer))
    sums = sum(task.measure(model(batch), batch).double() for batch in _batches(task.validation))
    return {name.removeprefix("val_"): value for name, value in task.summary(sums.tolist()).items()}


def frequent(learn: Sequence[Sequence[int]], held: Sequence[Sequence[int]], tokenizer) -> dict[str, float]:
    """What naming the five most frequent tokens would reach."""
    ends = set(masked.special_of(tokenizer).values())
    counted = Counter(token for row in learn for token in row if token not in ends)
    best = torch.tensor([token for token, _ in counted.most_common(5)])
    labels = torch.cat([batch["labels"][batch["labels"] != masked.IGNORED] for batch in _batches(_held(held, tokenizer))])
    right = labels[:, None] == best
    return {"top1": float(right[:, 0].float().mean()), "top5": float(right.any(-1).float().mean())}


def _held(held: Sequence[Sequence[int]], tokenizer) -> Sentences:
    return Sentences(held, masked.special_of(tokenizer), len(tokenizer), seed=0)


def _batches(examples: Sentences) -> Iterator[dict[str, torch.Tensor]]:
    for at in range(0, len(examples.lengths), BATCH):
        yield examples.batch(range(at, min(at + BATCH, len(examples.lengths))))


def make(options: stage.Options) -> Path | None:
    """The model's folder; None when its training is not over yet."""
    encoder = open_base(BASE)
    learn, held = prepared(encoder.tokenizer, options.seed)
    special, size = masked.special_of(encoder.tokenizer), len(encoder.tokenizer)
    model = build(encoder, options.seed)
    validation = Sentences([row for one in held.values() for row in one], special, size, seed=0)
    told = stage.train(NAME, MaskedTask(model, Sentences(learn, special, size), validation), plan(options.seed), options)
    if told is None:
        return None
    known = (learn, held, encoder.tokenizer, {**told, "seed": options.seed})
    return publish.replace_folder(options.into / NAME, lambda folder: _write(folder, model, known))


def _write(folder: Path, model: MaskedLM, known: tuple) -> None:
    learn, held, tokenizer, told = known
    learnt = sum(tensor.numel() for tensor in model.parameters() if tensor.requires_grad)
    masked.save(folder, model, catalog.hub_id(BASE))
    stored = masked.load(folder, open_base(BASE).model)
    found = {
        "held_out": {name: measure(stored, some, tokenizer) for name, some in held.items()},
        "sample": {name: measure(stored, some[:SAMPLE], tokenizer) for name, some in held.items()},
        "frequent": {name: frequent(learn, some, tokenizer) for name, some in held.items()},
        "rows": {name: len(some) for name, some in held.items()},
        "train_rows": len(learn),
        "parameters": learnt,
        "training": told,
    }
    publish.write_card(folder, found, card(found, told), "peft", "fill-mask")


def card(found: dict, told: dict) -> str:
    """The words around the figures."""
    lines = []
    for name, one in found["held_out"].items():
        base = found["frequent"][name]
        figures = [f"{value:.3f}" for value in (one["top1"], one["top5"], base["top1"], base["top5"])]
        lines.append((TOLD[name].partition(",")[0].partition(" (")[0], f"{found['rows'][name]:,}", *figures))
    return CARD.format(
        rank=RANK,
        base=BASE,
        learnt=found["parameters"],
        figures=publish.table(lines, ("held-out rows of", "rows", "likeliest", "five likeliest", "most frequent", "five most frequent")),
        training=publish.training(told),
        rate=RATE,
        seed=told["seed"],
        most=MOST,
        length=LENGTH,
        data="; ".join(TOLD.values()),
    )


if __name__ == "__main__":
    make(stage.options(__doc__))
