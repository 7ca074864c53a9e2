"""The kinds of finished runs, by the format that their passport names.

What a kind has of its own when it travels is in one module a kind of each of these packages, and `part` finds it:

    passport   what its passport and its figures must look like
    card       its model card
    code       a plain program that uses it, and the command that trains it again
    portable   its weights on their way in, and as one plain model
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

from genhub.errors import UserError

CLASSIFIER, GENERATOR, TRANSLATOR = "genhub-classifier-1", "genhub-generator-1", "genhub-translator-1"


@dataclass(frozen=True)
class Format:
    """`module`: what it is called in the packages above; `noun`: what a run of it is."""

    name: str
    module: str
    noun: str


FORMATS = {
    each.name: each
    for each in (
        Format(CLASSIFIER, "classifier", "Text classifier"),
        Format(GENERATOR, "generator", "Language model"),
        Format(TRANSLATOR, "translator", "Translation model"),
    )
}
MODULES = {"classify": "classifier", "translate": "translator"}  # of tasks; of all others: generator


def of(passport: object) -> Format:
    """The format of a passport. Raises UserError for what is none, or of another program."""
    named = passport.get("format") if isinstance(passport, Mapping) else type(passport).__name__
    if not isinstance(named, str) or named not in FORMATS:
        what = f"passport.json is not the passport of a run (format: {str(named)[:40]})."
        raise UserError(what, f"Formats: {', '.join(FORMATS)}.", "Use a file that GenHub made.", "file")
    return FORMATS[named]


def part(package: str, passport: Mapping) -> ModuleType:
    """The module of `genhub.text.<package>` that knows runs like this one."""
    return importlib.import_module(f"genhub.text.{package}.{of(passport).module}")


def of_task(package: str, task: str) -> ModuleType:
    """The module that knows runs of this task."""
    return importlib.import_module(f"genhub.text.{package}.{MODULES.get(task, 'generator')}")


def parts(package: str) -> list[ModuleType]:
    """Those of all kinds."""
    return [importlib.import_module(f"genhub.text.{package}.{each.module}") for each in FORMATS.values()]
