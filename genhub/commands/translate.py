"""`translate`: one text, or a file line by line, with a translation model."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from genhub import gate, hub, settings, steps
from genhub.commands import Command, add_config, config_values, run_folders, target_file
from genhub.commands.output import Output
from genhub.data import lines
from genhub.errors import UserError
from genhub.families import SEQ2SEQ
from genhub.training.configs import TranslateConfig

LINES = 512  # read by the model between two lines of progress


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--run", default="", dest="run_name", metavar="RUN", help="A run (folder or id) that adapted a model, in place of --model."
    )
    parser.add_argument("--text", help="The text to translate.")
    parser.add_argument("--input", metavar="F.txt", help="A text file that is translated line by line.")
    parser.add_argument("--out", metavar="P.txt", help="Where the lines of --input go: exactly one for each line that is read.")
    add_config(parser, TranslateConfig)


def _run(args: argparse.Namespace, out: Output) -> None:
    if (args.text is None) == (args.input is None):
        raise UserError("Say what to translate.", "Either --text or --input, not both.", 'Add --text "…".', "text")
    if args.input is not None and not args.out:
        raise UserError("--input was given without --out.", "The translation needs a file.", "Add --out P.txt.", "out")
    config = gate.filled(TranslateConfig, config_values(args, TranslateConfig))
    text = gate.text(args.text, settings.get().limits.text_chars) if args.text is not None else ""
    read, out_file = (_lines(args.input), target_file(args.out, args.input, "The translation")) if args.input is not None else ([], None)
    asked, context = _translator(config, args.run_name, out)
    if out_file is None:
        return _one(context, {**asked, "text": text}, out)
    return _many(context, asked, read, out_file, out)


def _one(context: Any, asked: dict, out: Output) -> None:
    from genhub.serving import translating

    sentences, answer = [], translating.write(context, asked)
    while True:
        try:
            sentences.append(next(answer)["sentence"])
        except StopIteration as end:
            told = end.value
            break
    scores = [sentence["score"] for sentence in sentences]
    doubts = [f"? {doubt['text']}" for sentence in sentences for doubt in sentence["doubts"]]
    result = {
        "translation": told["translation"],
        "score": sum(scores) / len(scores),
        "sentences": sentences,
        "languages": told["languages"],
    }
    out.result(result, "\n".join([told["translation"], *doubts]))


def _many(context: Any, asked: dict, read: list[str], out_file: Path, out: Output) -> None:
    from genhub.serving import translating

    written: list[str] = []
    for at in range(0, len(read), LINES):
        written += steps.result(translating.lines(context, {**asked, "lines": read[at : at + LINES]}))["translations"]
        out.say(f"  {len(written):,} of {len(read):,} lines")
    out_file.write_text("".join(f"{line}\n" for line in written), encoding="utf-8")
    out.result({"out": str(out_file), "lines": len(written)}, f"{len(written):,} lines written to {out_file}.")


def _lines(path: str) -> list[str]:
    """The lines of a text file. Raises UserError."""
    limits = settings.get().limits
    upload = gate.text_upload(path, limits)
    if upload.kind != "text":
        raise UserError(f"{upload.name} is a table.", "Lines of a text file are translated here.", "Save its column as .txt.", "input")
    found = lines.plain(upload.path, limits)
    if not any(line.strip() for line in found):
        raise UserError(f"{upload.name} has no text.", "At least one line with a word.", "Choose another file.", "input")
    return found


def _translator(config: TranslateConfig, run: str, out: Output) -> tuple[dict, Any]:
    """What the worker's operations are asked with, and what they share."""
    if run:
        asked = {"run_dir": str(run_folders.find(run).path), "config": config.to_dict()}
    else:
        model = gate.model_id(config.model, settings.get(), SEQ2SEQ.name)
        hub.model_folder(model, settings.get(), family=SEQ2SEQ.name)
        asked = {"model": model, "config": replace(config, model=model).to_dict()}
    out.say("Loading the model …")
    from genhub.serving import ops

    return asked, ops.context(0, {})


COMMAND = Command("translate a text, or a file line by line", _arguments, _run)
