"""Image models, measured side by side with what a user would run instead; writes docs/benchmarks-images.md.

    make bench                                                    everything
    python bench/autoencoders.py --only speed --only answers      some sections: speed · map · answers
    python bench/autoencoders.py --render                         the document from the stored figures, without measuring

Every contender runs in a process of its own, in turn, so that a drift of the machine falls on all; medians and ratios are reported.
MNIST is looked for in GENHUB_DATA, then ../shared/data.
"""

import itertools
import statistics
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT), str(HERE)]

import sections  # noqa: E402 - beside this file
from generate import _table, contender  # noqa: E402

FIGURES = HERE / "autoencoders.json"
TARGET = ROOT / "docs" / "benchmarks-images.md"
TURNS = 5
IMAGES, EPOCHS, RATE = 20_000, 5, 1e-3
SOON = 30.0  # seconds
ROWS = 12  # of the table over time
MODEL = "embedded/mnist-vae-2"


def contend(name: str, args: dict, home: Path) -> dict:
    return contender(name, args, home, script="autoencoders_contenders.py")


def speed(home: Path, options) -> dict:
    """Images a second of a training of the convolutional VAE: a tutorial's loop, and ours; each turn begins from other weights."""
    asked = {"images": IMAGES, "epochs": EPOCHS, "rate": RATE}
    return {"turns": [{name: contend(name, {**asked, "seed": seed}, home) for name in ("plain", "ours")} for seed in range(TURNS)]}


def over_time(home: Path, options) -> dict:
    """How soon a map of 10,000 images can be read, and how often it is drawn anew."""
    return contend("mapped", {}, home)


def answers(home: Path, options) -> dict:
    """What a press costs."""
    return contend("answers", {"model": MODEL}, home)


SECTIONS = {"speed": speed, "map": over_time, "answers": answers}


def render(found: dict) -> str:
    """The document, of the sections that were measured."""
    parts = [
        "# Image models, measured\n",
        "Made by `python bench/autoencoders.py`; the figures are in `bench/autoencoders.json`. Medians; ratios turn by turn.\n",
    ]
    for name, write in (("speed", _speed), ("map", _map), ("answers", _answers)):
        if name in found:
            parts += [write(found[name]["figures"]), f"\nMeasured on: {found[name]['machine']}.\n"]
    return "\n".join(parts)


def _speed(found: dict) -> str:
    turns = found["turns"]
    mine, theirs = ([turn[name]["images_per_second"] for turn in turns] for name in ("ours", "plain"))
    gain = statistics.median(a / b for a, b in zip(mine, theirs, strict=True))
    nats = {name: sorted(turn[name]["nats"] for turn in turns) for name in ("plain", "ours")}
    said = {name: f"{statistics.median(found):.1f} ({found[0]:.1f} to {found[-1]:.1f})" for name, found in nats.items()}
    rows = [
        ["plain PyTorch: fp32, DataLoader, default layout", f"{statistics.median(theirs):,.0f}", "", said["plain"]],
        ["GenHub: bf16, channels last", f"{statistics.median(mine):,.0f}", f"**{gain:.2f} ×**", said["ours"]],
    ]
    told = f"\nThe convolutional VAE with two dimensions on {IMAGES:,} images of MNIST, {EPOCHS} epochs in batches of 128; −ELBO on 2,000 unseen images; each turn from other weights, which decide how soon both numbers of the code are used.\n"
    return "## Training\n\n" + _table(["", "images a second", "ratio", "nats an image"], rows) + told


def _map(found: dict) -> str:
    seen = found["seen"]
    rows = [[f"{seconds:.1f}", f"{share:.2f}", f"{digits}"] for seconds, share, digits in seen[:: max(1, len(seen) // ROWS)]]
    waits = [later[0] - sooner[0] for sooner, later in itertools.pairwise(seen)]
    _, share, digits = max(row for row in seen if row[0] <= SOON)
    said = f"After {SOON:.0f} s {share:.0%} of the unseen images lie among their own, and {digits} of the ten digits are drawn."
    told = (
        f"\n10,000 images of MNIST, the preset “Map of two dimensions” as the page trains it; {len(seen)} frames of its film, one every "
        f"**{statistics.median(waits):.1f} s** (the longest wait {max(waits):.1f} s). {said} Neighbours: the share of the 300 unseen images on the map "
        "whose five nearest ones name their class; digits: those that the judge is at least 90 % sure of among 30 images drawn.\n"
    )
    return "## The map over time\n\n" + _table(["seconds", "class named by the neighbours", "digits drawn"], rows) + told


def _answers(found: dict) -> str:
    rows = [[name, f"{1000 * seconds:.0f}"] for name, seconds in found["seconds"].items()]
    return f"## What a press costs\n\n`{MODEL}`, through the model worker as the page asks it, warm, medians of 30.\n\n" + _table(
        ["", "ms"], rows
    )


if __name__ == "__main__":
    sections.main(__doc__, SECTIONS, FIGURES, TARGET, render)
