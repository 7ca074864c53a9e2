"""The command line: everything the page does, from a terminal.

    python -m genhub train classify --data reviews.csv --out my-run
    python -m genhub classify --run my-run --text "Where is my parcel?"
    python -m genhub COMMAND --help

`COMMANDS` is the table of contents. Every command takes --json (one JSON object as the last line of stdout) and --quiet (no
progress on stderr). Exit status: 0 success, 2 the user's mistake (the message says what, the limit, what to do), 1 a defect
of ours (an id and a traceback on stderr), 130 interrupted.
"""

import argparse
import os
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from typing import NoReturn

from genhub import __version__
from genhub.commands import (
    Command,
    LoggedDefect,
    augment,
    classify,
    compare,
    deploy,
    doctor,
    explain,
    forecast,
    generate,
    models,
    runs,
    sample,
    serve,
    take_home,
    tell,
    train,
    translate,
)
from genhub.commands.output import Output
from genhub.errors import UserError, new_error_id

COMMANDS: dict[str, Command] = {
    "serve": serve.COMMAND,
    "doctor": doctor.COMMAND,
    "forecast": forecast.COMMAND,
    "train": train.COMMAND,
    "classify": classify.COMMAND,
    "explain": explain.COMMAND,
    "compare": compare.COMMAND,
    "generate": generate.COMMAND,
    "score": generate.SCORE,
    "translate": translate.COMMAND,
    "sample": sample.COMMAND,
    "tell": tell.COMMAND,
    "augment": augment.COMMAND,
    "runs": runs.COMMAND,
    "export": take_home.EXPORT,
    "open": take_home.OPEN,
    "push": take_home.PUSH,
    "code": take_home.CODE,
    "models": models.COMMAND,
    "deploy": deploy.COMMAND,
}


class _Parser(argparse.ArgumentParser):
    """Reports a malformed command line like any other mistake, so that --json holds for it too."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message[:1].upper()}{message[1:]}.", "", f"See {self.prog} --help.")


def parser() -> argparse.ArgumentParser:
    top = _Parser(prog="python -m genhub", description="Generative AI, hands on: fine-tune, classify, explain, write.", allow_abbrev=False)
    top.add_argument("--version", action="version", version=f"genhub {__version__}")
    _add(top, COMMANDS, required=True)
    return top


def _add(parent: argparse.ArgumentParser, commands: Mapping[str, Command], required: bool) -> None:
    listed = parent.add_subparsers(metavar="COMMAND", required=required, dest="command")
    for name, command in commands.items():
        one = listed.add_parser(name, help=command.help, description=f"{command.help[:1].upper()}{command.help[1:]}.", allow_abbrev=False)
        if command.run is not None:
            one.set_defaults(run=command.run)
            command.arguments(one)
            one.add_argument("--json", action="store_true", help="Print one JSON object as the last line of stdout.")
            one.add_argument("--quiet", action="store_true", help="Print no progress on stderr.")
        if command.children:
            _add(one, command.children, required=command.run is None)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status. This is the command line's edge: every error ends here."""
    given = list(sys.argv[1:] if argv is None else argv)
    out = Output(json="--json" in given, quiet="--quiet" in given)
    _hush_libraries()
    try:
        args = parser().parse_args(given)
        args.run(args, out)
    except UserError as error:
        return _report(out, str(error), {"error": error.to_dict()}, 2)
    except KeyboardInterrupt:
        return _report(out, "Interrupted.", {"error": {"what": "Interrupted."}}, 130)
    except LoggedDefect as defect:
        return _report(out, str(defect), {"error": {"what": str(defect), "error_id": defect.error_id}}, 1)
    except Exception:  # noqa: BLE001 (the edge: a defect of ours, named by an id)
        error_id = new_error_id()
        sys.stderr.write(traceback.format_exc())
        what = f"Something went wrong (id {error_id})."
        return _report(out, what, {"error": {"what": what, "error_id": error_id}}, 1)
    return 0


def leave() -> None:
    """End what connects this process with the others of a `torchrun`, before Python ends: threads of it that still run then abort the
    process now and then, after all its work (torch's documentation of `destroy_process_group` asks for this)."""
    distributed = sys.modules.get("torch.distributed")
    if distributed and distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def _hush_libraries() -> None:
    """Progress bars and advice of the libraries are not for our users; PYTHONWARNINGS brings the advice back."""
    for name, value in {"TQDM_DISABLE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"}.items():
        os.environ.setdefault(name, value)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def _report(out: Output, words: str, value: dict, status: int) -> int:
    sys.stderr.write(words + "\n")
    if out.json:
        out.result(value, words)
    return status
