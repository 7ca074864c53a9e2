"""`train translate`: adapt a translation model to pairs of sentences."""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genhub import catalog, gate, settings
from genhub.commands import names
from genhub.commands.output import Output, table
from genhub.commands.table_reading import naming_the_option, on_the_hub, streamed
from genhub.commands.training import Source, Training
from genhub.data import pairs
from genhub.data.fixes import KEEP_FIRST, READING
from genhub.events import Done
from genhub.jobs.folder import RunFolder
from genhub.training.configs import TUNE_PRESETS, TuneConfig

NAMES = {"base": "the base model", "copy": "the source as it is"}
DATA_HELP = "A CSV, TSV, JSONL or Parquet table of pairs; a pair a line needs no header. Or of the Hub: hub:owner/name[:config[:split]]."
FIXES = (*READING, KEEP_FIRST)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="PAIRS.tsv", help=DATA_HELP)
    parser.add_argument("--source-column", default="", help="Column of the sources. Default: found by its name, or the first.")
    parser.add_argument("--target-column", default="", help="Column of the translations. Default: found by its name, or the second.")
    parser.add_argument("--fix", default="", help=f"How to read it, separated by commas: {', '.join(FIXES)}.")


@contextmanager
def _source(args: argparse.Namespace, config: TuneConfig, out: Output) -> Iterator[Source]:
    """The pairs; what was done to them and what is out of the ordinary is printed."""
    fixes = names(args.fix, FIXES, "fix")
    known = catalog.languages_of(config.model)
    folder = Path(tempfile.mkdtemp(prefix="genhub-pairs-"))
    request = {
        "folder": str(folder),
        "source_column": gate.column(args.source_column, "source_column"),
        "target_column": gate.column(args.target_column, "target_column"),
        "languages": [config.source_language or known[0], config.target_language or known[1]],
        "fixes": [fix for fix in fixes if fix in READING],
        "cut": KEEP_FIRST in fixes,
    }
    try:
        with naming_the_option():
            info = pairs.PairsInfo(**pairs.read_pairs({**request, **_origin(args.data, folder)}))
        for finding in info.findings:
            out.say(f"  {finding['text']}")
        yield Source(folder / pairs.ROWS, pairs.origin(info))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _origin(data: str, folder: Path) -> dict:
    """What `pairs.read_pairs` is asked besides: where the pairs come from."""
    if on_the_hub(data):
        return {**streamed(data, folder), "cut": True}
    upload = gate.upload(data, settings.get().limits)
    return {"path": str(upload.path), "name": upload.name}


def _words(run: RunFolder, done: Done) -> str:
    metrics = done.metrics
    rows = [("this model", metrics["bleu"], metrics["chrf"])]
    rows += [(NAMES.get(name, name), line["bleu"], line["chrf"]) for name, line in metrics["baselines"].items()]
    return "\n".join(
        (
            f"{metrics['test_sources']:,} unseen sources:",
            table(("", "BLEU", "chrF"), rows),
            *metrics["sentences"],
            "",
            f'Use it: python -m genhub translate --run {run.path} --text "…"',
        )
    )


TUNE = Training("translate", "adapt a translation model to pairs of sentences", "set of pairs", TUNE_PRESETS, _arguments, _source, _words)
