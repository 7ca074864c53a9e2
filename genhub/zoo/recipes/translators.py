"""embedded/en-es and embedded/es-en: small Marian models, trained on sentence pairs of Tatoeba.

en-es learns from random weights; es-en begins with what en-es knows of both languages then; en-es goes on for a second and a third round.

python -m genhub.zoo.recipes.translators --only en-es --hours 2
"""

import dataclasses
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from genhub.data import samples
from genhub.data.languages import called
from genhub.text.lm import MATRICES, REST
from genhub.text.translation import alignment, measured, scores
from genhub.text.translation.seq2seq import Pairs, Seq2SeqLogits, Special, TranslationTask, start_row
from genhub.text.translation.translator import load_translator
from genhub.training.plan import Phase, Plan
from genhub.zoo.recipes import publish, sentence_pairs, stage
from genhub.zoo.recipes.sentence_pairs import Joined, Pair, Split
from genhub.zoo.recipes.subwords import Cutter, learn

DIRECTIONS = {"en-es": ("en", "es"), "es-en": ("es", "en")}
VOCABULARY = 8000
SHAPE = {"d_model": 256, "encoder_layers": 3, "attention_heads": 4, "ffn": 1024}
DECODER_LAYERS = {"en-es": 3, "es-en": 2}  # all that is embedded has to fit into 80 MB
POSITIONS = 256
DROPOUT = 0.1  # of activations; attention weights keep theirs: it is slow here
SMOOTHING = 0.1
CUT_DROPOUT, WAYS = 0.1, 8  # of merges, and ways to cut a word
BATCH = 192
BEAMS = 4
PENALTIES = (0.6, 1.0, 1.4, 1.8)  # length penalties tried on the validation split
SAMPLE = 48  # sources that a test measures again
SLIDES_ACCURACY = 0.728
SHOWN = ("I like soccer and also going to the beach", "me gusta el fútbol y también ir a la playa")
LONG = 4  # test sentences in a row, for the figure on long inputs

CARD = """\
# embedded/{name}

Translates {source} into {target}: Marian architecture, {layers} + {decoder_layers} layers of width {width}, {parameters:,} parameters,
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

{rounds}

The share of validation tokens that come first with teacher forcing is {accuracy:.3f}; the slides' Transformer had
{slides} with a vocabulary of 15,000 on pairs of the same origin (other tokens and another split: not quite the same task).
AdamW for embeddings, biases and norms, Muon for the hidden matrices, linear decay to zero in each round, dropout {dropout}, label
smoothing {smoothing}. Words are cut at random while training (BPE-dropout {cut_dropout}); of the pairs of an epoch, {joined} % are joined
into inputs of two to four sentences, some of them by a conjunction. Recipe: `genhub/zoo/recipes/translators.py`, seed {seed}.

Data: {pairs:,} sentence pairs of www.manythings.org/anki and tatoeba.org, CC BY 2.0.

## Samples

The first of the test split and the sentence of the course, nothing was chosen.

{samples}
"""


@dataclass(frozen=True)
class Round:
    """One training of a model.

    share: of the full learning rates. start: the embedded model whose stored weights it begins with; random ones without. number: from 1,
    of the model's rounds. mean: published is the mean of its weights and of those it began with (both lie in one valley of the loss, and
    their mean is better than either: Izmailov et al. 2018, https://arxiv.org/abs/1803.05407).
    """

    name: str
    epochs: int
    share: float = 1.0
    start: str | None = None
    number: int = 1
    mean: bool = False


ROUNDS = (
    Round("en-es", 16),
    Round("es-en", 16, start="en-es"),
    Round("en-es", 16, share=0.75, start="en-es", number=2),
    Round("en-es", 5, share=0.4, start="en-es", number=3, mean=True),
)


def build(tokenizer, decoder_layers: int, seed: int):
    """The model from scratch; encoder, decoder and head share one table of embeddings."""
    from transformers import MarianConfig, MarianMTModel

    torch.manual_seed(seed)
    pad, end = tokenizer.pad_token_id, tokenizer.eos_token_id
    both = {f"{side}_{part}": SHAPE[name] for side in ("encoder", "decoder") for part, name in PARTS.items()}
    config = MarianConfig(
        vocab_size=len(tokenizer),
        d_model=SHAPE["d_model"],
        **both,
        encoder_layers=SHAPE["encoder_layers"],
        decoder_layers=decoder_layers,
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


PARTS = {"attention_heads": "attention_heads", "ffn_dim": "ffn"}


def begin_with(model, folder: Path) -> None:
    """Take over the weights of another embedded translator; when it has more layers in its decoder, of those spread over its depth."""
    from transformers import MarianMTModel

    other = MarianMTModel.from_pretrained(folder)
    have, want = other.config.decoder_layers, model.config.decoder_layers
    other.model.decoder.layers = torch.nn.ModuleList(other.model.decoder.layers[layer] for layer in spread(have, want))
    model.load_state_dict(other.state_dict())


@torch.no_grad()
def take_the_mean(model, folder: Path) -> None:
    """Of the model's weights and those of an embedded translator of the same shape."""
    from transformers import MarianMTModel

    other = MarianMTModel.from_pretrained(folder).state_dict()
    for name, weights in model.named_parameters():  # each once: three tables are one
        weights.copy_((weights + other[name].to(weights.dtype)) / 2)


@torch.inference_mode()
def validated(task: TranslationTask, size: int = 256) -> dict[str, float]:
    """val_loss and token_accuracy of the model as it is."""
    task.model.eval()
    rows = task.validation
    order = sorted(range(len(rows.lengths)), key=lambda row: rows.lengths[row])
    batches = [rows.batch(order[at : at + size]) for at in range(0, len(order), size)]
    return task.summary(sum(task.measure(task.model(batch), batch) for batch in batches).tolist())


def spread(have: int, want: int) -> list[int]:
    """`want` of the numbers below `have`: the first, the last, and between them at even steps."""
    return [round(at * (have - 1) / max(want - 1, 1)) for at in range(want)]


def plan(of: Round, seed: int) -> Plan:
    """How a round is trained."""
    rates = {MATRICES: 4e-3, REST: 2e-3}
    return Plan(
        (Phase(of.epochs, {group: of.share * rate for group, rate in rates.items()}),),
        part="final" if of.number == 1 else f"round {of.number}",
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
    """Each epoch has its own rows. `before`: epochs of the rounds before."""

    def __init__(self, model, material: Material, zero=None, before: int = 0):
        self.before = before
        super().__init__(model, material.train, material.valid, SMOOTHING, zero)

    def begin_epoch(self, epoch: int) -> None:
        self.train.begin(self.before + epoch)


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
    """The length penalty with the highest BLEU on all validation sources (the first ones are short), and what each one had."""
    known = sentence_pairs.with_references(valid)
    sources, references = list(known), list(known.values())
    found = {penalty: scores.score(translate(model, tokenizer, sources, penalty), references).bleu for penalty in PENALTIES}
    return max(found, key=found.__getitem__), {str(penalty): bleu for penalty, bleu in found.items()}


def publish_as(folder: Path, name: str, trained: tuple, split: Split, seed: int) -> None:
    """Write a folder, measure what was written, and say so on the card. `trained`: model, tokeniser, what each round tells."""
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
        "token_accuracy": (told[-1].get("mean") or told[-1]["history"][told[-1]["best_epoch"] - 1])["token_accuracy"],
        "pairs": sentence_pairs.facts(split),
        "samples": list(zip(shown, write(shown), strict=True)),
        "alignment": alignment.errors(load_translator(folder), drawn(name)),
    }
    publish.write_card(folder, {**figures, "rounds": told}, card(name, figures, told, seed), task="translation", languages=DIRECTIONS[name])


def drawn(name: str) -> list[alignment.Aligned]:
    """The alignments that a person drew, in the direction of a model."""
    pairs = alignment.read(samples.FOLDER / "alignments.en-es.txt")
    return pairs if name == "en-es" else [pair.turned() for pair in pairs]


def lengths(figures: dict) -> list[tuple[str, ...]]:
    """BLEU and chrF by words of the source, as rows of a table."""
    return [(measured.words(one), f"{one['sentences']:,}", f"{one['bleu']:.1f}", f"{one['chrf']:.1f}") for one in figures["by_length"]]


def told_rounds(told: Sequence[dict]) -> str:
    """What a card says of the rounds, a paragraph each."""
    paragraphs = []
    for number, one in enumerate(told, start=1):
        began = f"with the weights of embedded/{one['start']} to begin with" if one["start"] else "from random weights"
        mean = one.get("mean")
        mean = f" Published is the mean of what it began with and what came out (validation loss {mean['val_loss']:.3f})." if mean else ""
        paragraphs.append(f"Round {number}, {began}: {publish.training(one)}{mean}")
    return "\n\n".join(paragraphs)


def card(name: str, figures: dict, told: Sequence[dict], seed: int) -> str:
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
        decoder_layers=DECODER_LAYERS[name],
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
        rounds=told_rounds(told),
        accuracy=figures["token_accuracy"],
        slides=SLIDES_ACCURACY,
        dropout=DROPOUT,
        smoothing=SMOOTHING,
        cut_dropout=CUT_DROPOUT,
        joined=round(100 * (1 - sentence_pairs.JOINED[1])),
        seed=seed,
        pairs=figures["pairs"]["train"],
        samples=publish.table(figures["samples"], (called(source), called(target))),
    )


def published(folder: Path) -> list[dict]:
    """What an embedded translator's figures tell of the rounds that made it; nothing when there is none."""
    try:
        return json.loads((folder / publish.FIGURES).read_text(encoding="utf-8"))["rounds"]
    except FileNotFoundError:
        return []


def make(of: Round, split: Split, options: stage.Options, vocabulary: int = VOCABULARY) -> Path | None:
    """A round of a model, written to its folder; None when the training is not over yet. A round that is there is not done again."""
    folder = options.into / of.name
    told = published(folder)
    if len(told) >= of.number:
        return folder
    material = prepare(split, DIRECTIONS[of.name], options.seed, vocabulary)
    model = build(material.tokenizer, DECODER_LAYERS[of.name], options.seed)
    if of.start:
        begin_with(model, options.into / of.start)
    before = sum(len(one["history"]) for one in told)
    task = Task(Seq2SeqLogits(model), material, start_row(model), before)
    if (new := stage.train(of.name, task, plan(of, options.seed), options)) is None:
        return None
    new["start"] = of.start
    if of.mean:
        take_the_mean(model, options.into / of.start)
        new["mean"] = validated(task)
    trained = (model, material.tokenizer, [*told, new])
    return publish.replace_folder(folder, lambda filled: publish_as(filled, of.name, trained, split, options.seed))


def make_all(asked: stage.Options) -> None:
    """The rounds of the models that are asked for, in their order, as far as the time goes."""
    for of in ROUNDS:
        if of.name in asked.only:
            split = sentence_pairs.read(stage.data(*sentence_pairs.FILES), *DIRECTIONS[of.name])
            if make(of, split, asked) is None:
                return


if __name__ == "__main__":
    make_all(stage.options(__doc__, only=tuple(DIRECTIONS)))
