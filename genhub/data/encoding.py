"""From the bytes of a text file to text: UTF-8 with or without a byte order mark, UTF-16 with one; else the line and byte.

Windows-1252, which spreadsheets of old wrote, is read when somebody asks for it: nothing in a file says that it is so.
"""

import codecs
import re

from genhub.data.fixes import WINDOWS_1252
from genhub.errors import UserError
from genhub.settings import Limits

WINDOWS = "Windows-1252"
ACCEPTED = "Tables are UTF-8 (with or without a byte order mark) or UTF-16 with one."
SAVE_AS = "Save the file again as “CSV UTF-8”."
SAVE_AS_UTF8 = (
    "Save it again as UTF-8: in Excel “Save as”, “CSV UTF-8”; in LibreOffice “Save as”, “Edit filter settings”, “Unicode (UTF-8)”; "
    "or iconv -f WINDOWS-1252 -t UTF-8 old.csv > new.csv."
)
CONTROLS = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Typographic characters of Windows-1252 that somebody took for Latin-1 arrive as C1 controls: "\x96" was a dash.
STRAY = re.compile("[\x80-\x9f]")


def decode(data: bytes, windows: bool = False) -> tuple[str, str]:
    """(text, name of the encoding). Raises UserError naming the first place that is not in it.

    windows: what is neither UTF-8 nor UTF-16 is read as Windows-1252, if that can be; the refusal offers it otherwise."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise UserError("The file is UTF-32.", ACCEPTED, SAVE_AS, "data")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode_wide(data), "UTF-16"
    marked = data.startswith(codecs.BOM_UTF8)
    body = data.removeprefix(codecs.BOM_UTF8)
    _refuse_nul(body)
    try:
        return body.decode("utf-8"), "UTF-8 with byte order mark" if marked else "UTF-8"
    except UnicodeDecodeError as error:
        other = "" if marked else _windows(body)
        if windows and other:
            return other, WINDOWS
        raise _not_utf8(body, error.start, WINDOWS_1252 if other else "") from None


def _windows(body: bytes) -> str:
    """The text if these are bytes of Windows-1252, which lacks five of the 256; else nothing."""
    try:
        return body.decode("cp1252")
    except UnicodeDecodeError:
        return ""


def _decode_wide(data: bytes) -> str:
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError as error:
        what = f"The file starts as UTF-16, but byte {error.start + 1:,} is not."
        raise UserError(what, ACCEPTED, "The file may be cut off: copy it again, or save it as UTF-8.", "data") from None
    if "\x00" in text:
        raise _nul(text.count("\n", 0, text.index("\x00")) + 1)
    return text


def _refuse_nul(body: bytes) -> None:
    place = body.find(b"\x00")
    if place < 0:
        return
    sample = body[:2000]
    if max(sample[0::2].count(0), sample[1::2].count(0)) > len(sample) // 8:
        raise UserError("The file looks like UTF-16 without a byte order mark.", ACCEPTED, SAVE_AS, "data")
    raise _nul(body.count(b"\n", 0, place) + 1)


def _nul(line: int) -> UserError:
    what = f"Line {line:,} holds a NUL character."
    return UserError(what, "Text files have none; this may be a binary or a damaged file.", "Export the table again as CSV.", "data")


def _not_utf8(body: bytes, place: int, fix: str) -> UserError:
    line = body.count(b"\n", 0, place) + 1
    byte = place - (body.rfind(b"\n", 0, place) + 1) + 1
    what = f"Line {line:,}, byte {byte:,} (0x{body[place]:02X}) is not UTF-8; the file may be Latin-1 or Windows-1252."
    return UserError(what, ACCEPTED, SAVE_AS_UTF8, "data", fix)


def without_controls(text: str) -> tuple[str, list[str]]:
    """The text without control characters and with line ends as \\n, and notes on what was changed."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    cleaned, removed = CONTROLS.subn("", text)
    cleaned, repaired = STRAY.subn(lambda match: ord(match[0]).to_bytes(1, "big").decode("cp1252", errors="ignore"), cleaned)
    notes = []
    if removed:
        notes.append(f"{removed:,} control character{'s were' if removed > 1 else ' was'} removed.")
    if repaired:
        notes.append(f"{repaired:,} character{'s' * (repaired > 1)} of Windows-1252 (such as – or ’) inside the UTF-8: repaired.")
    return cleaned, notes


def check_lines(text: str, limits: Limits) -> None:
    """Raises UserError naming the first line that is longer than the limit."""
    start, line = 0, 1
    while (end := text.find("\n", start)) >= 0 or start < len(text):
        end = len(text) if end < 0 else end
        if end - start > limits.line_chars:
            what = f"Line {line:,} has {end - start:,} characters."
            raise UserError(what, f"At most {limits.line_chars:,} a line.", "Shorten it, or check that line ends are there.", "data")
        start, line = end + 1, line + 1
