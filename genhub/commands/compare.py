"""`compare`: several finished runs on the same split, side by side; the first is the one the others are measured against."""

import argparse

from genhub.commands import Command, run_folders
from genhub.commands.output import Output, table

HEADER = ("run", "method", "trainable %", "seconds", "peak MB", "file MB", "accuracy", "95 %", "to the first")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help="Folders or ids of finished runs trained on the same table and seed.")


def _run(args: argparse.Namespace, out: Output) -> None:
    folders = [run_folders.finished(name) for name in args.runs]
    from genhub.text import verdict

    rows = verdict.compare_folders([(run_folders.name_of(folder), folder.path) for folder in folders])
    out.result({"runs": rows}, table(HEADER, [_line(row) for row in rows]))


def _line(row: dict) -> tuple:
    difference = row["difference"]
    paired = "–" if difference is None else f"{difference['mean']:+.3f} [{difference['low']:+.3f}, {difference['high']:+.3f}]"
    size = None if row["file_bytes"] is None else row["file_bytes"] / 1e6
    interval = f"{row['accuracy_low']:.3f}–{row['accuracy_high']:.3f}"
    costs = (row["trainable_percent"], row["seconds"], row["peak_memory_mb"], size)
    return row["name"], row["method"], *costs, row["accuracy"], interval, paired


COMMAND = Command("put finished runs on the same split side by side", _arguments, _run)
