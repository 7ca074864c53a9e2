"""`classify`: put labels on one text, on a table of texts or on many files with a finished run."""

import argparse
from pathlib import Path

from genhub import gate, settings
from genhub.commands import Command, classify_files, names, run_folders, target_file
from genhub.commands.output import Output, table
from genhub.commands.table_reading import naming_the_option
from genhub.data.fixes import READING
from genhub.errors import UserError
from genhub.jobs.folder import RunFolder


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", dest="run_name", metavar="RUN", help="Folder or id of a finished run.")
    parser.add_argument("--text", help="One text to classify.")
    parser.add_argument("--input", metavar="F.csv", help="A table (CSV, TSV, JSONL, Parquet) whose rows are classified.")
    parser.add_argument("--text-column", default="", help="Column of --input with the texts. Default: the run's own.")
    parser.add_argument("--fix", default="", help=f"How to read --input, separated by commas: {', '.join(READING)}.")
    parser.add_argument("--threshold", default="0", help="With --input: adds a column that says whether an answer is below it. Default: 0.")
    parser.add_argument("--out", metavar="P.csv", help="Where to write --input with the columns predicted and probability added.")
    told = "With --into: the run, unless --run names it, and tables of any length or texts with a text a line."
    parser.add_argument("files", nargs="*", metavar="RUN FILE", help=told)
    parser.add_argument("--into", metavar="FOLDER", help="Where to write a table for each FILE; those that are there are not done again.")


def _run(args: argparse.Namespace, out: Output) -> None:
    if args.files and not args.into:
        raise UserError("Files and --into go together.", "Each file's table needs a place.", "Give FILES --into FOLDER.", "into")
    if args.run_name is None and args.into and args.files:  # torchrun takes a --run for one of its own
        args.run_name, *args.files = args.files
    if args.run_name is None:
        raise UserError("Which run is to classify?", "A finished one.", "Add --run RUN; see python -m genhub classify --help.", "run")
    if (args.text is not None) + (args.input is not None) + bool(args.files) != 1:
        raise UserError("Say what to classify.", "Either --text, --input or files, not several of them.", 'Add --text "…".', "text")
    if args.input is not None and not args.out:
        raise UserError("--input was given without --out.", "The labelled table needs a file.", "Add --out P.csv.", "out")
    out_file = target_file(args.out, args.input, "The labelled table") if args.input is not None else None
    threshold = gate.share(args.threshold, "threshold")
    folder = run_folders.finished(args.run_name)
    limits = settings.get().limits
    if args.files:
        return classify_files.run(args, folder, threshold, out)
    if args.text is not None:
        return _one(folder.path, gate.text(args.text, limits.text_chars), out)
    return _many(folder.path, args, threshold, out_file, out)


def _one(run_dir: Path, text: str, out: Output) -> None:
    classifier = _loaded(run_dir, out)
    answer = classifier.predict([text])
    scores = {label: round(float(score), 6) for label, score in zip(classifier.labels, answer.scores[0], strict=True)}
    ordered = sorted(scores.items(), key=lambda item: -item[1])
    out.result({"label": answer.labels[0], "scores": scores}, table(("label", "probability"), ordered))


def _many(run_dir: Path, args: argparse.Namespace, threshold: float, out_file: Path, out: Output) -> None:
    from genhub.data import batch, tables

    limits = settings.get().limits
    with naming_the_option():
        given = tables.read(gate.upload(args.input, limits).path, limits, fixes=names(args.fix, tuple(READING), "fix"))
    trained = RunFolder(run_dir).read("passport.json").get("config", {}).get("text_column", "")
    column = batch.text_column(given.columns, given.rows, args.text_column, trained)
    texts = batch.texts(given.columns, given.rows, column)
    classifier = _loaded(run_dir, out)
    out.say(f"Classifying {len(texts):,} texts in “{given.columns[column]}” …")
    answer = classifier.predict(texts)
    done = batch.write_labelled(out_file, given, column, (answer.labels, answer.scores), threshold)
    words = f"{table(('label', 'rows'), list(done.counts.items()))}\n\nWritten to {args.out}."
    out.result({"out": args.out, "rows": done.rows, "labels": done.counts}, words)


def _loaded(run_dir: Path, out: Output):
    out.say("Loading the model …")
    from genhub.text.classifier import load_run

    return load_run(run_dir)


COMMAND = Command("classify a text, a table of texts or many files with a finished run", _arguments, _run)
