"""What was made by augmentation packed to take home, in one-shot children, JSON in, JSON out: pictures, sets of images, tables."""

import base64
import json
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from genhub.augment.chain import Chain
from genhub.augment.images.table import IMAGES
from genhub.augment.images.variants import variant
from genhub.augment.kinds import chain_of
from genhub.data import image_sets, tables
from genhub.errors import UserError

MOST_PIXELS = 400_000_000  # of all variants together
MOST_IMAGES, COLUMNS, ROWS = 50_000, 8, 6  # of a set; of the picture of some of them
TABLES = ("csv", "jsonl", "parquet", "datasets")  # what a table can be written as
TABLE_FILE, CARD_FILE = "train.parquet", "README.md"  # in a folder for `datasets.load_dataset`
LOADERS = {"csv": "csv", "jsonl": "json", "parquet": "parquet"}  # ending → what `load_dataset` reads it with
TABLE_CARD = """\
---
tags:
- synthetic
- genhub
---

# {name}, augmented

{made:,} rows {how}. The columns {columns} say of each new row what it was made of and how; they are empty for rows that were there.

```python
from datasets import load_dataset

rows = load_dataset("{loader}", data_files="{file}", split="train")
```

Measure whether they help before you learn from them: learn with and without, and judge both on rows that were never augmented.
"""
CARD = """\
# {count:,} variants of one picture

Made of “{name}” ({width} × {height} pixels) in GenHub by this chain of operations, seed {seed}:

{steps}
`chain.json` is the chain, to be loaded again; `drawn.json` holds what was drawn for each variant. Measure whether such variants help before you
learn from them: learn with and without, and judge both on pictures that neither has seen.
"""


def photo(args: dict) -> dict:
    """{"path", "others", "chain", "copies", "name", "out"} → {"count"}; writes a ZIP of PNGs with a card, the chain and what was drawn."""
    chain, copies = chain_of(args["chain"], "image"), int(args["copies"])
    image, others = read(args["path"]), [read(path) for path in args["others"]]
    height, width = image.shape[:2]
    if copies * height * width > MOST_PIXELS:
        what = f"{copies:,} variants of {width} × {height} pixels are too much at once."
        remedy = f"Ask for {max(1, MOST_PIXELS // (height * width)):,}."
        raise UserError(what, f"At most {MOST_PIXELS / 1e6:g} million pixels in all.", remedy, "copies")
    drawn = []
    with zipfile.ZipFile(args["out"], "w") as archive:
        for number in range(copies):
            made = variant(chain, image, number, others)
            drawn.append([[name, dict(told)] for name, told in made.drawn])
            archive.writestr(f"variant-{number:04d}.png", png(made.image))
        steps = "".join(
            f"- {step.name}{'' if step.amount is None else f' {step.amount:g}'}, chance {step.chance:g}\n" for step in chain.steps
        )
        card = CARD.format(count=copies, name=args["name"], width=width, height=height, seed=chain.seed, steps=steps)
        archive.writestr("README.md", card)
        archive.writestr("chain.json", json.dumps(chain.to_dict(), indent=1) + "\n")
        archive.writestr("drawn.json", json.dumps(drawn) + "\n")
    return {"count": copies}


def image_set(args: dict) -> dict:
    """{"rows", "chain", "copies", "replace", "kind": see `saved.SETS`, "name", "out"} → {"count", "classes", "picture": some of them, PNG in base64};
    writes the set with `copies` variants of each image, or them alone."""
    from genhub.images import saved

    chain, copies, replace = chain_of(args["chain"], "image"), int(args["copies"]), bool(args["replace"])
    if mixing := [IMAGES[step.name].title for step in chain.steps if not IMAGES[step.name].keeps]:
        limit = "In a set every image has one class."
        raise UserError(f"{mixing[0]} makes images of two classes.", limit, "Leave it out, or measure it in stage 5.", "ops")
    x, labels = image_sets.read_rows(Path(args["rows"]))
    count = len(x) * (copies + (not replace))
    if count > MOST_IMAGES or count * x[0].size > MOST_PIXELS:
        most = min(MOST_IMAGES, MOST_PIXELS // x[0].size) // len(x) - (not replace)
        raise UserError(
            f"{count:,} images are too many at once.", f"At most {MOST_IMAGES:,}.", f"Ask for {max(1, most)} of each.", "copies"
        )
    made = np.stack([variant(chain, image, number, which=which).image for which, image in enumerate(x) for number in range(copies)])
    names = sorted(set(labels))
    y = np.array([names.index(label) for label in labels]) if labels else None
    together = made if replace else np.concatenate([x, made])
    classes = None if y is None else np.repeat(y, copies) if replace else np.concatenate([y, np.repeat(y, copies)])
    told = f"{len(made):,} variants of the images of “{args['name']}”, {said(chain)}" + ("." if replace else "; the originals come first.")
    out = Path(args["out"])
    out.write_bytes(saved.as_set(together, classes, names, args["kind"], told, "images, augmented"))
    if args["kind"] != saved.DATASETS:
        named = None if classes is None else [names[number] for number in classes]
        (out.parent / CARD_FILE).write_text(saved.card(together, named, told, "images, augmented"), encoding="utf-8")
    some = np.concatenate([made[place * copies : (place + 1) * copies][:COLUMNS] for place in range(min(ROWS, len(x)))])
    picture = base64.b64encode(image_sets.png(image_sets.grid(some, min(COLUMNS, copies)))).decode("ascii")
    return {"count": len(together), "made": len(made), "picture": picture}


def table(args: dict) -> dict:
    """{"rows": a JSON list a line, "columns", "kind": one of TABLES, "card": {"name", "made", "chain", "added"}, "out"} → {}; writes a table of texts."""
    with open(args["rows"], encoding="utf-8") as file:
        rows = (json.loads(line) for line in file)
        about = args["card"]
        out = Path(args["out"])
        card = card_of(about, said(chain_of(about["chain"], "text")), out.name if args["kind"] != "datasets" else "")
        write_table(out, args["kind"], args["columns"], rows, card)
    return {}


def write_table(path: Path, kind: str, columns: Sequence[str], rows: Iterable[Sequence], card: str) -> None:
    """kind: csv, jsonl, parquet, or datasets: a ZIP that unpacks to a folder for `datasets.load_dataset`, with the card. Else the card lies
    beside the file."""
    if kind != "datasets":
        (path.parent / CARD_FILE).write_text(card, encoding="utf-8")
    if kind == "csv":
        tables.write_csv(path, columns, rows)
        return
    if kind == "jsonl":
        tables.write_jsonl(path, (dict(zip(columns, row, strict=True)) for row in rows))
        return
    parquet = path if kind == "parquet" else path.with_suffix(".parquet")
    _as_dataset(columns, rows).to_parquet(parquet)
    if kind == "datasets":
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(parquet, TABLE_FILE)
            archive.writestr(CARD_FILE, card)
        parquet.unlink()


def _as_dataset(columns: Sequence[str], rows: Iterable[Sequence]):
    from datasets import Dataset

    kept = list(rows)
    return Dataset.from_dict({name: _column([row[place] for row in kept]) for place, name in enumerate(columns)})


def _column(values: list) -> list:
    """Of one type: numbers, where all that are there are; else texts."""
    numbers = all(value == "" or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values)
    if not numbers or all(value == "" for value in values):
        return [str(value) for value in values]
    return [None if value == "" else value for value in values]


def said(chain: Chain) -> str:
    """A chain in words."""
    steps = ", ".join(
        step.name + ("" if step.amount is None else f" {step.amount:g}") + ("" if step.chance == 1 else f" (chance {step.chance:g})")
        for step in chain.steps
    )
    way = {"all": "all", "one": "one at random", "few": f"{chain.few} at random"}[chain.way]
    return f"made in GenHub by {way} of: {steps}; seed {chain.seed}"


def card_of(about: dict, how: str, file: str = "") -> str:
    """What a table of variants says of itself on the Hub. about: its name, how many rows were made, the columns that were added. file: where
    the rows are, when that is not TABLE_FILE."""
    file = file or TABLE_FILE
    columns = ", ".join(f"`{column}`" for column in about["added"])
    return TABLE_CARD.format(
        name=about["name"], made=about["made"], how=how, columns=columns, file=file, loader=LOADERS[file.rpartition(".")[2]]
    )


def read(path: str | Path) -> np.ndarray:
    """A picture of ours as (H, W) or (H, W, 3) of bytes, red first. Raises UserError where there is none."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise UserError("This picture is not here any more.", "Pictures are kept for 24 hours.", "Choose it again.", "photo")
    return image if image.ndim == 2 else cv2.cvtColor(image[..., :3], cv2.COLOR_BGR2RGB)


def png(image: np.ndarray) -> bytes:
    _, packed = cv2.imencode(".png", image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return packed.tobytes()
