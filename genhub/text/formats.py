"""The kinds of finished runs, by the format that their passport names.

What a kind has of its own when it travels is in one module for each of these parts, and `part` finds it:

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
IMAGES, IMAGE_CLASSIFIER = "genhub-images-1", "genhub-image-classifier-1"


@dataclass(frozen=True)
class Format:
    """`where`: the module of a part, with the part's name to be filled in; `noun`: what a run of it is; `tasks`: that leave such runs."""

    name: str
    where: str
    noun: str
    tasks: tuple[str, ...]

    def part(self, name: str) -> ModuleType:
        return importlib.import_module(self.where.format(part=name))


FORMATS = {
    each.name: each
    for each in (
        Format(CLASSIFIER, "genhub.text.{part}.classifier", "Text classifier", ("classify",)),
        Format(GENERATOR, "genhub.text.{part}.generator", "Language model", ("generate", "scratch")),
        Format(TRANSLATOR, "genhub.text.{part}.translator", "Translation model", ("translate",)),
        Format(IMAGES, "genhub.images.travels.{part}", "Image model", ("autoencoder", "vae", "gan", "diffusion")),
        Format(IMAGE_CLASSIFIER, "genhub.images.transfer.travels.{part}", "Image classifier", ("transfer",)),
    )
}


def of(passport: object) -> Format:
    """The format of a passport. Raises UserError for what is none, or of another program."""
    named = passport.get("format") if isinstance(passport, Mapping) else type(passport).__name__
    if not isinstance(named, str) or named not in FORMATS:
        what = f"passport.json is not the passport of a run (format: {str(named)[:40]})."
        raise UserError(what, f"Formats: {', '.join(FORMATS)}.", "Use a file that GenHub made.", "file")
    return FORMATS[named]


def part(name: str, passport: Mapping) -> ModuleType:
    """The module for this part of runs like this one."""
    return of(passport).part(name)


def of_task(name: str, task: str) -> ModuleType:
    """The same for runs of this task."""
    return next(each for each in FORMATS.values() if task in each.tasks).part(name)


def parts(name: str) -> list[ModuleType]:
    """Those of all kinds."""
    return [each.part(name) for each in FORMATS.values()]
