"""The commands of `python -m genhub`, one file each; `genhub.cli` lists them.

A command says what it does in one line, adds its options to a parser, and runs with the parsed values and an `Output`. What
can be wrong in the values is not argparse's business: `Config` and `gate` check them, so that the command line and the page
refuse the same things in the same words.
"""

import argparse
import getpass
import os
import sys
import tempfile
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from genhub.commands.output import Output
from genhub.errors import UserError
from genhub.options import Config


class LoggedDefect(Exception):
    """A defect of ours that has its id, and its traceback in a log, already."""

    def __init__(self, what: str, error_id: str):
        super().__init__(what)
        self.error_id = error_id


def no_arguments(parser: argparse.ArgumentParser) -> None:
    """For commands without options of their own."""


@dataclass(frozen=True)
class Command:
    """`run` raises UserError for what the user can mend; anything else it raises is a defect of ours.

    A command with `children` has commands of its own (`train classify`); without `run` one of them must be given.
    """

    help: str
    arguments: Callable[[argparse.ArgumentParser], None] = no_arguments
    run: Callable[[argparse.Namespace, Output], None] | None = None
    children: Mapping[str, "Command"] = field(default_factory=dict)


def add_config(parser: argparse.ArgumentParser, config: type[Config], but: Container[str] = ()) -> None:
    """One option a field, named, explained and bounded by the field. Options not given stay out of the parsed values. `but`: fields
    that are left out."""
    for item in config.options():
        if item.name in but:
            continue
        default = "chosen for you" if item.default is None else item.default
        told = f"{item.help} {item.bounds()}" + (f" Default: {default}." if default != "" else "")
        known = {"dest": item.name, "default": argparse.SUPPRESS, "help": told.replace("%", "%%")}
        if item.kind is bool:
            parser.add_argument(item.flag, action=argparse.BooleanOptionalAction, **known)
        else:
            parser.add_argument(item.flag, metavar=item.name.rpartition("_")[2].upper(), **known)


def config_values(args: argparse.Namespace, config: type[Config]) -> dict:
    """The options of `config` that were given, still unchecked."""
    return {item.name: getattr(args, item.name) for item in config.options() if hasattr(args, item.name)}


def names(value: str, known: tuple[str, ...], field: str) -> list[str]:
    """Names separated by commas, each one of `known`."""
    given = [name.strip() for name in value.split(",") if name.strip()]
    for name in given:
        if name not in known:
            raise UserError(f"There is no {field} “{name[:40]}”.", f"One of {', '.join(known)}.", "Several go with commas.", field)
    return given


def target(value: str, field: str = "out", *, make_folders: bool = True) -> Path:
    """A path at which something can be written, tried before any work is done; nothing is left there. Folders on the way to it
    may be missing with `make_folders`. Raises UserError."""
    path = Path(value)
    try:
        if path.exists() and not path.is_dir() and os.access(path, os.W_OK):
            return path
        folder = path if path.is_dir() else path.absolute().parent
        while make_folders and not folder.exists() and folder != folder.parent:
            folder = folder.parent
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        limit = "There is no such folder." if missing else "It is protected, or the disk is full."
        raise UserError(f"“{value[:200]}” cannot be written.", limit, "Choose another place.", field) from None
    return path


def hub_token() -> str:
    """A token is never an argument, which other users of the computer could see: HF_TOKEN has it, or it is asked for."""
    if os.environ.get("HF_TOKEN") or not sys.stdin.isatty():
        return os.environ.get("HF_TOKEN", "").strip()
    return getpass.getpass("Hugging Face token that may write (it is not shown, and not kept): ").strip()


def target_file(out: str, source: str, noun: str) -> Path:
    """Where what is made of the file `source` goes: `target`, but no folder and not `source` itself. What an earlier call wrote there is
    replaced. `noun`: what it is, as in “The labelled table needs a file.”"""
    path, read = target(out, make_folders=False), Path(source)
    if path.is_dir():
        raise UserError(f"{path} is a folder.", f"{noun} needs a file.", "Name a file in it.", "out")
    if path.exists() and read.exists() and path.samefile(read):
        raise UserError(f"{path} is the file that is read.", "The input is not overwritten.", "Choose another name for --out.", "out")
    return path
