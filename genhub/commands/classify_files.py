"""`classify RUN FILES… --into FOLDER`: labels for many files and for tables of any length, one table back for each.

A file is read, answered and written part by part, so memory does not grow with it. Its table appears whole or not at all; what is there is
not done again, so an interrupted command goes on when it is given once more. Under `torchrun` the files are divided among the processes. A file that
cannot be read is told with what is wrong with it, and the others are done.
"""

import argparse
import hashlib
import json
import os
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from genhub import disk, settings
from genhub.commands import names, target
from genhub.commands.output import Output, main_process, table
from genhub.commands.table_reading import naming_the_option
from genhub.data import batch, parts
from genhub.data.fixes import WINDOWS_1252
from genhub.errors import UserError
from genhub.jobs.folder import RunFolder, write_json

ABOUT = "classified.json"  # in the folder: whose answers lie there
TABLES = (".csv", ".tsv")


@dataclass(frozen=True)
class Outcome:
    """What became of a file. `error`: what is wrong with it, else ""; `done`: False where its table was there already."""

    file: str
    out: str
    rows: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    done: bool = True
    error: str = ""


@dataclass(frozen=True)
class How:
    """What is done to each file."""

    column: str
    trained: str  # the column that the run learnt from
    threshold: float
    windows: bool


def run(args: argparse.Namespace, run_folder: RunFolder, threshold: float, out: Output) -> None:
    """Ends with status 2 where a file could not be classified."""
    from accelerate import PartialState
    from accelerate.utils import gather_object

    from genhub.training.plan import together_on_cpu

    fixes = names(args.fix, (WINDOWS_1252,), "fix")
    trained = run_folder.read("passport.json").get("config", {}).get("text_column", "")
    how = How(args.text_column, trained, threshold, WINDOWS_1252 in fixes)
    places = _places(args.files, Path(args.into))
    _claim(Path(args.into), run_folder, how)
    state = PartialState(cpu=together_on_cpu())
    with state.split_between_processes(_dealt(list(places), state.num_processes)) as mine:
        outcomes = _classified({file: places[file] for file in mine}, run_folder, how, state.device, out)
    if state.num_processes > 1:
        outcomes = gather_object(outcomes)
    outcomes.sort(key=lambda outcome: args.files.index(outcome.file))
    failed = [outcome for outcome in outcomes if outcome.error]
    lines = [(outcome.file, outcome.error or (f"{outcome.rows:,} rows" if outcome.done else "was there")) for outcome in outcomes]
    out.result(
        {"into": args.into, "files": [asdict(outcome) for outcome in outcomes], "failed": len(failed)}, table(("file", "answer"), lines)
    )
    if failed:
        raise SystemExit(2)


def _places(files: list[str], folder: Path) -> dict[str, Path]:
    """Where the table of each file goes; what is no table of its own name gets .csv behind it."""
    target(str(folder / ABOUT), "into")
    found: dict[str, Path] = {}
    for file in files:
        name = Path(file).name
        place = folder / (name if name.lower().endswith(TABLES) else f"{name}.csv")
        if place in found.values():
            what = f"Two files would both be written to {place}."
            raise UserError(what, "Each needs a name of its own.", "Rename one, or give them in two commands with two folders.", "files")
        if place.exists() and Path(file).exists() and place.samefile(file):
            raise UserError(
                f"{place} is a file that is read.", "The input is not overwritten.", "Choose another folder for --into.", "into"
            )
        found[file] = place
    return found


def _claim(folder: Path, run_folder: RunFolder, how: How) -> None:
    """What lies there must be answers of this run to the same question. Raises UserError."""
    asked = {"run": hashlib.sha256((run_folder.path / "passport.json").read_bytes()).hexdigest(), **asdict(how)}
    about = folder / ABOUT
    if about.exists() and json.loads(about.read_text(encoding="utf-8")) != asked:
        what = f"{folder} holds answers of another run, or with other options."
        raise UserError(what, "Tables that are there are not written again.", "Choose another folder, or empty this one.", "into")
    if main_process() and not about.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_json(about, asked)


def _dealt(files: list[str], processes: int) -> list[str]:
    """Files in an order in which each process gets about as much: the largest are dealt out first."""
    by_size = sorted(files, key=lambda file: -(Path(file).stat().st_size if Path(file).is_file() else 0))
    return [file for process in range(processes) for file in by_size[process::processes]]


def _classified(places: dict[str, Path], run_folder: RunFolder, how: How, device, out: Output) -> list[Outcome]:
    classifier, outcomes = None, []
    for file, place in places.items():
        if place.exists():
            outcomes.append(Outcome(file, str(place), done=False))
            continue
        try:
            if classifier is None:
                classifier = _loaded(run_folder, device, out)
            out.say(f"Classifying {file} …")
            with naming_the_option():
                outcomes.append(_one(file, place, classifier, how))
        except (UserError, OSError) as error:
            outcomes.append(Outcome(file, str(place), error=str(error)))
    return outcomes


def _one(file: str, place: Path, classifier, how: How) -> Outcome:
    """Writes the labelled table. Raises UserError or OSError, and then there is none."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part, counts, rows = place.with_name(f".{place.name}.part"), Counter(), 0
    try:
        with parts.opened(file, settings.get().limits, how.windows) as given:
            first = next(given.parts)
            column = batch.text_column(given.columns, first, how.column, how.trained)
            writer = batch.Labelling(part, given, column, how.threshold)
            while first:
                texts = [row[column] for row in first if row[column].strip()]
                answer = classifier.predict(texts) if texts else None
                writer.add(first, (answer.labels, answer.scores) if answer else ((), ()))
                counts.update(answer.labels if answer else ())
                rows += len(first)
                first = next(given.parts, None)
        if not counts:
            batch.texts(given.columns, [], column)  # which says that there are none
        disk.flush(part)
        os.replace(part, place)
    finally:
        part.unlink(missing_ok=True)
    return Outcome(file, str(place), rows, dict(counts.most_common()))


def _loaded(run_folder: RunFolder, device, out: Output):
    out.say("Loading the model …")
    from genhub.text.classifier import load_run

    loaded = load_run(run_folder.path)
    loaded.classifier.to(device)
    return loaded
