"""The embedded language models measured again on the whole of what they have not seen, beside what one would compare them with.

    PYTHONPATH=. python bench/language.py                     every model that lies in genhub/zoo (some minutes)
    PYTHONPATH=. python bench/language.py --only stories      one: shakespeare · char-rnn · stories
    PYTHONPATH=. python bench/language.py --base-lines        xz and the 5-gram model alone, which need no model

Real data is looked for in GENHUB_DATA, then ../shared/data. Prints one JSON object, and says when a figure is not its card's.
"""

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path

from genhub.zoo.recipes import char_rnn, publish, shakespeare, stage, stories

NANOGPT = {"nanoGPT, 10.7 million parameters, GPU (its own figure)": 1.4697, "nanoGPT, preset for a CPU (its own figure)": 1.88}


def characters(name: str) -> dict:
    recipe = shakespeare if name == shakespeare.NAME else char_rnn
    held_out = shakespeare.split(shakespeare.read()).held_out
    return recipe.measure(stage.ZOO / name, held_out)


def tales() -> dict:
    texts = stories.read(stage.data(*stories.FILES))
    with tempfile.TemporaryDirectory() as folder:
        tokenizer, train_ids = stories.prepared(texts, Path(folder), stories.VOCABULARY)
    return stories.figures_of(stage.ZOO / stories.NAME, texts, tokenizer, train_ids)


def base_lines() -> dict:
    texts = stories.read(stage.data(*stories.FILES))
    with tempfile.TemporaryDirectory() as folder:
        tokenizer, train_ids = stories.prepared(texts, Path(folder), stories.VOCABULARY)
    return stories.base_lines(texts, tokenizer, train_ids)


def disagreements(measured: dict, told: dict, where: str = "") -> list[str]:
    """Figures that differ from the card's by more than rounding."""
    found = []
    for name, value in measured.items():
        if isinstance(value, dict):
            found += disagreements(value, told.get(name, {}), f"{where}{name}.")
        elif isinstance(value, float) and not math.isclose(value, told.get(name, math.nan), rel_tol=1e-3):
            found.append(f"{where}{name} is {value:.4f}, the card says {told.get(name)}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[shakespeare.NAME, char_rnn.NAME, stories.NAME])
    parser.add_argument("--base-lines", action="store_true")
    options = parser.parse_args()
    if options.base_lines:
        print(json.dumps(base_lines(), indent=2))
        return
    made, wrong = {"nats a character, tinyshakespeare": NANOGPT}, []
    for name in (shakespeare.NAME, char_rnn.NAME, stories.NAME):
        card = stage.ZOO / name / publish.FIGURES
        if options.only in (None, name) and card.exists():
            made[f"embedded/{name}"] = tales() if name == stories.NAME else characters(name)
            wrong += disagreements(made[f"embedded/{name}"], json.loads(card.read_text(encoding="utf-8")))
    print(json.dumps(made, indent=2))
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
