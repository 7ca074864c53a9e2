"""Texts to learn to write from: read in a one-shot child, JSON in, JSON out, a folder in between.

    read_text    a pasted text, a plain text file or a column of a table → rows.jsonl ({"text": …} a line, one a document), text.json

A pasted text and a plain text file are one document each; of a column, every cell that is not empty is one. A text stays as it is,
but for line ends (\\n), normal form C and control characters; copies of documents are left out, and what was done is counted. The
encodings are those of tables. Raises UserError; the files appear whole or not at all.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from genhub import gate, settings, signatures
from genhub.data import doctor, encoding, streamed, tables, text_facts
from genhub.data.fixes import KEEP_FIRST, LEAVE_MALFORMED, WINDOWS_1252
from genhub.errors import UserError
from genhub.jobs.folder import write_json
from genhub.settings import Limits

ROWS, FACTS = "rows.jsonl", "text.json"
PASTED = "pasted text"
LEAST_CHARACTERS = 1_000
PREVIEW_CHARACTERS = 600


@dataclass(frozen=True)
class TextInfo:
    """A text that was read, after all that was done to it.

    source: pasted | file | table | sample | hub; column: of a table or data set. `frequent` are the most frequent of the `distinct`
    characters, most frequent first. duplicates, empty: documents and cells that were left out. cut: only the first part was kept, as
    was asked for. controls: control characters that were removed. encoding: of a file. fixes: the remedies it was read with. sample:
    the id of a bundled text; hub: of a data set of the Hub, its revision and whether a part of it was drawn (see
    `hub_data.dataset`). findings: {"code", "text": sentences}, what was done and what is out of the ordinary.
    """

    id: str
    name: str
    source: str
    documents: int
    characters: int
    words: int
    lines: int
    distinct: int
    frequent: str
    duplicates: int
    empty: int
    cut: bool
    controls: int
    preview: str
    column: str = ""
    encoding: str = ""
    sample: str = ""
    fixes: list[str] = field(default_factory=list)
    hub: dict = field(default_factory=dict)
    findings: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Brought:
    """Documents as they came, and what is known of them: `told` is (code, sentences) of what was done, `left_out` counts rows."""

    documents: list[str]
    called: str  # what a message calls them
    field: str
    read_as: str = ""
    changes: encoding.Changes = encoding.UNCHANGED
    told: tuple[tuple[str, str], ...] = ()
    column: str = ""
    others: tuple[str, ...] = ()
    left_out: int = 0
    fixes: tuple[str, ...] = ()


def read_text(args: dict) -> dict:
    """{"path" | "text", "folder", "source", "name"?, "column"?, "cut"?, "fixes"?, "sample"?, "hub"? (the answer of `hub.dataset`)} → a
    TextInfo as a dictionary. With "cut", what is beyond the limits is left out; without, it is refused."""
    folder, limits = Path(args["folder"]), settings.get().limits
    brought = _bring(args, limits)
    solid = [text for text in brought.documents if text.strip()]
    distinct = list(dict.fromkeys(solid))
    kept = _within(distinct, brought, limits, bool(args.get("cut")))
    measures = text_facts.measure(kept)
    info = TextInfo(
        id=folder.name,
        name=gate.shown_name(str(args.get("name") or PASTED)),
        source=args["source"],
        documents=len(kept),
        **{name: getattr(measures, name) for name in ("characters", "words", "lines", "distinct", "frequent")},
        duplicates=len(solid) - len(distinct),
        empty=len(brought.documents) - len(solid),
        cut=measures.characters < sum(map(len, distinct)) or brought.left_out > 0,
        controls=brought.changes.removed,
        preview=_preview(kept),
        column=brought.column,
        encoding=brought.read_as,
        sample=str(args.get("sample") or ""),
        fixes=list(brought.fixes),
        hub=args.get("hub") or {},
    )
    done = _what_was_done(info, brought, distinct)
    info = replace(info, findings=[{"code": code, "text": told} for code, told in done] + text_facts.findings(measures))
    tables.write_jsonl(folder / ROWS, ({"text": text} for text in kept))
    write_json(folder / FACTS, asdict(info))
    return asdict(info)


def origin(info: TextInfo) -> dict:
    """Where a text comes from, as a run's job.json tells it; with "column" and "fixes" it is read again in the same way."""
    cut = info.cut and not info.hub  # of a set of the Hub the first documents are kept without being asked for
    told = {"name": info.name, "sample": info.sample or None, "column": info.column, "fixes": [*info.fixes, *([KEEP_FIRST] if cut else [])]}
    return {**told, "cut": info.cut, "characters": info.characters} | ({"hub": streamed.origin(info.hub)} if info.hub else {})


# --- what comes in --------------------------------------------------------------------------------------------------


def _bring(args: dict, limits: Limits) -> Brought:
    fixes = tuple(args.get("fixes") or ())
    if "text" in args:
        data = gate.encoded(args["text"])
        signatures.check_text(data[: signatures.HEAD_BYTES], name=PASTED, field="text")
        if b"\x00" in data:
            what = f"Line {data.count(10, 0, data.index(0)) + 1:,} of the text holds a NUL character."
            raise UserError(what, "Text has none.", "Remove it, or copy the text again from its source.", "text")
        return _plain(args["text"].removeprefix("\ufeff"), Brought([], "The text", "text"))
    upload = gate.text_upload(args["path"], limits)
    if upload.kind == "text":
        text, called = encoding.decode(upload.path.read_bytes(), WINDOWS_1252 in fixes, encoding.TEXT)
        windows = called == encoding.WINDOWS
        return _plain(text, Brought([], "The text", "data", called, fixes=(WINDOWS_1252,) if windows else ()))
    return _column(args, limits, fixes)


def _plain(text: str, empty: Brought) -> Brought:
    """One document: `empty` with the text in it, after what has to be done to it."""
    line_ends = text.count("\r")
    text, changes = encoding.without_controls(text)
    joined = text if text.isascii() else unicodedata.normalize("NFC", text)
    told = []
    if line_ends:
        told.append(("line-ends", f"{line_ends:,} line end{'s' * (line_ends > 1)} of another system became \\n."))
    if len(joined) < len(text):
        less = len(text) - len(joined)
        fewer = f"{less:,} character{'s' * (less > 1)} fewer"
        told.append(("joined", f"Accents that stood apart were joined with their letters (normal form C): {fewer}."))
    return replace(empty, documents=[joined], changes=changes, told=tuple(told))


def _column(args: dict, limits: Limits, fixes: Sequence[str]) -> Brought:
    """The cells of a column, one a document. Raises UserError as `tables.read`."""
    held = replace(limits, line_chars=limits.corpus_chars) if args.get("hub") else limits  # as they were written, see `hub.dataset`
    table = tables.read(Path(args["path"]), held, cut=True, fixes=fixes)
    if table.left_out and not args.get("cut"):
        refusal = tables.too_many_rows(table, limits)
        refusal.fix = KEEP_FIRST
        raise refusal
    column = args.get("column") or doctor.column_of_texts(table, table.columns)
    place = table.index(column, "column")
    documents, changes = [], table.changes
    for row in table.rows:
        text, changed = encoding.cleaned(row[place])  # the escapes of JSON may hold control characters, too
        documents.append(text)
        changes = changes if changed is encoding.UNCHANGED else changes + changed
    told = [("table", note) for note in table.notes if note not in table.changes.notes]
    if table.malformed:
        lines = "1 line was" if len(table.malformed) == 1 else f"{len(table.malformed):,} lines were"
        told.append((LEAVE_MALFORMED, f"{lines} left out of the table: {table.malformed[0]['why']}"))
    others = tuple(name for name in table.columns if name != column)
    read_as = "" if args.get("hub") else table.encoding
    called = f"The column “{column[:80]}”"
    return Brought(documents, called, "data", read_as, changes, tuple(told), column, others, table.left_out, tuple(table.fixes))


# --- what is kept ---------------------------------------------------------------------------------------------------


def _within(documents: list[str], brought: Brought, limits: Limits, cut: bool) -> list[str]:
    """The documents, or with `cut` as many of them from the first on as are allowed; of a long one that leaves too little before it,
    the beginning. Raises UserError for too much or too little."""
    most, total = limits.corpus_chars, sum(map(len, documents))
    if total > most and not cut:
        what = f"{brought.called} has {total:,} characters."
        raise UserError(
            what, f"At most {most:,}.", f"Keep the first {most:,} characters, or choose a shorter text.", brought.field, KEEP_FIRST
        )
    kept, room = [], most
    for text in documents:
        if len(text) > room:
            if most - room < LEAST_CHARACTERS:
                kept.append(text[:room])
            break
        kept.append(text)
        room -= len(text)
    if sum(map(len, kept)) < LEAST_CHARACTERS:
        raise _too_short(kept, brought)
    return kept


def _too_short(documents: list[str], brought: Brought) -> UserError:
    count = sum(map(len, documents))
    what = f"{brought.called} has {count:,} characters." if documents else f"{brought.called} holds nothing but blanks."
    limit = f"At least {LEAST_CHARACTERS:,} are needed, to have some to learn from, some to choose by and some to be judged on."
    columns = ", ".join(f"“{name[:40]}”" for name in brought.others[:20])
    remedy = f"Add more text, or choose another column: {columns}." if columns else "Add more text."
    return UserError(what, limit, remedy, brought.field)


def _preview(documents: list[str]) -> str:
    shown = ""
    for text in documents:
        shown += ("\n\n" if shown else "") + text[:PREVIEW_CHARACTERS]
        if len(shown) >= PREVIEW_CHARACTERS:
            break
    return shown[:PREVIEW_CHARACTERS]


def _what_was_done(info: TextInfo, brought: Brought, distinct: list[str]) -> list[tuple[str, str]]:
    """(code, sentences) of where it came from and of everything that is not in `rows.jsonl` as it was brought."""
    done = [("hub", " ".join([streamed.rows_in_words(info.hub), *streamed.losses(info.hub)]))] if info.hub else []
    if WINDOWS_1252 in info.fixes:
        done.append((WINDOWS_1252, "The file was read as Windows-1252."))
    done += brought.told
    if brought.left_out:
        rows = len(brought.documents)
        done.append(("rows-left-out", f"Only the first {rows:,} of {rows + brought.left_out:,} rows were read."))
    if info.empty:
        done.append(("empty", f"{info.empty:,} cell{'s were' if info.empty > 1 else ' was'} empty."))
    if info.duplicates:
        copies = (
            "1 document was a copy of another and was" if info.duplicates == 1 else f"{info.duplicates:,} documents were copies and were"
        )
        done.append(("duplicates", f"{copies} left out."))
    total = sum(map(len, distinct))
    if info.characters < total:
        of = f" ({info.documents:,} of {len(distinct):,} documents)" if len(distinct) > 1 else ""
        done.append(("cut", f"Only the first {info.characters:,} of {total:,} characters are kept{of}."))
    return done + [("controls", note) for note in brought.changes.notes]
