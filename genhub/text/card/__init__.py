"""The model card of a run: README.md with a Hugging Face header, the measured figures and their ground, and the limits.

Everything in it was measured in that run or read from its passport. It holds nothing of the user's table or text, and not their
names either: a card may be published. A data set of the Hub is public, and named.
"""

from pathlib import Path

from genhub.jobs.folder import RunFolder
from genhub.text import formats

FILE = "README.md"


def write(run: RunFolder, metrics: dict | None = None, passport: dict | None = None) -> Path:
    """Write README.md into the run's folder and return its path.

    `metrics` and `passport` are read from the folder where they are not given, so that a trainer can write the card before
    metrics.json says that the run has ended. Raises UserError when they are missing.
    """
    metrics = run.read("metrics.json") if metrics is None else metrics
    passport = run.read("passport.json") if passport is None else passport
    path = run.path / FILE
    path.write_text(text(run, metrics, passport), encoding="utf-8")
    return path


def text(run: RunFolder, metrics: dict, passport: dict) -> str:
    """The card as Markdown with its YAML header."""
    return formats.part("card", passport).text(run, metrics, passport)
