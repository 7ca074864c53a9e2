"""`explain`: which words of a text speak for a class, and what happens to its logit without each of them."""

import argparse
from dataclasses import asdict

from genhub import gate, settings
from genhub.commands import Command, run_folders
from genhub.commands.output import Output, table


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", required=True, dest="run_name", metavar="RUN", help="Folder or id of a finished run.")
    parser.add_argument("--text", required=True, help="The text to explain.")
    parser.add_argument("--label", default="", help="Class to explain. Default: the predicted one.")


def _run(args: argparse.Namespace, out: Output) -> None:
    text = gate.text(args.text, settings.get().limits.text_chars)
    folder = run_folders.finished(args.run_name)
    out.say("Loading the model …")
    from genhub.text import explain
    from genhub.text.classifier import load_run

    loaded = load_run(folder.path)
    found = explain.attribute(loaded, text, args.label or None)
    left_out = explain.leave_one_out(loaded, text, found.label, found.words)
    value = {name: item for name, item in asdict(found).items() if name != "probability"}
    value |= {"score": found.probability, "left_out": [asdict(piece) for piece in left_out]}
    falls = {(piece.start, piece.end): piece.score for piece in left_out}
    lines = [(word.text, word.score, falls.get((word.start, word.end))) for word in found.words]
    head = f"{found.label} ({found.probability:.3f}); convergence delta {found.delta:+.3f} ({found.relative_delta:.1%})"
    out.result(value, f"{head}\n\n{table(('word', 'integrated gradients', 'fall of the logit without it'), lines)}")


COMMAND = Command("show which words decided, by integrated gradients and by leaving each out", _arguments, _run)
