"""From the bytes of a text file to text: UTF-8 with or without a byte order mark, UTF-16 with one; else the line and byte.

Windows-1252, which spreadsheets of old wrote, is read when somebody asks for it: nothing in a file says that it is so.
"""

import codecs
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from genhub.data.fixes import WINDOWS_1252
from genhub.errors import UserError
from genhub.settings import Limits

WINDOWS = "Windows-1252"
BLOCK = 1 << 20


@dataclass(frozen=True)
class Wanted:
    """The words of a refusal, by what the file should have been: the rule; how to save it again, in general, from an older encoding,
    and after a NUL character was found in it."""

    accepted: str
    save_as: str
    save_as_utf8: str
    export: str


TABLE = Wanted(
    "Tables are UTF-8 (with or without a byte order mark) or UTF-16 with one.",
    "Save the file again as “CSV UTF-8”.",
    "Save it again as UTF-8: in Excel “Save as”, “CSV UTF-8”; in LibreOffice “Save as”, “Edit filter settings”, “Unicode (UTF-8)”; "
    "or iconv -f WINDOWS-1252 -t UTF-8 old.csv > new.csv.",
    "Export the table again as CSV.",
)
TEXT = Wanted(
    "Texts are UTF-8 (with or without a byte order mark) or UTF-16 with one.",
    "Save the file again as plain text in UTF-8.",
    "Save it again as UTF-8: in Word “Plain text”, then “Unicode (UTF-8)”; in most editors “Save as”, “Encoding”; "
    "or iconv -f WINDOWS-1252 -t UTF-8 old.txt > new.txt.",
    "Save the text again as plain text.",
)
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Typographic characters of Windows-1252 that somebody took for Latin-1 arrive as C1 controls: "\x96" was a dash.
STRAY = re.compile("[\x80-\x9f]")


@dataclass(frozen=True)
class Changes:
    """Control characters that were removed from a text, and those that were characters of Windows-1252 and were repaired."""

    removed: int = 0
    repaired: int = 0

    def __add__(self, other: "Changes") -> "Changes":
        return Changes(self.removed + other.removed, self.repaired + other.repaired)

    @property
    def notes(self) -> list[str]:
        """What was changed, a sentence each."""
        notes = []
        if self.removed:
            notes.append(f"{self.removed:,} control character{'s were' if self.removed > 1 else ' was'} removed.")
        if self.repaired:
            plural = "s" * (self.repaired > 1)
            notes.append(f"{self.repaired:,} character{plural} of Windows-1252 (such as – or ’) inside the UTF-8: repaired.")
        return notes


UNCHANGED = Changes()


def decode(data: bytes, windows: bool = False, wanted: Wanted = TABLE) -> tuple[str, str]:
    """(text, name of the encoding) of a file that should be what is `wanted`. Raises UserError naming the first place that is not in it.

    windows: what is neither UTF-8 nor UTF-16 is read as Windows-1252, if that can be; the refusal offers it otherwise."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise UserError("The file is UTF-32.", wanted.accepted, wanted.save_as, "data")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode_wide(data, wanted), "UTF-16"
    marked = data.startswith(codecs.BOM_UTF8)
    body = data.removeprefix(codecs.BOM_UTF8)
    _refuse_nul(body, wanted)
    try:
        return body.decode("utf-8"), "UTF-8 with byte order mark" if marked else "UTF-8"
    except UnicodeDecodeError as error:
        other = "" if marked else _windows(body)
        if windows and other:
            return other, WINDOWS
        raise _not_utf8(body, error.start, WINDOWS_1252 if other else "", wanted) from None


def codec_of(path: Path, windows: bool = False, wanted: Wanted = TABLE) -> str:
    """What Python calls the encoding of a file, which is looked through block by block; rules and errors are those of `decode`."""
    with open(path, "rb") as file:
        head = file.read(4)
        if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
            raise UserError("The file is UTF-32.", wanted.accepted, wanted.save_as, "data")
        name = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
        try:
            _look_through(file, name, wanted)
            return name
        except UnicodeDecodeError as error:
            if name == "utf-16":
                what = "The file starts as UTF-16, but not all of it is."
                raise UserError(what, wanted.accepted, "The file may be cut off: copy it again, or save it as UTF-8.", "data") from None
            broken = error
        try:
            _look_through(file, "cp1252", wanted)
        except UnicodeDecodeError:
            raise _not_utf8(broken.object, broken.start, "", wanted) from None
        if not windows:
            raise _not_utf8(broken.object, broken.start, WINDOWS_1252, wanted)
        return "cp1252"


def _look_through(file: BinaryIO, name: str, wanted: Wanted) -> None:
    """Raises UnicodeDecodeError whose object is the line that is not in this encoding, after line ends for those before it."""
    file.seek(0)
    decoder, lines = codecs.getincrementaldecoder(name)(), 0
    while True:
        block = file.read(BLOCK)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].rpartition(b"\n")[0].count(b"\n") + (b"\n" in error.object[: error.start])
            start = error.object.rfind(b"\n", 0, error.start) + 1
            shown = b"\n" * (lines + before) + error.object[start : error.end]
            place = lines + before + error.start - start
            raise UnicodeDecodeError(name, shown, place, place + 1, error.reason) from None
        if "\x00" in text:
            raise _nul(lines + text.count("\n", 0, text.index("\x00")) + 1, wanted)
        if not block:
            return
        lines += text.count("\n")


def _windows(body: bytes) -> str:
    """The text if these are bytes of Windows-1252, which lacks five of the 256; else nothing."""
    try:
        return body.decode("cp1252")
    except UnicodeDecodeError:
        return ""


def _decode_wide(data: bytes, wanted: Wanted) -> str:
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError as error:
        what = f"The file starts as UTF-16, but byte {error.start + 1:,} is not."
        raise UserError(what, wanted.accepted, "The file may be cut off: copy it again, or save it as UTF-8.", "data") from None
    if "\x00" in text:
        raise _nul(text.count("\n", 0, text.index("\x00")) + 1, wanted)
    return text


def _refuse_nul(body: bytes, wanted: Wanted) -> None:
    place = body.find(b"\x00")
    if place < 0:
        return
    sample = body[:2000]
    if max(sample[0::2].count(0), sample[1::2].count(0)) > len(sample) // 8:
        raise UserError("The file looks like UTF-16 without a byte order mark.", wanted.accepted, wanted.save_as, "data")
    raise _nul(body.count(b"\n", 0, place) + 1, wanted)


def _nul(line: int, wanted: Wanted) -> UserError:
    what = f"Line {line:,} holds a NUL character."
    return UserError(what, "Text files have none; this may be a binary or a damaged file.", wanted.export, "data")


def _not_utf8(body: bytes, place: int, fix: str, wanted: Wanted) -> UserError:
    line = body.count(b"\n", 0, place) + 1
    byte = place - (body.rfind(b"\n", 0, place) + 1) + 1
    what = f"Line {line:,}, byte {byte:,} (0x{body[place]:02X}) is not UTF-8; the file may be Latin-1 or Windows-1252."
    return UserError(what, wanted.accepted, wanted.save_as_utf8, "data", fix)


def without_controls(text: str) -> tuple[str, Changes]:
    """The text without control characters and with line ends as \\n, and what was changed."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    cleaned, removed = CONTROLS.subn("", text)
    cleaned, repaired = STRAY.subn(lambda match: ord(match[0]).to_bytes(1, "big").decode("cp1252", errors="ignore"), cleaned)
    return cleaned, Changes(removed, repaired) if removed or repaired else UNCHANGED


def cleaned(text: str) -> tuple[str, Changes]:
    """`without_controls`, in normal form C."""
    text, changes = without_controls(text)
    return text if text.isascii() else unicodedata.normalize("NFC", text), changes


def check_lines(text: str, limits: Limits) -> None:
    """Raises UserError naming the first line that is longer than the limit."""
    start, line = 0, 1
    while (end := text.find("\n", start)) >= 0 or start < len(text):
        end = len(text) if end < 0 else end
        if end - start > limits.line_chars:
            what = f"Line {line:,} has {end - start:,} characters."
            raise UserError(what, f"At most {limits.line_chars:,} a line.", "Shorten it, or check that line ends are there.", "data")
        start, line = end + 1, line + 1
