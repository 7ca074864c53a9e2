"""Entry points of the one-shot children that read tables: JSON in, JSON out, a folder in between.

    read_table      a file                → table.jsonl (one list of cells a row), meta.json
    add_rows        more rows, same columns (a sample's counterexamples) → appended to table.jsonl
    add_test        a separate test table → test.jsonl, test.json
    examine         the doctor's report   → report.json, and clean.jsonl when nothing forbids training

All raise UserError; every file appears whole or not at all. The limits are those of the profile in the environment.
"""

import hashlib
import json
import os
from dataclasses import asdict, replace
from pathlib import Path

from genhub import disk, gate, settings
from genhub.data import doctor, encoder_fit, split, streamed, tables
from genhub.data.cleaning import Cleaned, check_test, tidy
from genhub.data.tables import Table
from genhub.errors import UserError
from genhub.jobs.folder import write_json
from genhub.training.configs import ClassifyConfig

PREVIEW_ROWS = 20
DESCRIBED = ("kind", "encoding", "separator", "lines", "notes", "left_out", "hub")  # kept of a Table beside columns and rows
TABLE, TEST = ("table.jsonl", "meta.json"), ("test.jsonl", "test.json")


def read_table(args: dict) -> dict:
    """{"path" | "text", "folder", "name"?, "cut"?, "hub"? (the answer of `hub.dataset`)} → what was read: {"columns", "rows", "kind", "encoding", "separator", "notes",
    "left_out", "preview", "text_column", "label_column", "name", "sha256"}. Rows beyond the limit are counted, not kept; with "cut" false they are refused."""
    folder = Path(args["folder"])
    limits = settings.get().limits
    cut = bool(args.get("cut", True))
    if "text" in args:
        table = tables.parse_pasted(args["text"], limits, cut=cut)
        digest = hashlib.sha256(args["text"].encode("utf-8")).hexdigest()
    else:
        table = tables.read(Path(args["path"]), limits, cut=cut)
        digest = disk.sha256(Path(args["path"]))
    table = replace(table, hub=args.get("hub") or {})
    name = gate.shown_name(str(args.get("name") or Path(args.get("path", "pasted")).name))
    for stale in ("clean.jsonl", "report.json", "language.json", *TEST):
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
    """{"folder", "path"}: keep a separate test table → {"rows", "columns"}. It needs the two columns that the doctor read, or, when
    nothing was examined yet, two columns of the training table; a refused one leaves everything as it was."""
    folder = Path(args["folder"])
    table, _ = _load(folder, TABLE)
    test = tables.read(Path(args["path"]), settings.get().limits)
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
    cleaned = tidy(table, columns, args.get("fixes") or (), test=test, limits=limits)
    rows_file = folder / "clean.jsonl"
    if cleaned.problems:
        rows_file.unlink(missing_ok=True)
        if args.get("strict"):
            raise next(iter(cleaned.problems.values()))
    report = doctor.report_on(table, columns, cleaned, _context(args), _language(folder, columns[0], cleaned), limits).to_dict()
    report["split"] = None
    if not cleaned.problems:
        report["split"] = _planned_split(cleaned.rows, args)
        _write_lines(rows_file, cleaned.rows)
    report["test"] = {"name": test_meta["name"], "rows": len(test.rows)} if test else None
    report["data"] = _data_info(meta, cleaned)
    write_json(folder / "report.json", report)
    return report


def _context(args: dict) -> doctor.Context:
    tokenizer = Path(args["model_folder"]) / "tokenizer.json" if args.get("model_folder") else None
    length = int(args.get("max_length") or ClassifyConfig.max_length)
    return doctor.Context(length, tuple(args.get("languages") or ("*",)), tokenizer)


def _language(folder: Path, text_column: str, cleaned: Cleaned) -> encoder_fit.Language | None:
    """The language of a column, remembered: the recogniser's model takes a second or two to load, and a remedy is one press."""
    memory = folder / "language.json"
    known = json.loads(memory.read_text(encoding="utf-8")) if memory.exists() else {}
    if text_column not in known:
        found = encoder_fit.language(cleaned.training)
        known[text_column] = asdict(found) if found else None
        write_json(memory, known)
    kept = known[text_column]
    return kept and encoder_fit.Language(kept["code"], kept["share"], tuple((row, code) for row, code in kept["strangers"]))


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


def _data_info(meta: dict, cleaned: Cleaned) -> dict:
    """The `data` section of a job: where the rows come from and what was done to them."""
    return {
        "name": meta["name"],
        "sha256": meta["sha256"],
        "rows": len(cleaned.rows),
        "fixes": cleaned.fixes,
        "removed": cleaned.removed,
        "duplicates_removed": cleaned.removed.get("drop-duplicates", 0),
        **({"hub": streamed.origin(meta["hub"])} if meta.get("hub") else {}),
    }


# --- the folder -----------------------------------------------------------------------------------------------------


def _store(folder: Path, table: Table, names: tuple[str, str], more: dict) -> None:
    _write_lines(folder / names[0], table.rows)
    meta = {name: getattr(table, name) for name in ("columns", *DESCRIBED)}
    write_json(folder / names[1], {**meta, **more})


def _load(folder: Path, names: tuple[str, str]) -> tuple[Table, dict]:
    try:
        meta = json.loads((folder / names[1]).read_text(encoding="utf-8"))
        with open(folder / names[0], encoding="utf-8") as file:
            rows = [tuple(json.loads(line)) for line in file]
    except FileNotFoundError:
        what = "No table has been read yet."
        raise UserError(what, "A table is read before it is examined.", "Choose a file first.", "data") from None
    return Table(tuple(meta["columns"]), rows, **{name: meta[name] for name in DESCRIBED if name in meta}), meta


def _write_lines(path: Path, records: list) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    tables.write_jsonl(temporary, records)
    os.replace(temporary, path)
