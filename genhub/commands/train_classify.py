"""`train classify`: fine-tune an encoder on a table."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from genhub.commands import table_reading
from genhub.commands.doctor import finding_line
from genhub.commands.output import Output, table
from genhub.commands.training import Source, Training
from genhub.events import Done
from genhub.jobs.folder import RunFolder
from genhub.training.configs import PRESETS, ClassifyConfig


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="F.csv", help=table_reading.DATA_HELP)
    parser.add_argument("--counterexamples", action="store_true", help="With --data shortcut: add the rows that break its short cut.")
    parser.add_argument("--test", metavar="F.csv", help="Separate table for the verdict; without it a part of --data is kept back.")
    parser.add_argument("--fix", default="", help=table_reading.FIX_HELP)


@contextmanager
def _source(args: argparse.Namespace, config: ClassifyConfig, out: Output) -> Iterator[Source]:
    """The table, examined by the doctor, whose findings are printed."""
    with table_reading.opened(args.data, args.fix) as read:
        if args.counterexamples:
            read.add_counterexamples()
        if args.test:
            read.add_test(args.test)
        report = read.examine(config, strict=True)
        for finding in report["findings"]:
            out.say(finding_line(finding))
        yield Source(read.rows, {**report["data"], "sample": read.sample or None, "counterexamples": args.counterexamples})


def _words(run: RunFolder, done: Done) -> str:
    metrics, baselines = done.metrics, done.metrics["baselines"]
    rows = [("this model", metrics["accuracy"], metrics["macro_f1"])]
    rows += [(name, figures["accuracy"], figures["macro_f1"]) for name, figures in baselines.items()]
    interval = f"{metrics['accuracy_low']:.3f} to {metrics['accuracy_high']:.3f}"
    return "\n".join(
        (
            f"{metrics['test_rows']:,} unseen rows:",
            table(("", "accuracy", "macro F1"), rows),
            f"95 % interval of the accuracy: {interval}",
            *metrics["sentences"],
            "",
            f'Use it: python -m genhub classify --run {run.path} --text "…"',
        )
    )


TRAINING = Training("classify", "fine-tune an encoder on a table", "table", PRESETS, _arguments, _source, _words)
