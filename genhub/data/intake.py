"""Entry points of the one-shot children that read tables: JSON in, JSON out, a folder in between.

    read_table      a file                → table.jsonl (one list of cells a row), meta.json
    add_rows        more rows, same columns (a sample's counterexamples) → appended to table.jsonl
    add_test        a separate test table → test.jsonl, test.json
    examine         the doctor's report   → report.json, found.json, and clean.jsonl when nothing forbids training
    finding_rows    all rows of one finding of the last report → a CSV

All raise UserError; every file appears whole or not at all. The limits are those of the profile in the environment.
"""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

from genhub import disk, gate, settings
from genhub.data import doctor, encoder_fit, split, streamed, tables
from genhub.data.cleaning import Cleaned, check_test, tidy
from genhub.data.fixes import LEAVE_MALFORMED
from genhub.data.tables import Table
from genhub.errors import UserError
from genhub.jobs.folder import write_json
from genhub.training.configs import ClassifyConfig

PREVIEW_ROWS = 20
DESCRIBED = (
    "kind",
    "encoding",
    "separator",
    "lines",
    "notes",
    "left_out",
    "hub",
    "malformed",
    "foreign",
)  # kept of a Table beside columns and rows
TABLE, TEST = ("table.jsonl", "meta.json"), ("test.jsonl", "test.json")


def read_table(args: dict) -> dict:
    """{"path" | "text", "folder", "name"?, "cut"?, "fixes"?, "hub"? (the answer of `hub.dataset`)} → what was read: {"columns", "rows",
    "kind", "encoding", "separator", "notes", "left_out", "preview", "text_column", "label_column", "name", "sha256", "fixes" (those
    that were needed)}. Rows beyond the limit are counted, not kept; with "cut" false they are refused."""
    folder = Path(args["folder"])
    limits = settings.get().limits
    cut, fixes = bool(args.get("cut", True)), tuple(args.get("fixes") or ())
    if "text" in args:
        table = tables.parse_pasted(args["text"], limits, cut=cut, fixes=fixes)
        digest = hashlib.sha256(args["text"].encode("utf-8")).hexdigest()
    else:
        table = tables.read(Path(args["path"]), limits, cut=cut, fixes=fixes)
        digest = disk.sha256(Path(args["path"]))
    table = replace(table, hub=args.get("hub") or {})
    name = gate.shown_name(str(args.get("name") or Path(args.get("path", "pasted")).name))
    for stale in ("clean.jsonl", "report.json", "found.json", "language.json", *TEST):
        (folder / stale).unlink(missing_ok=True)
    _store(folder, table, TABLE, {"name": name, "sha256": digest})
    guess = doctor.choose_columns(table) if len(table.columns) > 1 else (table.columns[0], "")
    return {
        "columns": list(table.columns),
        "rows": len(table.rows),
        "kind": table.kind,
        "encoding": table.encoding,
        "separator": table.separator,
        "notes": table.notes,
        "left_out": table.left_out,
        "preview": [list(row) for row in table.rows[:PREVIEW_ROWS]],
        "text_column": guess[0],
        "label_column": guess[1],
        "name": name,
        "sha256": digest,
        "fixes": table.fixes,
    }


def add_rows(args: dict) -> dict:
    """{"folder", "path"}: append the rows of another table that has the same columns → {"rows": in all, "added": how many}."""
    folder = Path(args["folder"])
    table, meta = _load(folder, TABLE)
    more = tables.read(Path(args["path"]), settings.get().limits)
    places = [more.index(name) for name in table.columns]
    rows = table.rows + [tuple(row[place] for place in places) for row in more.rows]
    limit = settings.get().limits.table_rows
    if len(rows) > limit:
        what = f"Together the tables have {len(rows):,} rows."
        raise UserError(what, f"At most {limit:,} rows.", "Add fewer rows.", "data")
    last = table.lines[-1]
    lines = table.lines + [last + number for number in range(1, len(more.rows) + 1)]
    joined = replace(table, rows=rows, lines=lines)
    digest = hashlib.sha256(f"{meta['sha256']}+{disk.sha256(Path(args['path']))}".encode()).hexdigest()
    (folder / "clean.jsonl").unlink(missing_ok=True)
    _store(folder, joined, TABLE, {"name": meta["name"], "sha256": digest})
    return {"rows": len(rows), "added": len(more.rows)}


def add_test(args: dict) -> dict:
    """{"folder", "path", "fixes"?}: keep a separate test table → {"rows", "columns"}. It needs the two columns that the doctor read, or, when
    nothing was examined yet, two columns of the training table; a refused one leaves everything as it was."""
    folder = Path(args["folder"])
    table, _ = _load(folder, TABLE)
    test = tables.read(Path(args["path"]), settings.get().limits, fixes=tuple(args.get("fixes") or ()))
    report = folder / "report.json"
    if report.exists():
        read = json.loads(report.read_text(encoding="utf-8"))
        check_test(test, (read["text_column"], read["label_column"]))
    elif len(set(table.columns) & set(test.columns)) < 2:
        check_test(test, doctor.choose_columns(table))
    (folder / "clean.jsonl").unlink(missing_ok=True)
    name = gate.shown_name(str(args.get("name") or Path(args["path"]).name))
    _store(folder, test, TEST, {"name": name, "sha256": disk.sha256(Path(args["path"]))})
    return {"rows": len(test.rows), "columns": list(test.columns)}


def examine(args: dict) -> dict:
    """{"folder", "text_column", "label_column", "fixes", "model_folder", "max_length", "languages", and for the split
    "folds", "test_share", "validation_share", "seed", all but the first optional} → the report of `doctor.Report` with
    "split", "test" ({"name", "rows"} of a test table) and "data" added. With "strict", a problem that forbids training is raised, otherwise it is a finding."""
    folder = Path(args["folder"])
    limits = settings.get().limits
    table, meta = _load(folder, TABLE)
    test, test_meta = _load(folder, TEST) if (folder / TEST[1]).exists() else (None, {})
    columns = doctor.choose_columns(table, args.get("text_column") or "", args.get("label_column") or "")
    fixes, context = args.get("fixes") or (), _context(args)
    language = _language(folder, table, columns[0], encoder_fit.texts_to_look_at(fixes))
    strangers = encoder_fit.unread(language, context.languages)
    cleaned = tidy(table, columns, fixes, test=test, limits=limits, strangers=strangers)
    rows_file = folder / "clean.jsonl"
    if cleaned.problems:
        rows_file.unlink(missing_ok=True)
        if args.get("strict"):
            raise next(iter(cleaned.problems.values()))
    report = doctor.report_on(table, columns, cleaned, context, language, limits).to_dict()
    report["split"] = None
    if not cleaned.problems:
        report["split"] = _planned_split(cleaned.rows, args)
        tables.write_jsonl(rows_file, cleaned.rows)
    report["test"] = {"name": test_meta["name"], "rows": len(test.rows)} if test else None
    report["data"] = _data_info(meta, cleaned, report["fixes"])
    write_json(folder / "found.json", {code: found.rows for code, found in cleaned.found.items() if found.rows})
    write_json(folder / "report.json", report)
    return report


def finding_rows(args: dict) -> dict:
    """{"folder", "code", "out"}: write every row that a finding of the last report concerns to the CSV `out`, as it stands in its
    file → {"code", "rows": how many, "separator"}. Columns: row, line, text, label, why. Raises UserError for a finding without rows."""
    folder, code = Path(args["folder"]), str(args["code"])
    report = json.loads((folder / "report.json").read_text(encoding="utf-8")) if (folder / "report.json").exists() else {"findings": []}
    listed = [item["code"] for item in report["findings"] if item.get("listed")]
    if code not in listed:
        what = f"The last report has no rows for “{code[:40]}”."
        shown = f"It has some for {', '.join(listed)}." if listed else "None of its findings has any."
        raise UserError(what, shown, "Examine the table, then choose a finding of the report.", "finding")
    parts = {"": _load(folder, TABLE)[0]}
    if (folder / TEST[1]).exists():
        parts["test"] = _load(folder, TEST)[0]
    if code == LEAVE_MALFORMED:
        rows = [("", item["line"], item["text"], "", item["why"] + _of(part)) for part, table in parts.items() for item in table.malformed]
    else:
        columns = report["text_column"], report["label_column"]
        found = json.loads((folder / "found.json").read_text(encoding="utf-8"))[code]
        rows = [_as_it_stands(parts[part], columns, number, why + _of(part)) for part, number, why in found]
    tables.write_csv(Path(args["out"]), ("row", "line", "text", "label", "why"), rows, parts[""].separator)
    return {"code": code, "rows": len(rows), "separator": parts[""].separator}


def _as_it_stands(table: Table, columns: tuple[str, str], number: int, why: str) -> tuple:
    """A row for people who mend it; number 0 is the first line of the file."""
    cells = table.rows[number - 1] if number else table.columns
    return (number or "", table.line(number) or "", *(cells[table.index(name)] for name in columns), why)


def _of(part: str) -> str:
    return " (test table)" if part == "test" else ""


def _context(args: dict) -> doctor.Context:
    tokenizer = Path(args["model_folder"]) / "tokenizer.json" if args.get("model_folder") else None
    length = int(args.get("max_length") or ClassifyConfig.max_length)
    return doctor.Context(length, tuple(args.get("languages") or ("*",)), tokenizer)


def _language(folder: Path, table: Table, text_column: str, most: int) -> encoder_fit.Language | None:
    """The language of a column, remembered: the recogniser's model takes a second or two to load, and a remedy is one press."""
    memory = folder / "language.json"
    known = json.loads(memory.read_text(encoding="utf-8")) if memory.exists() else {}
    texts = encoder_fit.texts_of(table, text_column)
    if text_column not in known or (known[text_column] and known[text_column].get("looked", 0) < min(most, len(texts))):
        found = encoder_fit.language(texts, most)
        known[text_column] = asdict(found) if found else None
        write_json(memory, known)
    kept = known[text_column]
    return kept and encoder_fit.Language(**{**kept, "strangers": tuple((row, code) for row, code in kept["strangers"])})


def _planned_split(rows: list[dict], args: dict) -> dict:
    """The split that training will draw, counted: kind, seed, folds, rows in each part (of the first fold)."""
    options = {name: args[name] for name in ("folds", "test_share", "validation_share", "seed") if args.get(name) is not None}
    config = ClassifyConfig(**options)
    given = any(row.get("part") == "test" for row in rows)
    folds = split.choose_folds(config.folds, len(rows), given)
    if folds:
        parts = split.k_folds(rows, folds, config.validation_share, config.seed)[0]
    else:
        parts = split.holdout(rows, config.test_share, config.validation_share, config.seed)
    return {
        "kind": "cross-validation" if folds else "given" if given else "hold-out",
        "folds": folds,
        "seed": config.seed,
        "train": len(parts.train),
        "validation": len(parts.validation),
        "test": len(parts.test),
        "groups_kept_together": split.kept_together(rows),
    }


def _data_info(meta: dict, cleaned: Cleaned, fixes: list[str]) -> dict:
    """The `data` section of a job: where the rows come from and what was done to them."""
    return {
        "name": meta["name"],
        "sha256": meta["sha256"],
        "rows": len(cleaned.rows),
        "fixes": fixes,
        "removed": cleaned.removed,
        "duplicates_removed": cleaned.removed.get("drop-duplicates", 0),
        **({"hub": streamed.origin(meta["hub"])} if meta.get("hub") else {}),
    }


# --- the folder -----------------------------------------------------------------------------------------------------


def _store(folder: Path, table: Table, names: tuple[str, str], more: dict) -> None:
    tables.write_jsonl(folder / names[0], table.rows)
    meta = {name: getattr(table, name) for name in ("columns", *DESCRIBED)}
    write_json(folder / names[1], {**meta, **more})


def load(folder: Path) -> Table:
    """The table that was read into a folder. Raises UserError when there is none."""
    return _load(folder, TABLE)[0]


def _load(folder: Path, names: tuple[str, str]) -> tuple[Table, dict]:
    try:
        meta = json.loads((folder / names[1]).read_text(encoding="utf-8"))
        with open(folder / names[0], encoding="utf-8") as file:
            rows = [tuple(json.loads(line)) for line in file]
    except FileNotFoundError:
        what = "No table has been read yet."
        raise UserError(what, "A table is read before it is examined.", "Choose a file first.", "data") from None
    return Table(tuple(meta["columns"]), rows, **{name: meta[name] for name in DESCRIBED if name in meta}), meta
