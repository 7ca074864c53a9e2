"""The tables and texts that ship with GenHub, written for this project: nobody's real messages, and called that on the page.

`SAMPLES` is the registry of tables, `TEXTS` that of texts to learn to write from: data, checked against the files by a test.
`passages()` and `ladder()` are two lists of short texts to try models on.
"""

import csv
import functools
import json
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


@dataclass(frozen=True)
class Text:
    """A text to learn to write from, with its licence and where it comes from."""

    id: str
    title: str
    description: str
    file: str
    licence: str
    origin: str


TEXTS = {
    text.id: text
    for text in (
        Text(
            "harbour",
            "Harbour plays",
            "A story told as a play, from autumn to May in a small harbour town: a scene heading, then speeches under the speaker's name.",
            "harbour_plays.txt",
            "CC0-1.0",
            "Written for this project; the town, the ships and the people do not exist.",
        ),
    )
}


@dataclass(frozen=True)
class Passage:
    """A passage of some hundred characters, whose next word is to be guessed; `kind` says what it is: a story, a recipe …"""

    id: str
    title: str
    kind: str
    text: str


@dataclass(frozen=True)
class Rung:
    """A sentence somewhere on the ladder from plain English to nonsense; `about` says why it stands there."""

    id: str
    text: str
    about: str


def get(sample_id: str) -> Sample:
    if sample_id not in SAMPLES:
        what = f"There is no sample “{str(sample_id)[:40]}”."
        raise UserError(what, f"Samples: {', '.join(SAMPLES)}.", "Choose one of them.", "sample")
    return SAMPLES[sample_id]


def path(sample_id: str) -> Path:
    """The sample's CSV. Raises UserError for an id that is not registered."""
    return FOLDER / get(sample_id).file


def text_path(sample_id: str) -> Path:
    """The file of a text. Raises UserError for an id that is not registered."""
    if sample_id not in TEXTS:
        what = f"There is no text “{str(sample_id)[:40]}”."
        raise UserError(what, f"Texts: {', '.join(TEXTS)}.", "Choose one of them.", "sample")
    return FOLDER / TEXTS[sample_id].file


@functools.cache
def passages() -> tuple[Passage, ...]:
    """The passages of the guessing game, in the order of their file."""
    return tuple(Passage(**record) for record in _records("guessing.jsonl"))


@functools.cache
def ladder() -> tuple[Rung, ...]:
    """The sentences from plain to nonsense, in the order of their file."""
    return tuple(Rung(**record) for record in _records("plain_to_nonsense.jsonl"))


def _records(name: str) -> list[dict[str, str]]:
    with open(FOLDER / name, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


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
