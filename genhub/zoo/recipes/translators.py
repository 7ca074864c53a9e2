"""embedded/en-es and embedded/es-en: small Marian models, trained on sentence pairs of Tatoeba.

python -m genhub.zoo.recipes.translators --only en-es --hours 2
"""

import dataclasses
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import nn

from genhub.data import samples
from genhub.data.languages import called
from genhub.text.lm import MATRICES, REST
from genhub.text.translation import alignment, measured, scores
from genhub.text.translation.seq2seq import Pairs, Seq2SeqLogits, Special, TranslationTask, start_row
from genhub.text.translation.translator import load_translator
from genhub.training import averaged
from genhub.training.plan import Phase, Plan
from genhub.zoo.recipes import publish, sentence_pairs, stage
from genhub.zoo.recipes.sentence_pairs import Joined, Pair, Split
from genhub.zoo.recipes.subwords import Cutter, learn

MEAN = "mean"  # the group of what does not learn itself
DIRECTIONS = {"en-es": ("en", "es"), "es-en": ("es", "en")}
VOCABULARY = 8000
SHAPE = {"d_model": 256, "encoder_layers": 3, "decoder_layers": 3, "attention_heads": 4, "ffn": 1024}
POSITIONS = 256
DROPOUT = 0.1  # of activations; attention weights keep theirs: it is slow here
SMOOTHING = 0.1
CUT_DROPOUT, WAYS = 0.1, 8  # of merges, and ways to cut a word
EPOCHS, AGAIN, BATCH = 16, 16, 192  # AGAIN: epochs of the second round
AGAIN_RATE = 0.75  # of the first round's
KEPT = 0.999  # what the moving mean of the second round keeps of itself at a step
BEAMS = 4
PENALTIES = (0.6, 1.0, 1.4)  # length penalties tried on the validation split
TRIED = 1000  # of its sources
SAMPLE = 48  # sources that a test measures again
SLIDES_ACCURACY = 0.728
SHOWN = ("I like soccer and also going to the beach", "me gusta el fútbol y también ir a la playa")
LONG = 4  # test sentences in a row, for the figure on long inputs

CARD = """\
# embedded/{name}

Translates {source} into {target}: Marian architecture, {layers} + {layers} layers of width {width}, {parameters:,} parameters,
{vocabulary:,} pieces shared by both languages (byte-pair encoding). It learnt from short everyday sentences: names, numbers and
technical words outside of them it gets wrong, and it can be sure of what is wrong.

## Figures

On the whole test split: {sentences:,} sources that no other split holds, every reference of a source counted, {beams} beams, length
penalty {penalty} (chosen on the validation split), with the stored fp16 weights computed in fp32.

{figures}

By words of the source:

{lengths}

sacrebleu: `{bleu_signature}`, `{chrf_signature}`.

{alignment}

## How it was made

{training} The share of validation tokens that come first with teacher forcing is {accuracy:.3f}; the slides' Transformer had
{slides} with a vocabulary of 15,000 on pairs of the same origin (other tokens and another split: not quite the same task).
AdamW for embeddings, biases and norms, Muon for the hidden matrices, linear decay to zero, dropout {dropout}, label smoothing
{smoothing}. It learnt in two rounds, of {first} and {second} epochs; what is kept is a moving mean of the second one ({kept:g} at a step).
Words are cut at random while training (BPE-dropout {cut_dropout}); of the pairs of an epoch, {joined} % are joined
into inputs of two to four sentences, some of them by a conjunction. Recipe: `genhub/zoo/recipes/translators.py`, seed {seed}.

Data: {pairs:,} sentence pairs of www.manythings.org/anki and tatoeba.org, CC BY 2.0.

## Samples

The first of the test split and the sentence of the course, nothing was chosen.

{samples}
"""


def build(tokenizer, seed: int):
    """The model from scratch; encoder, decoder and head share one table of embeddings."""
    from transformers import MarianConfig, MarianMTModel

    torch.manual_seed(seed)
    pad, end = tokenizer.pad_token_id, tokenizer.eos_token_id
    sides = {f"{side}_{part}": SHAPE[name] for side in ("encoder", "decoder") for part, name in PARTS.items()}
    config = MarianConfig(
        vocab_size=len(tokenizer),
        d_model=SHAPE["d_model"],
        **sides,
        dropout=DROPOUT,
        attention_dropout=0.0,
        activation_dropout=0.0,
        activation_function="relu",
        max_position_embeddings=POSITIONS,
        scale_embedding=True,
        init_std=SHAPE["d_model"] ** -0.5,  # with the library's 0.02 positions drown the tokens, and alignment is found late
        pad_token_id=pad,
        eos_token_id=end,
        forced_eos_token_id=None,
        decoder_start_token_id=pad,
    )
    model = MarianMTModel(config)
    model.generation_config.update(num_beams=BEAMS, max_length=POSITIONS, bad_words_ids=[[pad]])
    model.set_attn_implementation("eager")  # faster than sdpa on a CPU for short sentences
    return model


PARTS = {"layers": "encoder_layers", "attention_heads": "attention_heads", "ffn_dim": "ffn"}


def plan(seed: int, again: bool = False) -> Plan:
    """`again`: of the second round."""
    rates = {MATRICES: 4e-3, REST: 2e-3}
    if again:
        rates = {**{group: AGAIN_RATE * rate for group, rate in rates.items()}, MEAN: 0.0}
    return Plan(
        (Phase(AGAIN if again else EPOCHS, rates),),
        part="again" if again else "final",
        batch_size=BATCH,
        warmup=0.05,
        weight_decay=0.05,
        seed=seed,
        betas=(0.9, 0.98),
        muon=(MATRICES,),
    )


@dataclass(frozen=True)
class Material:
    """What a translator learns from: rows drawn anew each epoch, validation pairs cut as always, and the tokeniser of both."""

    tokenizer: object
    special: Special
    train: Joined
    valid: Pairs


def prepare(split: Split, languages: tuple[str, str], seed: int, vocabulary: int) -> Material:
    """The tokeniser is the same in both directions."""
    tokenizer = learn(sentence_pairs.texts(split.train, languages, sorted(languages)), vocabulary)
    special = Special(tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer.pad_token_id)
    cutter = Cutter(tokenizer, CUT_DROPOUT, WAYS, seed)
    plainly = [tuple(cutter.encode(cutter.words(text)) for text in pair) for pair in split.valid]
    return Material(tokenizer, special, Joined(split.train, cutter, special, languages, seed), Pairs(plainly, special))


class Task(TranslationTask):
    """Each epoch has its own rows. `before`: epochs of the round before."""

    def __init__(self, model, material: Material, zero=None, before: int = 0):
        self.before = before
        super().__init__(model, material.train, material.valid, SMOOTHING, zero)

    def begin_epoch(self, epoch: int) -> None:
        self.train.begin(self.before + epoch)


class Meaned(nn.Module):
    """A network that learns and a moving mean of it, which is the one that is judged and kept."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network, self.mean = network, averaged.begun(network)

    def forward(self, batch):
        return (self.network if self.training else self.mean)(batch)


class SecondTask(Task):
    """The second round, of a `Meaned`."""

    def __init__(self, model: Meaned, material: Material, zero):
        super().__init__(model, material, zero, before=EPOCHS)
        self.groups = {
            **{group: [name for name in names if name.startswith("network.")] for group, names in self.groups.items()},
            MEAN: [name for name, _ in model.named_parameters() if name.startswith("mean.")],
        }

    def after_step(self, step: int) -> None:
        super().after_step(step)
        averaged.move(self.model.mean, self.model.network, averaged.share(KEPT, step))


@torch.inference_mode()
def translate(model, tokenizer, sources: Sequence[str], penalty: float, batch_size: int = 64) -> list[str]:
    """The best of BEAMS hypotheses of each source, as `generate` finds it; in batches of similar length."""
    order = sorted(range(len(sources)), key=lambda row: len(sources[row]))
    found = [""] * len(sources)
    for at in range(0, len(order), batch_size):
        rows = order[at : at + batch_size]
        batch = tokenizer([sources[row] for row in rows], return_tensors="pt", padding=True, truncation=True, max_length=POSITIONS)
        limit = min(POSITIONS, 2 * batch["input_ids"].shape[1] + 16)
        asked = {name: batch[name] for name in ("input_ids", "attention_mask")}
        answer = model.generate(**asked, num_beams=BEAMS, length_penalty=penalty, max_length=limit)
        for row, text in zip(rows, tokenizer.batch_decode(answer, skip_special_tokens=True), strict=True):
            found[row] = text
    return found


def measure(write: Callable[[Sequence[str]], list[str]], pairs: Sequence[Pair]) -> dict:
    """BLEU and chrF of what `write` makes of the sources of `pairs`, all their references counted."""
    known = sentence_pairs.with_references(pairs)
    sources, references = list(known), list(known.values())
    written = write(sources)
    return {**dataclasses.asdict(scores.score(written, references)), "by_length": scores.by_length(sources, written, references)}


def long_inputs(pairs: Sequence[Pair], seed: int) -> list[Pair]:
    """Some test sentences in a row as one input: what one sentence too many does to the model."""
    rows = list(pairs)
    random.Random(seed).shuffle(rows)  # noqa: S311 - not for secrets
    groups = [rows[at : at + LONG] for at in range(0, len(rows) - LONG + 1, LONG)]
    return [(" ".join(source for source, _ in group), " ".join(target for _, target in group)) for group in groups]


def best_penalty(model, tokenizer, valid: Sequence[Pair]) -> tuple[float, dict[str, float]]:
    """The length penalty with the highest BLEU on the first validation sources, and what each one had."""
    known = sentence_pairs.with_references(valid)
    sources = list(known)[:TRIED]
    references = [known[source] for source in sources]
    found = {penalty: scores.score(translate(model, tokenizer, sources, penalty), references).bleu for penalty in PENALTIES}
    return max(found, key=found.__getitem__), {str(penalty): bleu for penalty, bleu in found.items()}


def together(first: dict, again: dict) -> dict:
    """What a card tells of both rounds."""
    sums = {name: first[name] + again[name] for name in ("steps", "total", "seconds", "tokens")}
    return {**again, **sums, "best_epoch": len(first["history"]) + again["best_epoch"], "history": [*first["history"], *again["history"]]}


def publish_as(folder: Path, name: str, trained: tuple, split: Split, seed: int) -> None:
    """Write a folder, measure what was written, and say so on the card. `trained`: model, tokeniser, what the training tells."""
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    model, tokenizer, told = trained
    publish.save_transformer(folder, model, tokenizer)
    stored, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    penalty, tried = best_penalty(stored, tokenizer, split.valid)
    stored.generation_config.length_penalty = penalty
    stored.generation_config.save_pretrained(folder)
    write = partial(translate, stored, tokenizer, penalty=penalty)
    shown = [*list(sentence_pairs.with_references(split.test))[:5], SHOWN[name != "en-es"]]
    figures = {
        "parameters": stored.num_parameters(),
        "test": measure(write, split.test),
        "long": measure(write, long_inputs(split.test, seed)),
        "sample": measure(write, sentence_pairs.first(split.test, SAMPLE)),
        "penalties": tried,
        "length_penalty": penalty,
        "token_accuracy": told["history"][told["best_epoch"] - 1]["token_accuracy"],
        "pairs": sentence_pairs.facts(split),
        "samples": list(zip(shown, write(shown), strict=True)),
        "alignment": alignment.errors(load_translator(folder), drawn(name)),
    }
    publish.write_card(
        folder, {**figures, "training": told}, card(name, figures, told, seed), task="translation", languages=DIRECTIONS[name]
    )


def drawn(name: str) -> list[alignment.Aligned]:
    """The alignments that a person drew, in the direction of a model."""
    pairs = alignment.read(samples.FOLDER / "alignments.en-es.txt")
    return pairs if name == "en-es" else [pair.turned() for pair in pairs]


def lengths(figures: dict) -> list[tuple[str, ...]]:
    """BLEU and chrF by words of the source, as rows of a table."""
    return [(measured.words(one), f"{one['sentences']:,}", f"{one['bleu']:.1f}", f"{one['chrf']:.1f}") for one in figures["by_length"]]


def card(name: str, figures: dict, told: dict, seed: int) -> str:
    """The words around the figures."""
    test, long = figures["test"], figures["long"]
    rows = (
        ("test split", f"{test['sentences']:,}", f"**{test['bleu']:.1f}**", f"**{test['chrf']:.1f}**"),
        (f"{LONG} test sentences in a row as one input", f"{long['sentences']:,}", f"{long['bleu']:.1f}", f"{long['chrf']:.1f}"),
    )
    source, target = DIRECTIONS[name]
    return CARD.format(
        name=name,
        source=called(source),
        target=called(target),
        layers=SHAPE["encoder_layers"],
        width=SHAPE["d_model"],
        parameters=figures["parameters"],
        vocabulary=VOCABULARY,
        sentences=test["sentences"],
        beams=BEAMS,
        penalty=figures["length_penalty"],
        figures=publish.table(rows, ("", "inputs", "BLEU", "chrF")),
        lengths=publish.table(lengths(test), ("words", "sources", "BLEU", "chrF")),
        bleu_signature=test["signatures"][0],
        chrf_signature=test["signatures"][1],
        alignment=measured.told(figures["alignment"], **figures["alignment"]["best"]) if figures["alignment"] else "",
        training=publish.training(told),
        accuracy=figures["token_accuracy"],
        slides=SLIDES_ACCURACY,
        dropout=DROPOUT,
        smoothing=SMOOTHING,
        first=EPOCHS,
        second=AGAIN,
        kept=KEPT,
        cut_dropout=CUT_DROPOUT,
        joined=round(100 * (1 - sentence_pairs.JOINED[1])),
        seed=seed,
        pairs=figures["pairs"]["train"],
        samples=publish.table(figures["samples"], (called(source), called(target))),
    )


def make(name: str, split: Split, options: stage.Options, vocabulary: int = VOCABULARY) -> Path | None:
    """All of it; None when the training is not over yet."""
    material = prepare(split, DIRECTIONS[name], options.seed, vocabulary)
    model = build(material.tokenizer, options.seed)
    network, told = Seq2SeqLogits(model), None
    if first := stage.train(name, Task(network, material, start_row(model)), plan(options.seed), options):
        meaned = Meaned(network)
        if again := stage.train(name, SecondTask(meaned, material, start_row(model)), plan(options.seed, again=True), options):
            told = together(first, again)
            model.load_state_dict(meaned.mean.translator.state_dict())
    trained = (model, material.tokenizer, told)
    return told and publish.replace_folder(options.into / name, lambda folder: publish_as(folder, name, trained, split, options.seed))


if __name__ == "__main__":
    asked = stage.options(__doc__, only=tuple(DIRECTIONS))
    for direction in asked.only:
        make(direction, sentence_pairs.read(stage.data(*sentence_pairs.FILES), *DIRECTIONS[direction]), asked)
