"""`compare`: several finished runs on the same split, side by side; the first is the one the others are measured against."""

import argparse

from genhub.commands import Command, run_folders
from genhub.commands.output import Output, table

HEADER = ("run", "method", "trainable %", "seconds", "peak MB", "file MB", "accuracy", "95 %", "to the first")
WRITERS = ("run", "method", "trainable %", "seconds", "peak MB", "file MB", "bits a character", "95 %", "to the first", "to its base")
TRANSLATORS = ("run", "method", "trainable %", "seconds", "peak MB", "file MB", "BLEU", "95 %", "to the first", "to its base", "in general")
PAINTERS = ("run", "method", "seconds", "peak MB", "file MB", "code in use", "squared error", "95 %", "to the first", "PCA")
DRAWERS = (
    "run",
    "method",
    "seconds",
    "peak MB",
    "file MB",
    "judge FID",
    "of real ones",
    "to the first",
    "precision",
    "recall",
    "classes drawn",
)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help="Folders or ids of finished runs trained on the same data and seed.")


def _run(args: argparse.Namespace, out: Output) -> None:
    folders = [run_folders.finished(name) for name in args.runs]
    from genhub.images.compare import PaintersCompared
    from genhub.images.drawn.compare import DrawersCompared
    from genhub.text import comparison
    from genhub.text.adapting.compare import WritersCompared
    from genhub.text.translation.tuning.compare import TranslatorsCompared

    told = comparison.compare([(run_folders.name_of(folder), folder) for folder in folders])
    rows = told.to_dict()["runs"]
    shown = {WritersCompared: (WRITERS, _writer), TranslatorsCompared: (TRANSLATORS, _translator), PaintersCompared: (PAINTERS, _painter)}
    shown[DrawersCompared] = DRAWERS, _drawer
    header, line = shown.get(type(told), (HEADER, _line))
    out.result({"runs": rows}, table(header, [line(row) for row in rows]))


def _writer(row: dict) -> tuple:
    interval = f"{row['bits_per_character_low']:.3f}–{row['bits_per_character_high']:.3f}"
    return row["name"], row["method"], *_costs(row), row["bits_per_character"], interval, _more(row["fewer"]), _more(row["gain"])


def _translator(row: dict) -> tuple:
    interval = f"{row['bleu_low']:.1f}–{row['bleu_high']:.1f}"
    changes = ("–" if row[name] is None else f"{row[name]:+.1f}" for name in ("more", "gain", "general"))
    return row["name"], row["method"], *_costs(row), row["bleu"], interval, *changes


def _painter(row: dict) -> tuple:
    interval = f"{row['mse_low']:.4f}–{row['mse_high']:.4f}"
    more = "–" if row["more"] is None else f"{row['more']:+.4f}"
    return (
        row["name"],
        row["method"],
        *_costs(row)[1:],
        f"{row['active']} of {row['coding']}",
        f"{row['mse']:.4f}",
        interval,
        more,
        f"{row['pca']:.4f}",
    )


def _drawer(row: dict) -> tuple:
    more = "–" if row["more"] is None else f"{row['more']:+.1f}"
    classes = "–" if row["classes"] is None else f"{row['covered']} of {row['classes']}"
    figures = (f"{row[name]:.1f}" for name in ("judge_fid", "judge_fid_floor"))
    return row["name"], row["method"], *_costs(row)[1:], *figures, more, f"{row['precision']:.2f}", f"{row['recall']:.2f}", classes


def _more(fewer: float | None) -> str:
    return "–" if fewer is None else f"{-fewer:+.3f}"


def _costs(row: dict) -> tuple:
    size = None if row["file_bytes"] is None else row["file_bytes"] / 1e6
    return row["trainable_percent"], row["seconds"], row["peak_memory_mb"], size


def _line(row: dict) -> tuple:
    difference = row["difference"]
    paired = "–" if difference is None else f"{difference['mean']:+.3f} [{difference['low']:+.3f}, {difference['high']:+.3f}]"
    interval = f"{row['accuracy_low']:.3f}–{row['accuracy_high']:.3f}"
    return row["name"], row["method"], *_costs(row), row["accuracy"], interval, paired


COMMAND = Command("put finished runs on the same split side by side", _arguments, _run)
