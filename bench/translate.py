"""Translate, measured side by side with what a user would run instead; writes docs/benchmarks-translate.md.

    make bench                                              everything
    python bench/translate.py --only many --only one        some sections: many · one · training
    python bench/translate.py --render                      the document from the stored figures, without measuring

Every contender runs in a process of its own, in turn, so that a drift of the machine falls on all; medians and ratios are reported.
Real data is looked for in GENHUB_DATA, then ../shared/data.
"""

import statistics
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT), str(HERE)]

import sections  # noqa: E402 - beside this file
from generate import _table, contender  # noqa: E402

FIGURES = HERE / "translate.json"
TARGET = ROOT / "docs" / "benchmarks-translate.md"
MODEL = "embedded/en-es"
SENTENCES = 1_000
TURNS = 3
ONE_WORDS = 12
STEPS = 40


def contend(name: str, args: dict, home: Path) -> dict:
    return contender(name, args, home, script="translate_contenders.py")


def many(home: Path, options) -> dict:
    """Test sentences a second: `generate` in batches of 32 in the given order, and the page's worker."""
    asked = {"model": MODEL, "sentences": SENTENCES, "beams": 4}
    turns = [{name: contend(name, asked, home) for name in ("generate", "ours")} for _ in range(TURNS)]
    for turn in turns:
        ours, theirs = (turn[name].pop("translations") for name in ("ours", "generate"))
        turn["alike"] = sum(a == b for a, b in zip(ours, theirs, strict=True)) / SENTENCES
    return {"turns": turns}


def one(home: Path, options) -> dict:
    """A sentence of twelve words, again and again, as the page asks for it."""
    return contend("single", {"model": MODEL, "words": ONE_WORDS}, home)


def training(home: Path, options) -> dict:
    """Real tokens a second of training the same model on the same pairs: here and with Seq2SeqTrainer."""
    asked = {"model": MODEL, "steps": STEPS, "out": str(home / "trainer")}
    return {"turns": [{name: contend(name, asked, home) for name in ("train", "trainer")} for _ in range(TURNS)]}


SECTIONS = {"many": many, "one": one, "training": training}


def render(found: dict) -> str:
    """The document, of the sections that were measured."""
    parts = [
        "# Translate, measured\n",
        "Made by `python bench/translate.py`; the figures are in `bench/translate.json`. Medians; ratios turn by turn.\n",
    ]
    for name, write in (("many", _many), ("one", _one), ("training", _training)):
        if name in found:
            parts += [write(found[name]["figures"]), f"\nMeasured on: {found[name]['machine']}.\n"]
    return "\n".join(parts)


def _ratio(turns: list[dict], ours: str, theirs: str, figure: str) -> tuple[float, float, float]:
    mine, others = [turn[ours][figure] for turn in turns], [turn[theirs][figure] for turn in turns]
    return statistics.median(mine), statistics.median(others), statistics.median(a / b for a, b in zip(mine, others, strict=True))


def _many(found: dict) -> str:
    mine, theirs, gain = _ratio(found["turns"], "ours", "generate", "per_second")
    last = found["turns"][-1]
    rows = [
        [
            "`generate`, batches of 32 in the given order",
            f"{theirs:,.0f}",
            "",
            f"{last['generate']['bleu']:.2f}",
            f"{last['generate']['chrf']:.2f}",
        ],
        ["GenHub", f"{mine:,.0f}", f"**{gain:.2f} ×**", f"{last['ours']['bleu']:.2f}", f"{last['ours']['chrf']:.2f}"],
    ]
    told = (
        f"\n{SENTENCES:,} sentences drawn from the test split, 4 beams, the same weights and length penalty. {100 * last['alike']:.1f} % of the translations are the same "
        f"in eight bits as in full precision.\n"
    )
    return f"## {SENTENCES:,} sentences\n\n" + _table(["", "sentences a second", "ratio", "BLEU", "chrF"], rows) + told


def _one(found: dict) -> str:
    median = statistics.median(found["seconds"])
    return (
        f"## One sentence\n\nA sentence of {ONE_WORDS} words through the worker, words, probabilities and doubts included, warm: median "
        f"**{1000 * median:.0f} ms** of {len(found['seconds'])} sentences.\n"
    )


def _training(found: dict) -> str:
    mine, theirs, gain = _ratio(found["turns"], "train", "trainer", "tokens_per_second")
    rows = [["`Seq2SeqTrainer`, fp32", f"{theirs:,.0f}", ""], ["GenHub", f"{mine:,.0f}", f"**{gain:.2f} ×**"]]
    return (
        "## Training\n\n"
        + _table(["", "real tokens a second", "ratio"], rows)
        + f"\n{STEPS} steps on the training pairs, padding not counted.\n"
    )


if __name__ == "__main__":
    sections.main(__doc__, SECTIONS, FIGURES, TARGET, render)
