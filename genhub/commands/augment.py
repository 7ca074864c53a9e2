"""`augment`: variants of an image or of a set of images, of the texts of a table, or rows that even out the classes of a table."""

import argparse
import json
import tempfile
from pathlib import Path

from genhub import gate, settings
from genhub.augment.chain import Chain
from genhub.augment.images.table import IMAGES, PRESETS
from genhub.augment.kinds import TABLES, chain_of
from genhub.augment.operations import Table
from genhub.augment.options import ImageVariantsConfig, TextVariantsConfig
from genhub.augment.tables.table import TABLES as METHODS
from genhub.augment.tables.table import ResampleConfig
from genhub.augment.texts.table import TEXTS
from genhub.commands import Command, add_config, config_values, names, target, target_file
from genhub.commands.output import Output, table
from genhub.commands.table_reading import naming_the_option
from genhub.data.fixes import READING
from genhub.errors import UserError
from genhub.options import Config

PICTURES = (".png", ".jpg", ".jpeg", ".webp")
OPS_HELP = (
    "Operations separated by commas, each with its amount behind a = where it is not the usual one: {example}. There are {known}. Or a file "
    "with a chain, as --save-chain writes it{presets}."
)


def _chain_arguments(parser: argparse.ArgumentParser, known: Table, example: str, presets: str) -> None:
    told = OPS_HELP.format(example=example, known=", ".join(known), presets=presets)
    parser.add_argument("--ops", required=True, help=told)
    parser.add_argument("--save-chain", metavar="F.json", help="Where to write the chain of operations.")
    parser.add_argument("--replace", action="store_true", help="Leave the originals out of what is written.")


def _chain(args: argparse.Namespace, kind: str, config: type[Config]) -> tuple[Chain, int]:
    """The chain that was asked for, and how many copies. Raises UserError."""
    given = gate.filled(config, config_values(args, config))
    told = {name: value for name, value in given.to_dict().items() if name != "copies"}
    if args.ops in PRESETS and kind == "image":
        asked = {name: value for name, value in told.items() if hasattr(args, name)}
        chain = Chain.from_dict({**PRESETS[args.ops].to_dict(), **asked}, TABLES)
    elif Path(args.ops).suffix == ".json":
        chain = _stored(Path(args.ops), kind)
    else:
        chain = Chain.read(args.ops, kind, TABLES[kind], **told)
    if args.save_chain:
        target(args.save_chain, "save_chain").write_text(json.dumps(chain.to_dict(), indent=1) + "\n", encoding="utf-8")
    return chain, given.copies


def _stored(path: Path, kind: str) -> Chain:
    try:
        said = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size < 1_000_000 else None
    except (OSError, ValueError, RecursionError):
        said = None
    return chain_of(said, kind)


# ---- images ---------------------------------------------------------------------------------------------------------


def _image_arguments(parser: argparse.ArgumentParser) -> None:
    told = "A PNG, JPEG or WebP image; or a set of them: a ZIP or a folder (folders in it name the classes), or an .npz with x and y."
    parser.add_argument("--in", required=True, dest="given", metavar="IMAGE", help=told)
    _chain_arguments(parser, IMAGES, "flip,rotate=30,brightness", f", or a preset: {', '.join(PRESETS)}")
    add_config(parser, ImageVariantsConfig)
    parser.add_argument("--out", required=True, help="F.png: one picture of all variants; F.zip: one each; F.npz: arrays x and y.")


def _image(args: argparse.Namespace, out: Output) -> None:
    chain, copies = _chain(args, "image", ImageVariantsConfig)
    path = target(args.out)
    ending = path.suffix.lower().removeprefix(".")
    if ending not in ("png", "zip", "npz"):
        what = f"“{path.name}” is neither a picture nor pictures nor an array."
        raise UserError(what, "It ends in .png, .zip or .npz.", "Choose such a name.", "out")
    one = Path(args.given).suffix.lower() in PICTURES
    x, y, names_of, drawn = _of_one(args.given, chain, copies, args.replace) if one else _of_many(args, chain, copies, out)
    from genhub.images import saved

    path.write_bytes(saved.as_file(x, y, names_of, ending))
    result = {"out": str(path), "images": len(x), "shape": list(x.shape), "chain": chain.to_dict(), "drawn": drawn}
    out.result(result, f"{len(x):,} images of {x.shape[1]} × {x.shape[2]} pixels: {path}")


def _of_one(given: str, chain: Chain, copies: int, replace: bool):
    """Variants of one image."""
    import numpy as np

    from genhub.augment.images.variants import variant
    from genhub.data.pictures import decode

    limits = settings.get().limits
    upload = gate.image(given, limits)
    image = np.asarray(decode(upload.path.read_bytes(), upload.name, limits.image_pixels))
    made = [variant(chain, image, number) for number in range(copies)]
    first = [] if replace else [image]
    return np.stack([*first, *(one.image for one in made)]), None, (), [one.drawn for one in made]


def _of_many(args: argparse.Namespace, chain: Chain, copies: int, out: Output):
    """A set of images with `copies` variants of each."""
    import numpy as np

    from genhub.augment.images.variants import variant
    from genhub.commands.train_images import origin_of
    from genhub.data import image_sets

    if any(not IMAGES[step.name].keeps for step in chain.steps):
        what, limit = "A mixture has no label of its own.", "In a set every image has one class."
        raise UserError(what, limit, "Leave mixup and cutmix out, or let them be drawn while a model learns.", "ops")
    with tempfile.TemporaryDirectory(prefix="genhub-augment-") as folder:
        request = {"folder": folder, **origin_of(args.given, Path(folder))}
        for finding in image_sets.read_images(request)["findings"]:
            out.say(f"  {finding['text']}")
        x, labels = image_sets.read_rows(Path(folder) / image_sets.ROWS)
    made = [variant(chain, image, number, which=which).image for which, image in enumerate(x) for number in range(copies)]
    known = sorted(set(labels))
    y = np.array([known.index(label) for label in labels]) if labels else None
    y = None if y is None else np.concatenate([y if not args.replace else y[:0], np.repeat(y, copies)])
    return np.concatenate([x if not args.replace else x[:0], np.stack(made)]), y, known, []


# ---- texts ----------------------------------------------------------------------------------------------------------


def _text_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--in", required=True, dest="given", metavar="F.csv", help="A table (CSV, TSV, JSONL, Parquet) with a column of texts."
    )
    parser.add_argument("--text-column", default="", help="Default: text, or the one with the longest texts.")
    parser.add_argument("--fix", default="", help=f"How to read --in, separated by commas: {', '.join(READING)}.")
    _chain_arguments(parser, TEXTS, "similar=0.2,swap", "")
    add_config(parser, TextVariantsConfig)
    parser.add_argument("--out", required=True, metavar="F.csv", help="The rows, then their variants with the row each was made of.")


def _text(args: argparse.Namespace, out: Output) -> None:
    from genhub.augment.texts.tools import Tools
    from genhub.augment.texts.variants import variants
    from genhub.data import batch, tables

    chain, copies = _chain(args, "text", TextVariantsConfig)
    path, limits = target_file(args.out, args.given, "The augmented table"), settings.get().limits
    with naming_the_option():
        given = tables.read(gate.upload(args.given, limits).path, limits, fixes=names(args.fix, tuple(READING), "fix"))
    column = batch.text_column(given.columns, given.rows, args.text_column, "")
    whole = [row for row in given.rows if row[column].strip()]  # a blank cell has no variants
    made = variants(chain, batch.texts(given.columns, given.rows, column), copies, Tools())
    numbers = [number for number, row in enumerate(given.rows, start=1) if row[column].strip()]
    before = [] if args.replace else [[*row, "", ""] for row in given.rows]
    after = [[*_with(whole[one.of], column, one.text), numbers[one.of], " ".join(one.done)] for one in made]
    tables.write_csv(path, [*given.columns, "made_of_row", "operations"], [*before, *after])
    changed = sum(one.text != whole[one.of][column] for one in made)
    result = {"out": str(path), "rows": len(before) + len(after), "made": len(made), "changed": changed, "chain": chain.to_dict()}
    out.result(result, f"{len(made):,} variants, {changed:,} of them not as before. Written to {path}.")


def _with(row: tuple[str, ...], place: int, text: str) -> list[str]:
    return [*row[:place], text, *row[place + 1 :]]


# ---- tables ---------------------------------------------------------------------------------------------------------


def _table_arguments(parser: argparse.ArgumentParser) -> None:
    from genhub.augment.tables.columns import FILL, LEAVE_OUT

    parser.add_argument(
        "--in", required=True, dest="given", metavar="F.csv", help="A table (CSV, TSV, JSONL, Parquet) of numbers and categories."
    )
    parser.add_argument("--label-column", default="", help="Column of the classes. Default: the last one.")
    parser.add_argument("--categorical", help="Columns of categories, separated by commas. Default: those that hold no numbers.")
    parser.add_argument("--fix", default="", help=f"What to do with missing values: {LEAVE_OUT} or {FILL}.")
    parser.add_argument("--ops", default="smote", help=f"One of {', '.join(METHODS)}. Default: smote.")
    add_config(parser, ResampleConfig, but=("method",))
    parser.add_argument("--out", required=True, metavar="F.csv", help="The rows, then the new ones, with what they were made of.")


def _table(args: argparse.Namespace, out: Output) -> None:
    from genhub.augment.tables import columns, saved
    from genhub.augment.tables.resample import resample
    from genhub.data import tables

    config = gate.filled(ResampleConfig, {**config_values(args, ResampleConfig), "method": args.ops})
    path, limits = target_file(args.out, args.given, "The evened-out table"), settings.get().limits
    fixes = names(args.fix, (columns.LEAVE_OUT, columns.FILL), "fix")
    given = tables.read(gate.upload(args.given, limits).path, limits)
    categorical = None if args.categorical is None else [name.strip() for name in args.categorical.split(",") if name.strip()]
    rows = _rows(given, args.label_column or given.columns[-1], categorical, fixes)
    made = resample(rows, config)
    tables.write_csv(path, saved.columns(rows), saved.lines(rows, made, config.method))
    before, after = rows.counts(), made.rows.counts()
    result = {"out": str(path), "rows": len(made.rows), "made": made.made, "before": before, "after": after, "notes": made.notes}
    counts = table(("class", "before", "after"), [(label, before[label], after.get(label, 0)) for label in before])
    out.result(result, "\n".join([counts, *made.notes, f"Written to {path}."]))


def _rows(given, label: str, categorical: list[str] | None, fixes: list[str]):
    """A refusal for missing values says which options mend them."""
    from genhub.augment.tables import columns

    try:
        return columns.of(given, label, categorical, fixes)
    except UserError as error:
        if error.fix != columns.LEAVE_OUT:
            raise
        how = f" Add --fix {columns.LEAVE_OUT} or --fix {columns.FILL}."
        raise UserError(error.what, error.limit, error.remedy + how, error.field, error.fix) from None


COMMAND = Command(
    "vary images and texts, even out tables",
    children={
        "image": Command("variants of an image, or of a set of images", _image_arguments, _image),
        "text": Command("variants of the texts of a table", _text_arguments, _text),
        "table": Command("rows for the small classes of a table", _table_arguments, _table),
    },
)
