"""The gate: raw values and files in, checked values out, or a `UserError` that says what, the limit and what to do.

Every handler of the page and every endpoint starts here, whatever the widget in front of it promised. Only the standard
library is used, so that it can be fuzzed and starts at once. What is *inside* a table or an archive is read elsewhere, in a
child process; here a file is only looked at from outside: is it one, how large is it, and what do its first bytes say.
"""

import math
import os
import re
import stat
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genhub import catalog, families, hub_names, signatures, tasks, wording
from genhub.errors import UserError
from genhub.options import Config
from genhub.settings import Limits, Settings

LARGEST_WHOLE = 2**63 - 1
NAME_CHARS = 80
LONGEST_COLUMN = 200
HUB_ID_CHARS = hub_names.CHARS
# A file so called is a table, of which a column holds the texts; any other is one text.
TABLE_ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")


@dataclass(frozen=True)
class Upload:
    """A file that may be handed on. `kind`, by content: csv (any separator), jsonl, parquet, zip or text. `name` is for display."""

    path: Path
    name: str
    bytes: int
    kind: str


# --- text -----------------------------------------------------------------------------------------------------------


def text(value: Any, limit_chars: int, field: str = "text", *, blank: bool = False) -> str:
    """`value` in Unicode normal form C without control characters (tab and line ends stay), not empty unless it may be `blank`."""
    checked = clean_text(_at_most(value, limit_chars, field), field)
    _at_most(checked, limit_chars, field)  # normal form C can be longer than what was typed
    return checked if blank else _not_blank(checked, limit_chars, field)


def long_text(value: Any, limit_chars: int, field: str = "text") -> str:
    """`value` as it came, not empty: a child process cleans it and counts what it changes."""
    return _not_blank(_at_most(value, limit_chars, field), limit_chars, field)


def _at_most(value: Any, limit: int, field: str) -> str:
    if not isinstance(value, str):
        raise UserError(f"The {field} is not text but {wording.kind(value)}.", "It must be a text.", "Enter some text.", field)
    if len(value) > limit:
        raise UserError(f"The {field} has {len(value):,} characters.", f"At most {limit:,}.", "Shorten it, or send it in parts.", field)
    return value


def _not_blank(value: str, limit: int, field: str) -> str:
    if not value or value.isspace():
        raise UserError(f"The {field} is empty.", f"It needs 1 to {limit:,} characters.", "Enter some text.", field)
    return value


def clean_text(value: str, field: str = "text") -> str:
    """Normal form C without control characters. Raises UserError for half characters (lone surrogates)."""
    encoded(value, field)
    if not value.isprintable():
        value = "".join(char for char in value if char in "\t\n\r" or unicodedata.category(char) != "Cc")
    return value if value.isascii() else unicodedata.normalize("NFC", value)


def encoded(value: str, field: str = "text") -> bytes:
    """UTF-8. Raises UserError for half characters (lone surrogates)."""
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UserError(
            f"Character {error.start + 1} of the {field} is half of a character (a lone surrogate).",
            "Text must be valid Unicode.",
            "Delete that character or copy the text again from its source.",
            field,
        ) from None


def texts(values: Any, limits: Limits, field: str = "texts") -> list[str]:
    """A list of texts; the number of the first bad one stands in the error."""
    if not isinstance(values, list | tuple):
        raise UserError(f"The {field} are not a list but {wording.kind(values)}.", "It must be a list of texts.", "Send a list.", field)
    if not values:
        raise UserError("The list of texts is empty.", f"1 to {limits.texts_per_request:,} texts.", "Enter at least one text.", field)
    if len(values) > limits.texts_per_request:
        limit = f"One request may hold {limits.texts_per_request:,}."
        raise UserError(f"There are {len(values):,} texts.", limit, "Send them in several parts.", field)
    checked = []
    for number, value in enumerate(values, start=1):
        try:
            checked.append(text(value, limits.text_chars, "text"))
        except UserError as error:
            raise UserError(f"Text {number}: {error.what}", error.limit, error.remedy, field) from None
    return checked


def display_name(value: Any, field: str = "name") -> str:
    """A name people read (never a path): 1 to 80 printable characters, outer blanks removed."""
    limit = f"1 to {NAME_CHARS} printable characters."
    if not isinstance(value, str):
        raise UserError(f"The {field} is not text but {wording.kind(value)}.", limit, "Enter a name.", field)
    if len(value) > 4 * NAME_CHARS:
        raise UserError(f"The {field} has {len(value):,} characters.", limit, "Shorten it.", field)
    name = unicodedata.normalize("NFC", value).strip()
    if not name:
        raise UserError(f"The {field} is empty.", limit, "Enter a name.", field)
    if len(name) > NAME_CHARS:
        raise UserError(f"The {field} has {len(name):,} characters.", limit, "Shorten it.", field)
    if not name.isprintable():
        raise UserError(f"The {field} holds a character that cannot be printed.", limit, "Type it again without it.", field)
    return name


# --- choices -----------------------------------------------------------------------------------------------


def choice(value: Any, choices: Sequence[str], field: str) -> str:
    if not isinstance(value, str) or value not in choices:
        raise UserError(
            f"{wording.label(field)} is {wording.shown(value)}.", f"It is one of {', '.join(choices)}.", "Choose one of them.", field
        )
    return value


def share(value: Any, field: str) -> float:
    """A number from 0 to 1, also as text."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not 0 <= number <= 1:
        raise UserError(f"{wording.label(field)} is {wording.shown(value)}.", "It is a number from 0 to 1.", "0 leaves it out.", field)
    return number


def whole(value: Any, low: int, high: int, field: str) -> int:
    """A whole number in these bounds, also one with zeros behind the point."""
    fits = isinstance(value, int | float) and not isinstance(value, bool) and value == value and abs(value) != math.inf
    if not fits or value != int(value) or not low <= value <= high:
        limit = f"It is a whole number from {low:,} to {high:,}."
        told = str(value) if isinstance(value, bool) else wording.shown(value)
        raise UserError(f"{wording.label(field)} is {told}.", limit, "Choose another.", field)
    return int(value)


def column(value: Any, field: str) -> str:
    """The name of a column, "" (or None) for "choose for me". Whether the table has it is seen where the table is read."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_COLUMN:
        limit = f"It is a text of at most {LONGEST_COLUMN} characters."
        raise UserError(f"{wording.label(field)} is {wording.shown(value)}.", limit, "Name a column of the table.", field)
    return value


def listed(value: Any, field: str) -> list:
    """A list of anything; what it holds is checked one by one."""
    if not isinstance(value, list | tuple):
        raise UserError(f"{wording.label(field)} is {wording.shown(value)}.", "It is a list.", "Send a list.", field)
    return list(value)


def named(values: Any, field: str = "options") -> dict:
    """A dictionary of anything; what it holds is checked one by one."""
    if not isinstance(values, dict):
        raise UserError(f"The {field} are {wording.kind(values)}.", "They must be a dictionary: name to value.", "Send one.", field)
    return values


def config(task_name: Any, values: Any) -> Config:
    """The checked configuration of a task. Raises UserError naming the option that is unknown or out of range."""
    if not isinstance(task_name, str):
        raise UserError(f"The task is {wording.kind(task_name)}.", f"Tasks: {', '.join(tasks.TASKS)}.", "Choose one of them.", "task")
    return filled(tasks.get(task_name).config, values)


def filled(kind: type[Config], values: Any) -> Config:
    """A configuration of this kind, as `config`."""
    options = {option.name: option for option in kind.options()}
    checked = {}
    for name, value in named(values).items():
        if not isinstance(name, str):
            raise UserError(f"An option is named by {wording.kind(name)}.", "Names are texts.", f"Options: {', '.join(options)}.", "config")
        checked[clean_text(name, "option's name")] = _plain(name, value, options)
    return kind.from_dict(checked)


def _plain(name: str, value: Any, options: dict) -> Any:
    """A value that can be shown and compared at all; whether it fits its option is the configuration's business."""
    huge = isinstance(value, int) and abs(value) > LARGEST_WHOLE
    if name in options and (huge or not isinstance(value, bool | int | float | str | None)):
        option = options[name]
        raise UserError(f"{option.label} is {wording.shown(value)}.", option.bounds(), f"The default is {option.default}.", name)
    return clean_text(value, name[:40]) if isinstance(value, str) else value


def new_tokens(count: Any, limits: Limits) -> Any:
    """How many tokens are written at most, here: pages that are shared allow fewer than the option does, which looks at the rest."""
    if isinstance(count, int | float) and limits.new_tokens < count <= LARGEST_WHOLE:
        what, limit = f"{count:,} new tokens are too many.", f"At most {limits.new_tokens:,} here."
        raise UserError(what, limit, f"Ask for {limits.new_tokens:,}, and go on from there.", "max_new_tokens")
    return count


# --- identifiers ----------------------------------------------------------------------------------------------------


def run_id(value: Any) -> str:
    """The id of a run: 32 hexadecimal digits, so that it can never be a path."""
    return _id(value, "run", "Choose a run from the list.")


def table_id(value: Any) -> str:
    """The id of a table that was read, made like that of a run."""
    return _id(value, "table", "Choose a file, a sample or paste rows.")


def text_id(value: Any) -> str:
    """The id of a text that was read, made in the same way."""
    return _id(value, "text", "Choose a file, a sample or paste a text.")


def _id(value: Any, field: str, remedy: str) -> str:
    if value is None or value == "":
        raise UserError(f"No {field} has been chosen.", f"This is done to one {field}.", remedy, field)
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{32}", value):
        raise UserError(f"{wording.shown(value)} is not the id of a {field}.", "An id has 32 hexadecimal digits.", remedy, field)
    return value


def visitor(value: Any) -> str:
    """The token that owns runs: 32 to 64 letters, digits, - or _. It is a secret, so the error does not repeat it."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]{32,64}", value):
        raise UserError("The visitor token is not valid.", "32 to 64 letters, digits, - or _.", "Reload the page to get one.", "visitor")
    return value


def model_id(value: Any, settings: Settings, family: str = "") -> str:
    """`embedded/<name>` of the catalog or `owner/name` by the Hub's own rules; never a path or an address. With a `family` (see
    `genhub.families`), no model that the catalog knows to be of another."""
    name = hub_names.plain(value, "model", "model")
    if name.startswith("embedded/"):
        families.check_task(name, catalog.get(name, family).task, family)
        return name
    name = hub_names.repo(name)
    if name in catalog.MODELS:
        families.check_task(name, catalog.MODELS[name].task, family)
    if not settings.limits.any_hub_model and name not in catalog.MODELS:
        raise UserError(
            f"“{name}” is not offered here.",
            "This is a public page: it loads the models of its list only.",
            f"Choose one of {catalog.names(family)}, or run GenHub on your own machine.",
            "model",
        )
    return name


# --- uploads --------------------------------------------------------------------------------------------------------


def upload(path: Any, limits: Limits) -> Upload:
    """A regular file of 1 to `limits.upload_bytes` bytes whose content is of a kind we read. Follows no link."""
    place, name, size = _small_enough(path, limits, "Split it, or keep fewer rows.")
    return Upload(place, name, size, signatures.kind_of(*_ends(place, size, "data"), name))


def text_upload(path: Any, limits: Limits) -> Upload:
    """The same for texts to learn from: `kind` is `text`, except for a file that is called a table."""
    place, name, size = _small_enough(path, limits, "Split it, or keep less of it.")
    ends = _ends(place, size, "data")
    if place.suffix.lower() in TABLE_ENDINGS:
        return Upload(place, name, size, signatures.kind_of(*ends, name))
    signatures.check_text(*ends, name)
    return Upload(place, name, size, "text")


def _small_enough(path: Any, limits: Limits, remedy: str) -> tuple[Path, str, int]:
    place, name, size = _regular_file(path, "data")
    if size > limits.upload_bytes:
        raise UserError(f"“{name}” has {size / 1e6:,.1f} MB.", f"At most {limits.upload_bytes / 1e6:g} MB.", remedy, "data")
    return place, name, size


def archive(path: Any, limits: Limits) -> Upload:
    """A regular file of 1 to `limits.archive_bytes` bytes that begins like a ZIP: a run that comes back. Follows no link."""
    place, name, size = _regular_file(path, "file")
    if not _ends(place, size, "file")[0].startswith(signatures.ZIP):
        raise UserError(f"“{name}” is not a ZIP file.", "A run is opened from the ZIP that GenHub packed.", "Choose that file.", "file")
    if size > limits.archive_bytes:
        what, limit = f"“{name}” has {size / 1e6:,.1f} MB.", f"The ZIP of a run may have {limits.archive_bytes / 1e6:g} MB here."
        raise UserError(what, limit, "Unpack it and use its predict.py, or take home a run with an adapter.", "file")
    return Upload(place, name, size, "zip")


def image_set(path: Any, limits: Limits) -> Upload:
    """A regular file of images: `kind` is `npz` for one of NumPy's, else `zip`. Follows no link."""
    place, name, size = _small_enough(path, limits, "Split it, or keep fewer images.")
    if not _ends(place, size, "data")[0].startswith(signatures.ZIP):
        limit = "Images come as a ZIP of PNG, JPEG or WebP files, a folder a class, or as .npz with the arrays x and y."
        raise UserError(f"“{name}” is neither.", limit, "Pack the images into a ZIP.", "data")
    return Upload(place, name, size, "npz" if place.suffix.lower() == ".npz" else "zip")


def image(path: Any, limits: Limits) -> Upload:
    """A regular file that may be an image: what it is, its content says when it is decoded. Follows no link."""
    place, name, size = _small_enough(path, limits, "Save it smaller.")
    return Upload(place, name, size, "image")


def _regular_file(path: Any, field: str) -> tuple[Path, str, int]:
    """(path, name for display, bytes) of a file that is one, and not empty."""
    try:
        place = Path(os.fspath(path))
        info = os.lstat(place)
    except (TypeError, ValueError):
        raise UserError("No file has arrived.", "One file is needed.", "Choose a file.", field) from None
    except OSError:
        raise UserError("The file is not there.", "It must exist and be readable.", "Choose it again.", field) from None
    name = shown_name(place.name)
    if stat.S_ISLNK(info.st_mode):
        raise UserError(f"“{name}” is a link.", "A file itself is needed, not a link to one.", "Choose the file it points to.", field)
    if stat.S_ISDIR(info.st_mode):
        raise UserError(f"“{name}” is a folder.", "One file is needed.", "Choose a file inside it.", field)
    if not stat.S_ISREG(info.st_mode):
        raise UserError(f"“{name}” is not a regular file.", "Devices and pipes are not read.", "Choose a file.", field)
    if info.st_size == 0:
        raise UserError(f"“{name}” is empty (0 bytes).", "There must be something in it.", "Choose another file.", field)
    return place, name, info.st_size


def _ends(place: Path, size: int, field: str) -> tuple[bytes, bytes]:
    """A file's first and last bytes."""
    try:
        with open(place, "rb") as file:
            head = file.read(signatures.HEAD_BYTES)
            file.seek(max(0, size - signatures.HEAD_BYTES))
            return head, file.read(signatures.HEAD_BYTES)
    except OSError:
        what = f"“{shown_name(place.name)}” cannot be opened."
        raise UserError(what, "It must be readable.", "Check its permissions.", field) from None


def shown_name(name: str) -> str:
    """A file's name for display: printable, at most 80 characters, never empty."""
    printable = "".join(char if char.isprintable() and not "\ud800" <= char <= "\udfff" else "?" for char in name)
    return printable[:NAME_CHARS].strip() or "file"
