"""`train generate`: adapt a language model to a text. `train scratch`: train a character model on one, from drawn weights."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from genhub.commands import text_reading
from genhub.commands.output import Output, table
from genhub.commands.training import Source, Training
from genhub.data import texts
from genhub.events import Done
from genhub.jobs.folder import RunFolder
from genhub.options import Config
from genhub.training.configs import ADAPT_PRESETS, SCRATCH_PRESETS

NAMES = {"base": "the base model", "ngrams": "{order}-grams, counted", "unigram": "frequencies alone"}


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="F.txt", help=text_reading.DATA_HELP)
    parser.add_argument("--text-column", default="", help="Column of a table with the texts. Default: `text`, or the longest one.")
    parser.add_argument("--fix", default="", help=text_reading.FIX_HELP)


@contextmanager
def _source(args: argparse.Namespace, config: Config, out: Output) -> Iterator[Source]:
    """The text; what was done to it and what is out of the ordinary is printed."""
    with text_reading.opened(args.data, args.text_column, args.fix) as read:
        for finding in read.info.findings:
            out.say(f"  {finding['text']}")
        yield Source(read.rows, texts.origin(read.info))


def _words(run: RunFolder, done: Done) -> str:
    metrics = done.metrics
    rows = [("this model", metrics["bits_per_character"], metrics["perplexity"])]
    for name, line in metrics["baselines"].items():
        rows.append((NAMES.get(name, name).format(**line), line["bits_per_character"], line["perplexity"]))
    low, high = metrics["bits_per_character_low"], metrics["bits_per_character_high"]
    return "\n".join(
        (
            f"{metrics['test_characters']:,} unseen characters, {metrics['test_tokens']:,} tokens:",
            table(("", "bits a character", "perplexity"), rows),
            f"95 % interval of the bits a character: {low:.3f} to {high:.3f}",
            *metrics["sentences"],
            "",
            f'Use it: python -m genhub generate --run {run.path} --prompt "…"',
        )
    )


ADAPT = Training("generate", "adapt a language model to a text", "text", ADAPT_PRESETS, _arguments, _source, _words)
SCRATCH = Training("scratch", "train a character model on a text, from drawn weights", "text", SCRATCH_PRESETS, _arguments, _source, _words)
