"""Pairs of sentences, a source and its translation: read in a one-shot child, JSON in, JSON out, a folder in between.

    read_pairs    a pasted or uploaded table → rows.jsonl ({"source": …, "target": …} a line), pairs.json

Columns are those that are named, else those called like the languages or “source” and “target”, else the first two with sentences. A
first line that is a pair itself is one, no header. Pairs with an empty side and copies of pairs are left out and counted. Raises
UserError; the files appear whole or not at all.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from genhub import gate, settings
from genhub.data import languages, streamed, tables
from genhub.data.fixes import KEEP_FIRST
from genhub.data.tables import Table
from genhub.errors import UserError
from genhub.jobs.folder import write_json

ROWS, FACTS = "rows.jsonl", "pairs.json"
PASTED = "pasted pairs"
SOURCES = ("source", "src", "text", "sentence")
TARGETS = ("target", "tgt", "translation", "reference")
SAMPLED = 300  # pairs whose language is looked at
PREVIEW = 5
NUMBERED = "column "  # and a number: what columns without a header are called
LONGEST = 5_000  # characters of a side


@dataclass(frozen=True)
class PairsInfo:
    """Pairs that were read, after all that was done to them. source_column, target_column: “column 1” and so on where there was no
    header; others: the columns that were not read. empty, copies, left_out: rows that are not among them; same: pairs whose sides
    are alike, which are. swapped: the sides are in each other's language. hub: of a data set of the Hub, its revision and whether a
    part of it was drawn (see `hub_data.dataset`). fixes: the remedies they were read with. findings: {"code", "text": sentences}."""

    id: str
    name: str
    pairs: int
    source_column: str
    target_column: str
    others: list[str]
    empty: int
    copies: int
    same: int
    left_out: int
    swapped: bool
    preview: list[list[str]]
    languages: list[str] = field(default_factory=list)
    hub: dict = field(default_factory=dict)
    fixes: list[str] = field(default_factory=list)
    findings: list[dict[str, str]] = field(default_factory=list)

    @property
    def headless(self) -> bool:
        """The first line was a pair."""
        return self.source_column.startswith(NUMBERED)


def read_pairs(args: dict) -> dict:
    """{"path" | "text", "folder", "name"?, "source_column"?, "target_column"?, "languages"? (codes of both sides), "cut"?, "fixes"?,
    "hub"? (the answer of `hub.dataset`)} → a PairsInfo as a dictionary."""
    folder, limits, fixes = Path(args["folder"]), settings.get().limits, tuple(args.get("fixes") or ())
    if "text" in args:
        table = tables.parse_pasted(args["text"], limits, cut=True, fixes=fixes)
    else:
        table = tables.read(Path(args["path"]), limits, cut=True, fixes=fixes)
    if table.left_out and not args.get("cut"):
        refusal = tables.too_many_rows(table, limits)
        refusal.fix = KEEP_FIRST
        raise refusal
    spoken = [str(code) for code in args.get("languages") or ("", "")]
    table = _without_header(table)
    places = _columns(table, args.get("source_column") or "", args.get("target_column") or "", spoken)
    both = [(row[places[0]].strip(), row[places[1]].strip()) for row in table.rows]
    whole = [pair for pair in both if all(pair)]
    pairs = list(dict.fromkeys(whole))
    _check(table, places, pairs)
    info = PairsInfo(
        id=folder.name,
        name=gate.shown_name(str(args.get("name") or PASTED)),
        pairs=len(pairs),
        **dict(zip(("source_column", "target_column"), (table.columns[place] for place in places), strict=True)),
        others=[name for place, name in enumerate(table.columns) if place not in places],
        empty=len(both) - len(whole),
        copies=len(whole) - len(pairs),
        same=sum(source.casefold() == target.casefold() for source, target in pairs),
        left_out=table.left_out,
        swapped=False,
        preview=[list(pair) for pair in pairs[:PREVIEW]],
        languages=spoken,
        hub=args.get("hub") or {},
        fixes=[*table.fixes, *([KEEP_FIRST] if table.left_out and not args.get("hub") else [])],  # of the Hub a part is kept unasked
    )
    strange = _strangers(pairs, spoken)
    info = replace(info, swapped=strange == spoken[::-1] != spoken and all(spoken))
    info = replace(info, findings=[{"code": code, "text": told} for code, told in _findings(info, table, strange)])
    tables.write_jsonl(folder / ROWS, ({"source": source, "target": target} for source, target in pairs))
    write_json(folder / FACTS, asdict(info))
    return asdict(info)


def origin(info: PairsInfo) -> dict:
    """Where pairs come from, as a run's job.json tells it; with "columns" and "fixes" they are read again in the same way."""
    columns = [] if info.headless else [info.source_column, info.target_column]
    told = {"name": info.name, "sample": None, "columns": columns, "fixes": info.fixes}
    return told | ({"hub": streamed.origin(info.hub)} if info.hub else {})


def _without_header(table: Table) -> Table:
    """A table whose first line was taken for a header although it is a pair: with that line as a row, and columns by number."""
    if table.kind in ("jsonl", "parquet") or not any(_is_sentence(name) for name in table.columns):
        return table
    names = tuple(f"{NUMBERED}{number}" for number in range(1, len(table.columns) + 1))
    return replace(table, columns=names, rows=[table.columns, *table.rows], lines=[1, *table.lines])


def _is_sentence(name: str) -> bool:
    return name.rstrip().endswith((".", "!", "?", "…", "。")) or len(name.split()) > 3


def _columns(table: Table, source: str, target: str, spoken: Sequence[str]) -> tuple[int, int]:
    """Places of both sides. Raises UserError where there are not two."""
    if len(table.columns) < 2:
        what = "The table has one column."
        raise UserError(what, "A pair is a source and its translation.", "Put them side by side, with a tab or a comma between.", "data")
    wanted = [(source, SOURCES, spoken[0]), (target, TARGETS, spoken[1])]
    found = [_named(table, *one) for one in wanted]
    free = [place for place in range(len(table.columns)) if place not in found]
    first, second = (place if place is not None else free.pop(0) for place in found)
    if first == second:
        what = f"Source and translation are both the column “{table.columns[first][:60]}”."
        raise UserError(what, "They are two columns.", "Choose another one for one of them.", "target_column")
    return first, second


def _named(table: Table, name: str, usual: Sequence[str], code: str) -> int | None:
    """The place of a column by its name, by what such columns are called, or by its language."""
    if name:
        return table.index(name, "source_column" if usual is SOURCES else "target_column")
    called = {code.casefold(), languages.called(code).casefold(), *usual} if code else set(usual)
    return next((place for place, column in enumerate(table.columns) if column.strip().casefold() in called), None)


def _check(table: Table, places: tuple[int, int], pairs: Sequence[tuple[str, str]]) -> None:
    named = " and ".join(f"“{table.columns[place][:40]}”" for place in places)
    if not pairs:
        raise UserError(f"No row has a text in both of {named}.", "A pair has two sides.", "Choose other columns.", "data")
    if all(source == target for source, target in pairs):
        raise UserError(
            f"The columns {named} are the same in every row.", "One is the translation of the other.", "Choose other columns.", "data"
        )
    number, longest = max(enumerate((max(map(len, pair)) for pair in pairs), 1), key=lambda one: one[1])
    if longest > LONGEST:
        what = f"A side of pair {number:,} has {longest:,} characters."
        raise UserError(what, f"At most {LONGEST:,}: pairs are sentences or short paragraphs.", "Cut it into sentences.", "data")


def _strangers(pairs: Sequence[tuple[str, str]], spoken: Sequence[str]) -> list[str]:
    """The language of each side where most of it is not in the one expected; else the one expected."""
    step = max(1, len(pairs) // SAMPLED)
    sides = zip(*pairs[::step][:SAMPLED], strict=True)
    found = []
    for texts, code in zip(sides, spoken, strict=True):
        other = languages.stranger(" ".join(texts), code) if code else ""
        found.append(other or code)
    return found


def _findings(info: PairsInfo, table: Table, strange: list[str]) -> list[tuple[str, str]]:
    told = [("hub", " ".join([streamed.rows_in_words(info.hub), *streamed.losses(info.hub)]))] if info.hub else []
    told += [("table", note) for note in table.notes]
    if info.headless:
        told.append(("no-header", "The first line is a pair, not a header: it counts."))
    if info.swapped:
        named = [languages.called(code) for code in info.languages]
        told.append(("swapped", f"The first side looks like {named[1]}, the second like {named[0]}: the columns are the wrong way round."))
    else:
        for side, code, other in zip(("source", "translation"), info.languages, strange, strict=True):
            if other != code:
                told.append(("language", f"The {side} looks like {languages.called(other)}, not {languages.called(code)}."))
    counts = ((info.empty, "with an empty side", "empty"), (info.copies, "that stood there before", "copies"))
    for count, what, code in counts:
        if count:
            told.append((code, f"{count:,} pair{'s' * (count > 1)} {what} {'were' if count > 1 else 'was'} left out."))
    if info.same:
        told.append(("same", f"{info.same:,} pair{'s have' if info.same > 1 else ' has'} the same text on both sides."))
    if info.left_out:
        told.append(("rows-left-out", f"Only the first {len(table.rows):,} of {len(table.rows) + info.left_out:,} rows were read."))
    return told
