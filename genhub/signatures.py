"""What a file is, by its first and last bytes, and what to do with one that is of no use here.

Two kinds of files are sought: tables, and plain texts to learn from. What calls itself one of them and is something else is named,
with a remedy that fits what was sought. What is *inside* a file is read elsewhere, in a child process.
"""

import re

from genhub.errors import UserError

HEAD_BYTES = 4096
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
PARQUET = b"PAR1"
TABLE_KINDS = "Tables are CSV, TSV, JSONL or Parquet."
TEXT_KINDS = "Texts are plain text (.txt, .md), or a column of a table (CSV, TSV, JSONL, Parquet)."

# First bytes → what such a file is called, and its sort.
FOREIGN = (
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", "office"),
    (b"%PDF", "a PDF", "pdf"),
    (b"{\\rtf", "a rich-text document", "rich text"),
    (b"\x89PNG", "a PNG image", "media"),
    (b"\xff\xd8\xff", "a JPEG image", "media"),
    (b"GIF8", "a GIF image", "media"),
    (b"RIFF", "an image, sound or film", "media"),
    (b"II*\x00", "a TIFF image", "media"),
    (b"MM\x00*", "a TIFF image", "media"),
    (b"\x1f\x8b", "a gzip archive", "packed"),
    (b"BZh", "a bzip2 archive", "packed"),
    (b"\xfd7zXZ", "an xz archive", "packed"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "packed"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "packed"),
    (b"Rar!", "a RAR archive", "packed"),
    (b"SQLite format 3", "an SQLite database", "database"),
    (b"\x89HDF", "an HDF5 file", "database"),
    (b"\x93NUMPY", "a NumPy array", "database"),
    (b"ARROW1", "an Arrow file", "arrow"),
    (b"\x7fELF", "a program", "media"),
    (b"\xca\xfe\xba\xbe", "a program", "media"),
)
OFFICE = (
    (b"xl/work", "an Excel file"),
    (b"word/document", "a Word file"),
    (b"ppt/presentation", "a PowerPoint file"),
    (b"opendocument", "an OpenDocument file"),
    (b"[Content_Types].xml", "an Office file"),
)
PAGE_STARTS = ("<!doctype html", "<html", "<head", "<body")
XML_STARTS = ("<?xml", "<svg")

# Sort → what helps somebody who wants a table, and somebody who wants a text.
REMEDIES = {
    "office": ("Save it as CSV (UTF-8).", "Save a document as plain text (UTF-8), a spreadsheet as CSV (UTF-8)."),
    "pdf": ("Copy its table into a spreadsheet and save that as CSV.", "Copy its text and paste it, or save that as a .txt file."),
    "rich text": ("Save its table as CSV.", "Save it as plain text (UTF-8)."),
    "media": ("Choose a table.", "Choose a text."),
    "packed": ("Unpack it first.", "Unpack it first."),
    "database": ("Export the table as CSV.", "Export the table as CSV, to use a column of it."),
    "arrow": ("Save it as Parquet or CSV.", "Save it as Parquet or CSV, to use a column of it."),
    "page": ("Download the table itself, not the page that shows it.", "Copy the text that the page shows, and paste it."),
    "xml": ("Export the table as CSV.", "Take the text out of its tags, and paste it."),
    "parquet": ("", "Let its name end in .parquet, to use a column of it."),
}


def kind_of(head: bytes, tail: bytes = b"", name: str = "file") -> str:
    """csv, jsonl, parquet or zip from a file's first and last bytes. Raises UserError naming anything else."""
    called, sort = _foreign(head, tail)
    if sort in ("parquet", "zip"):
        return sort
    if sort:
        raise UserError(f"“{name}” is {called}.", TABLE_KINDS, REMEDIES[sort][0], "data")
    start = _start(head)
    if re.match(r"\[\s*([{\[]|$)", start):
        what = f"“{name}” is a JSON list."
        raise UserError(what, "JSON tables are JSONL: one object a line, no brackets around.", "Write one object a line.", "data")
    return "jsonl" if start.startswith("{") else "csv"


def check_text(head: bytes, tail: bytes = b"", name: str = "file", field: str = "data") -> None:
    """Raises UserError naming what is no plain text, by its first and last bytes."""
    called, sort = _foreign(head, tail)
    if sort:
        raise UserError(f"“{name}” is {called}.", TEXT_KINDS, REMEDIES["packed" if sort == "zip" else sort][1], field)


def _foreign(head: bytes, tail: bytes) -> tuple[str, str]:
    """(what a file is called that is neither a plain text nor a table of that, its sort); two empty texts for the others."""
    if head.startswith(PARQUET):
        return "a Parquet file", "parquet"
    if head.startswith(ZIP):
        office = next((called for mark, called in OFFICE if mark in head or mark in tail), "")
        return (office, "office") if office else ("a ZIP archive", "zip")
    for magic, called, sort in FOREIGN:
        if head.startswith(magic):
            return called, sort
    start = _start(head).lower()
    if start.startswith(PAGE_STARTS):
        return "a web page", "page"
    return ("XML", "xml") if start.startswith(XML_STARTS) else ("", "")


def _start(head: bytes) -> str:
    """The first characters that are no blanks."""
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return head.decode("utf-16" if wide else "utf-8-sig", errors="ignore").lstrip()[:200]
