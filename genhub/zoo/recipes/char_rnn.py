"""embedded/char-rnn: the course's character RNN on tinyshakespeare, trained stateless and stateful.

python -m genhub.zoo.recipes.char_rnn --hours 1
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from genhub.text import char_rnn
from genhub.text.char_rnn import STATEFUL, STATELESS, CharRNN, Reader, StatefulTask, StatelessTask, Streams, reading_loss
from genhub.text.lm import MATRICES, REST, LanguageTask, Windows, window_loss
from genhub.training.plan import Phase, Plan
from genhub.zoo.recipes import publish, shakespeare, stage

NAME = "char-rnn"
LENGTH = 100
ROWS = 64  # windows a batch, or streams side by side
COMPARED = 256  # characters a window, as embedded/shakespeare is measured
EPOCHS = 50

CARD = """\
# embedded/char-rnn

The character RNN of the course, after Géron, “Hands-On Machine Learning”: an embedding of 16, a GRU of 128 units, a dense layer to the
{vocabulary} characters, {parameters:,} parameters. Twice, in one file: trained `stateless`, each window of {length} characters
beginning with an empty state, and `stateful`, each going on from the state after the one before it.

```python
from pathlib import Path
from genhub.text import char_rnn

model = char_rnn.load(Path("genhub/zoo/char-rnn"), "stateful")
```

## Figures

Nats a character on the last tenth of the text, which it was not trained on (the epoch with the lowest loss there was kept), with the
stored fp16 weights computed in fp32:

{figures}

For comparison: `embedded/shakespeare`, a GPT of four million parameters, is measured in the same windows of {compared}. The book reports
1.5477 for its own GRU, on the same text in lower case, split otherwise: not the same task.

## How it was made

Stateless: {stateless} Stateful: {stateful} Data: tinyshakespeare (public domain), the first nine tenths. AdamW, linear decay to zero.
Recipe: `genhub/zoo/recipes/char_rnn.py`, seed {seed}.

## Samples

The first three seeds of each, temperature 0.8, after a line break; nothing was chosen.

### Stateless

{samples_stateless}

### Stateful

{samples_stateful}
"""


def plan(part: str, seed: int) -> Plan:
    stateless = Plan(
        (Phase(EPOCHS, {MATRICES: 4e-3, REST: 4e-3}),),
        batch_size=ROWS,
        part=part,
        warmup=0.02,
        weight_decay=0.01,
        seed=seed,
        precision="fp32",
    )
    return replace(stateless, in_order=part == STATEFUL)


def build(part: str, corpus: shakespeare.Corpus, seed: int) -> tuple[CharRNN, LanguageTask]:
    """A model from scratch and its task."""
    torch.manual_seed(seed)
    rnn = CharRNN(len(corpus.tokenizer))
    validation = Windows(corpus.held_out, COMPARED)
    if part == STATEFUL:
        return rnn, StatefulTask(rnn, Streams(corpus.train, LENGTH, ROWS), validation)
    return rnn, StatelessTask(rnn, Windows(corpus.train, LENGTH, wander=True), validation)


def measure(folder: Path, held_out: np.ndarray) -> dict[str, dict[str, float]]:
    """The figures of both stored variants on text they have not seen."""
    found = {}
    for part in (STATELESS, STATEFUL):
        rnn = char_rnn.load(folder, part)
        reader, first = Reader(rnn, carries=False).eval(), held_out[: shakespeare.SAMPLE * COMPARED + 1]
        found[part] = {
            "windows_nats": window_loss(reader, Windows(held_out, COMPARED)),
            "reading_nats": reading_loss(rnn, held_out),
            "sample_nats": window_loss(reader, Windows(first, COMPARED)),
        }
    return found


def sample(rnn: CharRNN, tokenizer, seed: int, characters: int = 240, temperature: float = 0.8) -> str:
    """Draw characters one by one after a line break."""
    generator = torch.Generator().manual_seed(seed)
    ids, state = torch.tensor([tokenizer("\n")["input_ids"]]), None
    written = []
    with torch.inference_mode():
        for _ in range(characters):
            logits, state = rnn(ids, state)
            ids = torch.multinomial((logits[:, -1] / temperature).softmax(-1), 1, generator=generator)
            written.append(ids.item())
    return tokenizer.decode(written)


def publish_as(folder: Path, variants: dict[str, CharRNN], corpus: shakespeare.Corpus, told: dict[str, dict], seed: int) -> None:
    """Write a folder, measure what was written, and say so on the card."""
    char_rnn.save(folder, variants)
    corpus.tokenizer.save_pretrained(folder)
    figures = measure(folder, corpus.held_out)
    stored = {part: char_rnn.load(folder, part) for part in variants}
    written = {part: [sample(rnn, corpus.tokenizer, seed) for seed in range(3)] for part, rnn in stored.items()}
    rows = [
        (
            f"{part}",
            f"{found['windows_nats']:.4f}",
            f"{found['reading_nats']:.4f}",
        )
        for part, found in figures.items()
    ]
    header = (
        "nats a character",
        f"windows of {COMPARED} side by side, each from an empty state",
        "the whole text read once, the state carried on",
    )
    parameters = sum(tensor.numel() for tensor in stored[STATEFUL].parameters())
    body = CARD.format(
        vocabulary=len(corpus.tokenizer),
        parameters=parameters,
        length=LENGTH,
        compared=COMPARED,
        figures=publish.table(rows, header),
        stateless=publish.training(told[STATELESS]),
        stateful=publish.training(told[STATEFUL]),
        seed=seed,
        samples_stateless=publish.quoted(written[STATELESS]),
        samples_stateful=publish.quoted(written[STATEFUL]),
    )
    publish.write_card(folder, {**figures, "parameters": parameters, "training": told, "samples": written}, body, "pytorch")


def make(text: str, options: stage.Options) -> Path | None:
    """All of it; None when the training is not over yet."""
    torch.set_num_threads(1)  # steps this small only lose time when they are shared
    corpus = shakespeare.split(text)
    variants, told = {}, {}
    for part in (STATELESS, STATEFUL):
        variants[part], task = build(part, corpus, options.seed)
        told[part] = stage.train(NAME, task, plan(part, options.seed), options)
        if told[part] is None:
            return None
    return publish.replace_folder(options.into / NAME, lambda folder: publish_as(folder, variants, corpus, told, options.seed))


if __name__ == "__main__":
    make(shakespeare.read(), stage.options(__doc__))
