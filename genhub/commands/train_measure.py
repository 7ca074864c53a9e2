"""`train measure-tables`, `train measure-texts`, `train measure-images`: does augmentation help?"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genhub import gate, settings
from genhub.augment.measure.arms import chains_of
from genhub.augment.measure.train import methods_of
from genhub.commands import names, table_reading, train_images
from genhub.commands.output import Output, table
from genhub.commands.table_reading import naming_the_option
from genhub.commands.training import Source, Training
from genhub.data import intake
from genhub.data.fixes import MENDING
from genhub.errors import UserError
from genhub.events import Done
from genhub.jobs.folder import RunFolder
from genhub.training.configs import ClassifyConfig, MeasureImagesConfig, MeasureTablesConfig, MeasureTextsConfig


def _table_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="F.csv", help="A table (CSV, TSV, JSONL, Parquet) of numbers and categories.")
    parser.add_argument("--label-column", default="", help="Column of the classes. Default: the last one.")
    parser.add_argument("--categorical", help="Columns of categories, separated by commas. Default: those that hold no numbers.")
    parser.add_argument("--fix", default="", help=f"What to do with missing values: {' or '.join(MENDING)}.")


@contextmanager
def _table(args: argparse.Namespace, config: MeasureTablesConfig, out: Output) -> Iterator[Source]:
    from genhub.augment.tables import shown

    methods_of(config)
    fixes = names(args.fix, tuple(MENDING), "fix")
    categorical = None if args.categorical is None else [name.strip() for name in args.categorical.split(",") if name.strip()]
    upload, folder = gate.upload(args.data, settings.get().limits), Path(tempfile.mkdtemp(prefix="genhub-measure-"))
    try:
        asked = {"folder": str(folder), "label": args.label_column, "categorical": categorical, "fixes": fixes}
        rows = folder / "measured.jsonl"
        with naming_the_option():
            intake.read_table({"path": str(upload.path), "folder": str(folder), "name": upload.name})
            told = _prepared(shown, {**asked, "out": str(rows)})
        yield Source(rows, {"name": upload.name, **told})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepared(shown, asked: dict) -> dict:
    """A refusal for missing values says which option mends them."""
    try:
        return shown.prepared(asked)
    except UserError as error:
        how = f" Add --fix {' or --fix '.join(MENDING)}." if error.fix in MENDING else ""
        raise UserError(error.what, error.limit, error.remedy + how, error.field, error.fix) from None


def _text_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="F.csv", help=table_reading.DATA_HELP)
    parser.add_argument("--text-column", default="", help="Column with the texts. Default: text, or the one with the longest entries.")
    parser.add_argument("--label-column", default="", help="Column with the labels. Default: the last one.")
    parser.add_argument("--fix", default="", help=table_reading.FIX_HELP)


@contextmanager
def _texts(args: argparse.Namespace, config: MeasureTextsConfig, out: Output) -> Iterator[Source]:
    chains_of(config.chains, "text")
    with table_reading.opened(args.data, args.fix) as read:
        asked = ClassifyConfig(model=config.model, text_column=args.text_column, label_column=args.label_column)
        report = read.examine(asked, strict=True)
        yield Source(read.rows, {**report["data"], "sample": read.sample or None})


@contextmanager
def _images(args: argparse.Namespace, config: MeasureImagesConfig, out: Output) -> Iterator[Source]:
    if config.chains.strip():
        chains_of(config.chains, "image")
    with train_images.set_of(args, config, out) as source:
        yield source


def _words(run: RunFolder, done: Done) -> str:
    metrics = done.metrics
    measure = next(iter(metrics["measures"]))
    rows = [
        (metrics["contenders"][row["contender"]], f"{row['size']:,}", row["title"], _figure(row["scores"][measure]), _effect(row, measure))
        for row in metrics["table"]
    ]
    ground = f"{metrics['repetitions']} splits, {metrics['test_rows']:,} {metrics['one']} to judge on in each, never augmented:"
    figures = table(("learns", metrics["one"], "with", metrics["measures"][measure], "difference"), rows)
    return "\n".join((ground, figures, *metrics["sentences"], *metrics["notes"], "", f"All figures: {run.path / 'README.md'}"))


def _figure(score: float | None) -> str:
    return "–" if score is None else f"{score:.3f}"


def _effect(row: dict, measure: str) -> str:
    effect = row["effects"].get(measure)
    return f"{effect['difference']:+.3f} [{effect['low']:+.3f}, {effect['high']:+.3f}]" if effect else ""


TABLES = Training("measure-tables", "does evening out a table's classes help?", "table", {}, _table_arguments, _table, _words)
TEXTS = Training("measure-texts", "does augmenting texts help?", "table", {}, _text_arguments, _texts, _words)
IMAGES = Training("measure-images", "does augmenting images help?", "set of images", {}, train_images.set_arguments, _images, _words)
TRAININGS = (TABLES, TEXTS, IMAGES)
