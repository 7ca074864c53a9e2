"""A file to translate line by line: a plain text, or a column of a table; read in a one-shot child, JSON in, JSON out.

    read_lines    a file → lines.jsonl ({"text": …, "row"?: the cells of a table's row} a line), lines.json

A line in is a line out: empty ones stay where they are. Raises UserError; the files appear whole or not at all.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from genhub import gate, settings
from genhub.data import batch, encoding, tables
from genhub.data.fixes import WINDOWS_1252
from genhub.errors import UserError
from genhub.jobs.folder import write_json
from genhub.settings import Limits

LINES, FACTS = "lines.jsonl", "lines.json"
ADDED = "translation"


@dataclass(frozen=True)
class LinesInfo:
    """kind: text | table. lines: all of them; filled: those with a text; characters: of these. column, columns, separator: of a table."""

    id: str
    name: str
    kind: str
    lines: int
    filled: int
    characters: int
    column: str = ""
    columns: list[str] = field(default_factory=list)
    separator: str = "comma"


def read_lines(args: dict) -> dict:
    """{"path", "folder", "name"?, "column"?, "fixes"?} → a LinesInfo as a dictionary."""
    folder, limits, fixes = Path(args["folder"]), settings.get().limits, tuple(args.get("fixes") or ())
    upload = gate.text_upload(args["path"], limits)
    about = {"id": folder.name, "name": gate.shown_name(str(args.get("name") or upload.name))}
    if upload.kind == "text":
        texts, rows = plain(upload.path, limits, fixes), None
        info = LinesInfo(**about, kind="text", **_counted(texts))
    else:
        table = tables.read(upload.path, limits, fixes=fixes)
        place = batch.text_column(table.columns, table.rows, args.get("column") or "")
        texts, rows = [row[place] for row in table.rows], table.rows
        known = {"column": table.columns[place], "columns": list(table.columns), "separator": table.separator}
        info = LinesInfo(**about, kind="table", **_counted(texts), **known)
    if not info.filled:
        raise UserError(
            f"“{info.name}” has no text to translate.", "At least one line with a word.", "Choose another file or column.", "data"
        )
    if info.characters > limits.corpus_chars:
        what = f"“{info.name}” has {info.characters:,} characters to translate."
        raise UserError(what, f"At most {limits.corpus_chars:,}.", "Split it.", "data")
    told = ({"text": text} | ({"row": list(rows[at])} if rows else {}) for at, text in enumerate(texts))
    tables.write_jsonl(folder / LINES, told)
    write_json(folder / FACTS, asdict(info))
    return asdict(info)


def plain(path: Path, limits: Limits, fixes: Sequence[str] = ()) -> list[str]:
    """The lines of a text file; what follows the last line end is a line only when it is not empty. Raises UserError."""
    text, _ = encoding.decode(Path(path).read_bytes(), WINDOWS_1252 in fixes, encoding.TEXT)
    text, _ = encoding.cleaned(text)
    encoding.check_lines(text, limits)
    lines = text.removesuffix("\n").split("\n")
    if len(lines) > limits.table_rows:
        what = f"The file has {len(lines):,} lines."
        raise UserError(what, f"At most {limits.table_rows:,}.", "Split it.", "data")
    return lines


def _counted(texts: Sequence[str]) -> dict:
    filled = [text for text in texts if text.strip()]
    return {"lines": len(texts), "filled": len(filled), "characters": sum(map(len, filled))}


def stored(folder: Path) -> list[dict]:
    """What `read_lines` wrote: {"text", "row"?} each."""
    return [json.loads(line) for line in (folder / LINES).read_text(encoding="utf-8").splitlines()]


class Writer:
    """The translations of the first lines, one each, as they come: as text, or as the table with a column more."""

    def __init__(self, out: Path, info: LinesInfo, read: Sequence[dict]):
        self.path, self.info, self.read = out, info, read
        self.begin()

    def begin(self) -> None:
        """Nothing is done yet."""
        self.done = 0
        self.path.write_bytes(b"")
        if self.info.kind == "table":
            tables.append_csv(self.path, [[*self.info.columns, batch.free(ADDED, self.info.columns)]], self.info.separator)

    def add(self, translations: Sequence[str]) -> None:
        if self.info.kind == "text":
            with open(self.path, "a", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{line}\n" for line in translations)
        else:
            rows = zip(self.read[self.done :], translations, strict=False)
            tables.append_csv(self.path, ([*line["row"], text] for line, text in rows), self.info.separator)
        self.done += len(translations)


def suffix(info: LinesInfo) -> str:
    return ".txt" if info.kind == "text" else tables.suffix(info.separator)
