"""embedded/en-es-rnn: the course's recurrent translator, trained without and with attention, to show what attention changed.

python -m genhub.zoo.recipes.translator_rnn --hours 2
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from genhub.text.lm import MATRICES, REST
from genhub.text.translation import rnn
from genhub.text.translation.rnn import ATTENTION, PLAIN, RNNTranslator, Shape
from genhub.training.plan import Phase, Plan
from genhub.zoo.recipes import publish, sentence_pairs, stage, translators
from genhub.zoo.recipes.sentence_pairs import Split

NAME, LANGUAGES = "en-es-rnn", ("en", "es")
EMBEDDING, UNITS = 128, 256
DROPOUT = 0.2
EPOCHS, BATCH = 10, 192
PARTS = (PLAIN, ATTENTION)

CARD = """\
# embedded/en-es-rnn

The course's encoder–decoder from English into Spanish, twice: without attention, where the decoder sees one vector of the whole
source, and with it. Embeddings of {embedding}, a two-directional LSTM that reads, an LSTM of {units} units that writes; {plain:,} and
{attention:,} parameters, the pieces of `embedded/en-es`. It is here to be compared, not to translate well.

## Figures

On the whole test split: {sentences:,} sources that no other split holds, every reference of a source counted, {beams} beams, with the
stored fp16 weights computed in fp32.

{figures}

BLEU by words of the source:

{lengths}

sacrebleu: `{bleu_signature}`, `{chrf_signature}`.

## How it was made

Without attention: {told_plain} With attention: {told_attention} Both learnt from the same rows as `embedded/en-es`, in the same
order: AdamW, linear decay to zero, dropout {dropout}, label smoothing {smoothing}. Recipe:
`genhub/zoo/recipes/translator_rnn.py`, seed {seed}.

Data: {pairs:,} sentence pairs of www.manythings.org/anki and tatoeba.org, CC BY 2.0.
"""


def build(special, vocabulary: int, part: str, seed: int) -> RNNTranslator:
    """One of the two from scratch."""
    torch.manual_seed(seed)
    return RNNTranslator(Shape(vocabulary, EMBEDDING, UNITS), special, part == ATTENTION, DROPOUT)


def plan(part: str, seed: int) -> Plan:
    rates = {MATRICES: 3e-3, REST: 3e-3}
    return Plan((Phase(EPOCHS, rates),), batch_size=BATCH, part=part, warmup=0.05, seed=seed, betas=(0.9, 0.98))


def translate(model: RNNTranslator, tokenizer, sources: Sequence[str]) -> list[str]:
    """The best hypothesis of each source."""
    found = []
    for source in sources:
        ids = torch.tensor([tokenizer(source)["input_ids"]])
        (best,) = rnn.translate(model, ids, torch.ones_like(ids), translators.BEAMS)
        found.append(tokenizer.decode(best.ids, skip_special_tokens=True))
    return found


def measure(folder: Path, tokenizer, split: Split) -> dict:
    """The figures of both stored models."""
    found = {}
    for part in PARTS:
        model = rnn.load(folder, part)
        write = partial(translate, model, tokenizer)
        sample = sentence_pairs.first(split.test, translators.SAMPLE)
        both = {name: translators.measure(write, pairs) for name, pairs in (("test", split.test), ("sample", sample))}
        found[part] = {**both, "parameters": rnn.parameters(model)}
    return found


def publish_as(folder: Path, models: dict, tokenizer, split: Split, told: dict) -> None:
    """Write a folder, measure what was written, and say so on the card. `told`: of the training of each part, and the seed."""
    rnn.save(folder, models)  # without a tokeniser: that of embedded/en-es, which learnt from the same sentences, is the same
    figures = measure(folder, tokenizer, split)
    for part in PARTS:
        figures[part]["token_accuracy"] = told[part]["history"][told[part]["best_epoch"] - 1]["token_accuracy"]
    figures |= {"pairs": sentence_pairs.facts(split), "training": told}
    publish.write_card(folder, figures, card(figures), library="genhub", task="translation", languages=LANGUAGES)


def card(figures: dict) -> str:
    """The words around the figures."""
    told, tests = figures["training"], {part: figures[part]["test"] for part in PARTS}
    called = {PLAIN: "without attention", ATTENTION: "with attention"}
    rows = [
        (called[part], f"**{test['bleu']:.1f}**", f"**{test['chrf']:.1f}**", f"{figures[part]['token_accuracy']:.3f}")
        for part, test in tests.items()
    ]
    spans = zip(*(translators.lengths(test) for test in tests.values()), strict=True)
    signatures = tests[PLAIN]["signatures"]
    return CARD.format(
        embedding=EMBEDDING,
        units=UNITS,
        plain=figures[PLAIN]["parameters"],
        attention=figures[ATTENTION]["parameters"],
        sentences=tests[PLAIN]["sentences"],
        beams=translators.BEAMS,
        figures=publish.table(rows, ("", "BLEU", "chrF", "token accuracy (validation)")),
        lengths=publish.table([(one[0], one[1], one[2], two[2]) for one, two in spans], ("words", "sources", "without", "with attention")),
        bleu_signature=signatures[0],
        chrf_signature=signatures[1],
        told_plain=publish.training(told[PLAIN]),
        told_attention=publish.training(told[ATTENTION]),
        dropout=DROPOUT,
        smoothing=translators.SMOOTHING,
        seed=told["seed"],
        pairs=figures["pairs"]["train"],
    )


def make(split: Split, options: stage.Options, vocabulary: int = translators.VOCABULARY) -> Path | None:
    """All of it; None when the training is not over yet."""
    told: dict = {"seed": options.seed}
    models = {}
    material = translators.prepare(split, LANGUAGES, options.seed, vocabulary)
    for part in PARTS:
        models[part] = build(material.special, vocabulary, part, options.seed)
        task = translators.Task(models[part], material)
        told[part] = stage.train(NAME, task, plan(part, options.seed), options)
        if told[part] is None:
            return None
    into = options.into / NAME
    return publish.replace_folder(into, lambda folder: publish_as(folder, models, material.tokenizer, split, told))


if __name__ == "__main__":
    asked = stage.options(__doc__)
    make(sentence_pairs.read(stage.data(*sentence_pairs.FILES), *LANGUAGES), asked)
