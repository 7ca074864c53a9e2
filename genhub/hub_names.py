"""How repositories of the Hub are named: owner/name, by the rules of huggingface_hub's `validate_repo_id`, with an owner required. Never a
path of this machine, never an address. One check for models, data sets, runs and Spaces, each in words about what was asked for."""

import re
from typing import Any

from genhub import wording
from genhub.errors import UserError

CHARS = 96
REVISION = r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}"


def repo(value: Any, noun: str = "model", field: str = "model") -> str:
    """`value` without outer blanks, if it can be the name of a repository. `noun`: what lies in it, as in “A data set is named owner/name.”"""
    name = plain(value, noun, field)
    _check_rules(name, noun, field)
    return name


def with_revision(value: Any, noun: str, field: str) -> tuple[str, str]:
    """owner/name or owner/name@revision → (the repository, a branch, tag or commit or "" for the newest)."""
    if not isinstance(value, str) or "@" not in value:
        return repo(value, noun, field), ""
    name, _, revision = value.strip().partition("@")
    if not re.fullmatch(REVISION, revision) or ".." in revision or "//" in revision:
        limit = "Behind the @ stands a branch, a tag or a commit."
        raise UserError(f"{wording.shown(revision)} cannot be a revision.", limit, "Leave it out for the newest one.", field)
    return repo(name, noun, field), revision


def plain(value: Any, noun: str, field: str) -> str:
    """A short name that is neither a path nor an address; whether it has an owner is not looked at."""
    rule = f"A {noun} is named owner/name."
    remedy = "Choose one from the list." if field == "model" else "Enter owner/name."
    if not isinstance(value, str) or not value.strip():
        raise UserError(f"The {noun} is {wording.shown(value)}.", rule, remedy, field)
    name = value.strip()
    if len(name) > CHARS:
        raise UserError(f"The {noun}'s name has {len(name):,} characters.", f"At most {CHARS}.", "Enter owner/name.", field)
    if not name.isascii() or not name.isprintable():
        what, limit = (
            f"The {noun} {wording.shown(name)} holds a character the Hub does not allow.",
            "Letters, digits, dots, dashes and underscores.",
        )
        raise UserError(what, limit, "Check the spelling.", field)
    if "://" in name or name.lower().startswith(("www.", "huggingface.co/", "hf.co/", "hf:")) or "?" in name or "#" in name:
        raise UserError(f"“{name}” is a web address.", rule, "Enter only owner/name, without https://.", field)
    if ".." in name:
        raise UserError(f"“{name}” holds two dots in a row.", f"A {noun}'s name never does.", "Enter owner/name.", field)
    if name.startswith(("/", "~", "./")) or "\\" in name or re.match(r"[A-Za-z]:", name) or name.count("/") > 1:
        limit = f"A {noun} is named owner/name; files of this machine are not read."
        raise UserError(f"“{name}” looks like a path.", limit, "Enter owner/name.", field)
    return name


def _check_rules(name: str, noun: str, field: str) -> None:
    rule = f"A {noun} is named owner/name."
    if "/" not in name:
        example = "google-bert/bert-base-uncased" if field == "model" else "me/my-name"
        raise UserError(f"“{name}” has no owner.", rule, f"Enter owner/name, such as {example}.", field)
    for part, called in zip(name.split("/"), ("owner", "name"), strict=True):
        if not part:
            raise UserError(f"“{name}” has an empty {called}.", rule, "Enter both parts.", field)
        if not re.fullmatch(r"[A-Za-z0-9._-]+", part):
            limit = "Letters, digits, dots, dashes and underscores."
            raise UserError(f"The {called} “{part}” holds a character the Hub does not allow.", limit, "Check the spelling.", field)
        if part[0] in ".-" or part[-1] in ".-" or "--" in part:
            limit = "No dot or dash at either end, no two dashes in a row."
            raise UserError(f"The {called} “{part}” is not a name the Hub allows.", limit, "Check the spelling.", field)
    if name.endswith(".git"):
        raise UserError(f"“{name}” ends with .git.", "That is how a repository is cloned, not its name.", "Leave .git out.", field)
