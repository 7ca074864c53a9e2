"""Augmentation, measured; writes docs/benchmarks-augment.md.

    make bench                                          everything
    python bench/augment.py --only grid --only words    some sections: grid · speed · words · context · tables · texts
    python bench/augment.py --render                    the document from the stored figures, without measuring

The section "speed" stands beside albumentations 2.0.8 where that is installed (pip install albumentations==2.0.8; it is no dependency of
GenHub). The tables and reviews are looked for in GENHUB_DATA, then in ../shared/data.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT), str(HERE)]

import sections  # noqa: E402 - beside this file
from generate import _table  # noqa: E402

FIGURES = HERE / "augment.json"
TARGET = ROOT / "docs" / "benchmarks-augment.md"
DATA = Path(os.environ.get("GENHUB_DATA", ROOT.parent / "shared" / "data"))
TURNS = 7
VARIANTS = 16
SIDE, IMAGES = 224, 400
SIX = "flip,rotate=30,zoom=0.2,brightness=0.2,contrast=0.2,blur=1"
TEXTS = 1_000
WORDS = ("spelling=0.1", "swap=0.1", "delete=0.1", "keyboard=0.03", "shuffle-words=3", "similar=0.1", "insert=0.1")
SETS = {"haberman": ("survival(2=died<5y)", "smote,borderline-smote,adasyn,random-over,random-under"), "new-thyroid": ("class", "smote,borderline-smote,adasyn,random-over,random-under"), "german": ("target", "smote-nc,random-over,random-under")}  # fmt: skip
REPETITIONS = 10
CONTEXTS, HIDDEN = 300, 0.15  # reviews, and the share of their words that are gaps
MEASURED = 1_200  # reviews of which 200 are learnt from
CHAINS = "Easy data augmentation;similar=0.2;in-context=0.15;keyboard=0.03"


def seconds(do: Callable[[], object], turns: int = TURNS) -> float:
    """The median of some turns, after one that does not count."""
    do()
    found = []
    for _ in range(turns):
        began = time.perf_counter()
        do()
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def photograph(side: int = 0):
    """china.jpg of scikit-learn, 640 × 427, enlarged to a megapixel, or cut to a square."""
    import cv2
    from sklearn.datasets import load_sample_image

    image = load_sample_image("china.jpg")
    return cv2.resize(image, (1224, 817)) if not side else cv2.resize(image[:, 100:527], (side, side))


def grid(home: Path, options) -> dict:
    """A grid of variants of one photograph, chain by chain."""
    from genhub.augment.images.table import PRESETS
    from genhub.augment.images.variants import variant

    image = photograph()
    found = {
        name: seconds(lambda chain=chain: [variant(chain, image, number) for number in range(VARIANTS)], 5)
        for name, chain in PRESETS.items()
    }
    return {"pixels": image.shape[0] * image.shape[1], "seconds": found}


def speed(home: Path, options) -> dict:
    """Images a second of the same six operations, ours and albumentations' turn by turn."""
    from genhub.augment.chain import Chain
    from genhub.augment.images.table import IMAGES as TABLE
    from genhub.augment.images.variants import variant

    image, chain = photograph(SIDE), Chain.read(SIX, "image", TABLE)
    ways = {"ours": lambda: [variant(chain, image, number) for number in range(IMAGES)]}
    theirs = _albumentations()
    if theirs:
        ways["albumentations"] = lambda: [theirs(image=image)["image"] for _ in range(IMAGES)]
    turns = [{name: IMAGES / seconds(do, 1) for name, do in ways.items()} for _ in range(TURNS)]
    return {"turns": turns}


def _albumentations():
    """The same six with the same ranges; None where it is not installed."""
    try:
        import albumentations as A
    except ImportError:
        return None
    import cv2

    reflect = {"border_mode": cv2.BORDER_REFLECT_101, "p": 1}
    return A.Compose(
        [
            A.HorizontalFlip(p=0.5),
            A.Rotate(limit=30, **reflect),
            A.Affine(scale=(0.8, 1.2), **reflect),
            A.RandomBrightnessContrast(brightness_limit=0.2, contrast_limit=0, p=1),
            A.RandomBrightnessContrast(brightness_limit=0, contrast_limit=0.2, p=1),
            A.GaussianBlur(sigma_limit=(0.0, SIDE / 100), blur_limit=0, p=1),
        ],
        seed=0,
    )


def words(home: Path, options) -> dict:
    """A thousand short texts, operation by operation."""
    from genhub.augment.chain import Chain
    from genhub.augment.texts.table import TEXTS as TABLE
    from genhub.augment.texts.tools import Tools
    from genhub.augment.texts.variants import variants

    texts, tools = _reviews(TEXTS), Tools()
    found = {}
    for ops in WORDS:
        chain = Chain.read(ops, "text", TABLE)
        found[ops] = seconds(lambda chain=chain: variants(chain, texts, 1, tools), 3)
    return {"texts": len(texts), "words": sum(len(text.split()) for text in texts) / len(texts), "seconds": found}


def context(home: Path, options) -> dict:
    """Words proposed in their context: ours, and a loop over pipeline("fill-mask") of transformers with the same weights, in one run."""
    import numpy as np
    from transformers import AutoTokenizer, pipeline

    from genhub.augment.chain import generator
    from genhub.augment.texts import words as parts
    from genhub.augment.texts.tools import Tools

    ours, texts = Tools().proposals, _reviews(CONTEXTS)
    split = [parts.parted(text) for text in texts]
    places = [
        sorted(generator(0, number).choice(len(found), max(1, round(HIDDEN * len(found))), replace=False).tolist())
        for number, (found, _) in enumerate(split)
    ]
    asked = [(found, gaps, where) for (found, gaps), where in zip(split, places, strict=True)]
    folder = _as_transformers(ours, home / "masked")
    fill = pipeline("fill-mask", model=str(folder), tokenizer=AutoTokenizer.from_pretrained(folder), device=-1)
    shown = [ours._hidden(*one) for one in asked]
    ways = {
        "ours": lambda: ours.words([(*one, np.random.default_rng(number)) for number, one in enumerate(asked)]),
        "pipeline": lambda: [fill(text, top_k=9) for text in shown],
    }
    turns = [{name: seconds(do, 1) for name, do in ways.items()} for _ in range(TURNS)]
    return {"texts": len(texts), "gaps": sum(map(len, places)), "turns": turns}


def _as_transformers(ours, folder: Path) -> Path:
    """The same weights as plain transformers loads them."""
    from transformers import BertForMaskedLM

    encoder, head = ours.model.encoder, ours.model.head
    whole = BertForMaskedLM(encoder.config)
    whole.bert.load_state_dict({name: tensor for name, tensor in encoder.state_dict().items() if not name.startswith("pooler.")})
    transform = whole.cls.predictions.transform
    transform.dense.load_state_dict(head.dense.state_dict())
    transform.LayerNorm.load_state_dict(head.norm.state_dict())
    whole.cls.predictions.bias.data = head.bias.data.clone()
    whole.cls.predictions.decoder.bias = whole.cls.predictions.bias
    whole.tie_weights()
    whole.save_pretrained(folder)
    ours.tokenizer.save_pretrained(folder)
    return folder


def _reviews(count: int) -> list[str]:
    import csv
    import gzip

    with gzip.open(DATA / "classification" / "rotten_tomatoes" / "train.tsv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row["text"] for row, _ in zip(rows, range(count), strict=False)]


def tables(home: Path, options) -> dict:
    """Whether evening out helps on three tables: every method against the rows as they are, and against class weights."""
    from genhub.augment.measure.study import judged, run
    from genhub.augment.measure.tables import TablesStudy, named
    from genhub.augment.tables import columns
    from genhub.augment.tables.table import ResampleConfig
    from genhub.data import tables as reading
    from genhub.settings import LOCAL

    found = {}
    for name, (target, methods) in SETS.items():
        rows = columns.of(reading.read(DATA / "tables" / f"{name}.csv", LOCAL), target)
        study = TablesStudy(rows, named([ResampleConfig(method=method) for method in methods.split(",")]), range(REPETITIONS))
        results: list = []
        for _ in run(study, results):
            pass
        found[name] = {**judged(study, results), "classes": rows.counts()}
    return found


def few_texts(home: Path, options) -> dict:
    """Whether it helps with 200 rows of Rotten Tomatoes."""
    import csv
    import gzip

    from genhub.augment.measure.arms import chains_of
    from genhub.augment.measure.study import judged, run
    from genhub.augment.measure.texts import Options, TextsStudy
    from genhub.augment.texts.tools import Tools
    from genhub.text.encoder import open_base

    with gzip.open(DATA / "classification" / "rotten_tomatoes" / "train.tsv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = [{**row, "group": number} for number, row in enumerate(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))]
    rows = rows[:: max(1, len(rows) // MEASURED)]
    study = TextsStudy(rows, chains_of(CHAINS, "text"), Options(range(REPETITIONS), (200,)), open_base("embedded/minilm-l6"), Tools())
    results: list = []
    for _ in run(study, results):
        pass
    return judged(study, results)


SECTIONS = {"grid": grid, "speed": speed, "words": words, "context": context, "tables": tables, "texts": few_texts}


def render(found: dict) -> str:
    """The document, of the sections that were measured."""
    parts = ["# Augmentation, measured\n", "Made by `python bench/augment.py`; the figures are in `bench/augment.json`. Medians.\n"]
    for name, write in (
        ("grid", _grid),
        ("speed", _speed),
        ("words", _words),
        ("context", _context),
        ("tables", _tables),
        ("texts", _few_texts),
    ):
        if name in found:
            parts += [write(found[name]["figures"]), f"\nMeasured on: {found[name]['machine']}.\n"]
    return "\n".join(parts)


def _grid(found: dict) -> str:
    rows = [[name, f"{value:.2f}"] for name, value in found["seconds"].items()]
    told = f"{VARIANTS} variants of a photograph of {found['pixels'] / 1e6:.1f} megapixels.\n\n"
    return "## A grid of variants\n\n" + told + _table(["chain", "seconds"], rows)


def _speed(found: dict) -> str:
    turns, names = found["turns"], {"ours": "GenHub: geometry in one go, light in one table", "albumentations": "albumentations 2.0.8"}
    rows = []
    for name in turns[0]:
        ratio = "" if name == "albumentations" else _ratio(turns)
        rows.append([names[name], f"{statistics.median(turn[name] for turn in turns):,.0f}", ratio])
    told = f"\nFlip, rotation, zoom, brightness, contrast, blur, on one photograph of {SIDE} × {SIDE} pixels, one process.\n"
    return "## Images a second\n\n" + _table(["", "images a second", "ratio"], rows) + told


def _ratio(turns: list[dict]) -> str:
    if "albumentations" not in turns[0]:
        return ""
    return f"**{statistics.median(turn['ours'] / turn['albumentations'] for turn in turns):.2f} ×**"


def _words(found: dict) -> str:
    rows = [[ops, f"{value:.2f}"] for ops, value in found["seconds"].items()]
    told = (
        f"{found['texts']:,} reviews of {found['words']:.0f} words on average; `similar` and `insert` ask the embedded encoder's table.\n\n"
    )
    return "## Texts\n\n" + told + _table(["operation", "seconds"], rows)


def _context(found: dict) -> str:
    turns = found["turns"]
    rows = [
        [called, f"{statistics.median(turn[name] for turn in turns):.2f}"]
        for name, called in (("ours", "GenHub"), ("pipeline", 'a loop over `pipeline("fill-mask")`'))
    ]
    ratio = statistics.median(turn["pipeline"] / turn["ours"] for turn in turns)
    told = f"{found['texts']:,} reviews, {found['gaps']:,} gaps, the same weights. The loop takes **{ratio:.1f} ×** as long.\n\n"
    return "## Words in context\n\n" + told + _table(["", "seconds"], rows)


def _few_texts(found: dict) -> str:
    from genhub.augment.measure.card import table

    told = (
        f"Rotten Tomatoes, {found['train_rows']} rows to learn from, {found['test_rows']:,} to judge on, {found['repetitions']} splits; a frozen encoder with a head, and four variants of "
        "each text. Differences to the texts as they are with their 95 % intervals, bold where they leave out zero.\n\n"
    )
    return (
        "## Does augmenting texts help?\n\n"
        + told
        + "\n".join([*table(found), "", *(f"{sentence}\n" for sentence in found["sentences"] + found["notes"])])
    )


def _tables(found: dict) -> str:
    from genhub.augment.measure.contenders import CONTENDERS, MEASURES

    parts = [
        "## Does evening out help?\n",
        f"Each table split {REPETITIONS} times by class, three quarters to learn from; only those are evened out. Differences to the rows as they "
        "are with their 95 % intervals (Nadeau & Bengio 2003), bold where they leave out zero.\n",
    ]
    for name, told in found.items():
        counts = ", ".join(f"{count} of “{label}”" for label, count in told["classes"].items())
        parts.append(f"### {name}: {counts}\n")
        rows = [[CONTENDERS[row["contender"]], row["title"], *(_cell(row, measure) for measure in MEASURES)] for row in told["table"]]
        parts.append(_table(["", "", *MEASURES.values()], rows))
        parts += [f"{note}\n" for note in told["notes"]]
    return "\n".join(parts)


def _cell(row: dict, measure: str) -> str:
    score = f"{row['scores'][measure]:.3f}"
    if measure not in row["effects"]:
        return score
    effect = row["effects"][measure]
    told = f"{effect['difference']:+.3f} [{effect['low']:+.3f}, {effect['high']:+.3f}]"
    return f"{score} ({f'**{told}**' if effect['clear'] else told})"


if __name__ == "__main__":
    sections.main(__doc__, SECTIONS, FIGURES, TARGET, render)
