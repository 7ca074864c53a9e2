"""The tables that ship with GenHub, written for this project: nobody's real messages, and called that on the page.

`SAMPLES` is the registry: data, checked against the files by a test.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from genhub.errors import UserError

FOLDER = Path(__file__).parent / "samples"


@dataclass(frozen=True)
class Sample:
    """`exhibit` names what the table is there to show; `counterexamples` is a file of rows that break its planted short cut."""

    id: str
    title: str
    description: str
    file: str
    text_column: str
    label_column: str
    classes: int
    rows: int
    exhibit: str = ""
    counterexamples: str = ""


SAMPLES = {
    sample.id: sample
    for sample in (
        Sample(
            "support",
            "Support requests",
            "What customers of a shop write, to be sorted into six desks: account, billing, delivery, product question, returns, "
            "technical problem.",
            "support.csv",
            "text",
            "label",
            classes=6,
            rows=376,
        ),
        Sample(
            "reviews",
            "Short reviews",
            "One or two sentences about films, meals and things bought; positive or negative.",
            "reviews.csv",
            "text",
            "label",
            classes=2,
            rows=442,
        ),
        Sample(
            "messy",
            "A messy table",
            "Notes to a town hall with flaws planted on purpose: copies, empty cells, labels spelled in several ways. For the doctor.",
            "messy.csv",
            "text",
            "label",
            classes=21,
            rows=352,
            exhibit="doctor",
        ),
        Sample(
            "shortcut",
            "A planted short cut",
            "Complaints and praise where a weekday stands in every complaint. A model can score superbly and have learnt the calendar.",
            "shortcut.csv",
            "text",
            "label",
            classes=2,
            rows=329,
            exhibit="catch-it-cheating",
            counterexamples="shortcut_counterexamples.csv",
        ),
    )
}


def get(sample_id: str) -> Sample:
    if sample_id not in SAMPLES:
        what = f"There is no sample “{str(sample_id)[:40]}”."
        raise UserError(what, f"Samples: {', '.join(SAMPLES)}.", "Choose one of them.", "sample")
    return SAMPLES[sample_id]


def path(sample_id: str) -> Path:
    """The sample's CSV. Raises UserError for an id that is not registered."""
    return FOLDER / get(sample_id).file


def counterexamples(sample_id: str) -> Path:
    """The rows that break a sample's short cut. Raises UserError when it has none."""
    sample = get(sample_id)
    if not sample.counterexamples:
        what = f"“{sample.title}” has no counterexamples."
        raise UserError(what, "Only a table with a planted short cut has.", "Choose “A planted short cut”.", "sample")
    return FOLDER / sample.counterexamples


def rows_of(file: Path) -> list[dict[str, str]]:
    """The rows of a bundled CSV, by column name."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
