"""GANs and diffusion, measured side by side with what a user would run instead; writes docs/benchmarks-gans.md.

    make bench                                                everything
    python bench/gans.py --only speed --only drawing          some sections: speed · minutes · digits · drawing
    python bench/gans.py --render                             the document from the stored figures, without measuring

Every contender runs in a process of its own, in turn, so that a drift of the machine falls on all; medians and ratios are reported.
MNIST is looked for in GENHUB_DATA, then ../shared/data.
"""

import statistics
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT), str(HERE)]

import sections  # noqa: E402 - beside this file
from generate import _table, contender  # noqa: E402

FIGURES = HERE / "gans.json"
TARGET = ROOT / "docs" / "benchmarks-gans.md"
TURNS = 3
IMAGES, BATCH = 10_000, 64
SECONDS = 120.0  # of each training of the section "minutes"
SOON = 60.0


def contend(name: str, args: dict, home: Path) -> dict:
    return contender(name, args, home, script="gans_contenders.py")


def speed(home: Path, options) -> dict:
    """Images a second of a DCGAN's training: the loop of a tutorial, and ours."""
    asked = {"images": IMAGES, "epochs": 1, "batch": BATCH}
    return {"turns": [{name: contend(name, {**asked, "seed": seed}, home) for name in ("plain", "ours")} for seed in range(TURNS)]}


def minutes(home: Path, options) -> dict:
    """Judge FID after equal minutes: as many epochs of each as fit into them by the speed of this machine now."""
    asked = {"images": IMAGES, "batch": BATCH}
    turns = []
    for seed in range(TURNS):
        turn = {}
        for name in ("plain", "ours"):
            quick = contend(name, {**asked, "images": IMAGES // 4, "epochs": 1, "seed": seed}, home)
            epochs = max(1, round(SECONDS * quick["images_per_second"] / IMAGES))
            turn[name] = contend(name, {**asked, "epochs": epochs, "seed": seed}, home)
        turns.append(turn)
    return {"turns": turns}


def digits(home: Path, options) -> dict:
    """How soon a DCGAN draws digits, trained on scikit-learn's as the command line trains it."""
    return contend("watched", {}, home)


def drawing(home: Path, options) -> dict:
    """What 64 images cost through the model worker, warm."""
    return contend("drawing", {}, home)


SECTIONS = {"speed": speed, "minutes": minutes, "digits": digits, "drawing": drawing}


def render(found: dict) -> str:
    """The document, of the sections that were measured."""
    parts = [
        "# GANs and diffusion, measured\n",
        "Made by `python bench/gans.py`; the figures are in `bench/gans.json`. Medians; ratios turn by turn.\n",
    ]
    for name, write in (("speed", _speed), ("minutes", _minutes), ("digits", _digits), ("drawing", _drawing)):
        if name in found:
            parts += [write(found[name]["figures"]), f"\nMeasured on: {found[name]['machine']}.\n"]
    return "\n".join(parts)


def _each(turns: list[dict], figure: str) -> tuple[list[float], list[float]]:
    """(ours, theirs) of each turn."""
    ours, theirs = ([turn[name][figure] for turn in turns] for name in ("ours", "plain"))
    return ours, theirs


def _speed(found: dict) -> str:
    ours, theirs = _each(found["turns"], "images_per_second")
    gain = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    rows = [
        ["plain PyTorch: fp32, DataLoader, default layout", f"{statistics.median(theirs):,.0f}", ""],
        ["GenHub: bf16, channels last", f"{statistics.median(ours):,.0f}", f"**{gain:.2f} ×**"],
    ]
    told = f"\nA DCGAN with filters of 128 and 64 on {IMAGES:,} images of MNIST, batches of {BATCH}, one step of each network a batch.\n"
    return "## Training\n\n" + _table(["", "images a second", "ratio"], rows) + told


def _minutes(found: dict) -> str:
    turns = found["turns"]
    rows = []
    for name, called in (("plain", "plain PyTorch, Adam at 2e-4"), ("ours", "GenHub, as the page trains it")):
        fids = sorted(turn[name]["judge_fid"] for turn in turns)
        seconds = statistics.median(turn[name]["seconds"] for turn in turns)
        rows.append([called, f"{seconds:.0f}", f"{statistics.median(fids):.1f} ({fids[0]:.1f} to {fids[-1]:.1f})"])
    told = f"\nThe same network on {IMAGES:,} images of MNIST for {SECONDS:.0f} s each; judge FID of 2,000 drawn images against 2,000 unseen ones.\n"
    return "## After equal minutes\n\n" + _table(["", "seconds", "judge FID"], rows) + told


def _digits(found: dict) -> str:
    rows = [[f"{seconds:.1f}", f"{fid:.0f}", f"{classes}"] for seconds, fid, classes in found["seen"]]
    within = [row for row in found["seen"] if row[0] <= SOON]
    last = within[-1] if within else found["seen"][0]
    said = f"\nAfter {last[0]:.0f} s {last[2]} of the ten digits are drawn. The whole training took {found['seconds']:.0f} s, verdict included.\n"
    return "## Digits from scratch\n\n" + _table(["seconds", "judge FID", "digits drawn"], rows) + said


def _drawing(found: dict) -> str:
    rows = [[name, f"{1000 * seconds:,.0f}"] for name, seconds in found["seconds"].items()]
    return "## What 64 images cost\n\n" + _table(["through the model worker, warm, medians", "ms"], rows)


if __name__ == "__main__":
    sections.main(__doc__, SECTIONS, FIGURES, TARGET, render)
