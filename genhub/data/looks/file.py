"""The file: what it is, how it was read, which columns are used."""

from dataclasses import replace

from genhub.data.fixes import LEAVE_MALFORMED, WINDOWS_1252
from genhub.data.found import EXAMPLES
from genhub.data.looks.case import Case, Finding, counted, remedy
from genhub.data.streamed import in_words
from genhub.data.tables import FORMULA_STARTS, Table

AROUND = 40  # characters shown before and after one in question

LABEL_NAMES = ("label", "labels", "class", "category", "intent", "target", "sentiment", "topic", "tag")


def file(case: Case) -> Finding:
    table = case.table
    kind = {"csv": "Separated values", "jsonl": "JSON lines", "parquet": "Parquet"}[table.kind]
    parts = [kind, *([table.encoding] if table.encoding else []), *([f"separator: {table.separator}"] if table.separator else [])]
    rows = len(table.rows) + table.left_out
    shape = f"{counted(rows, 'row')} and {counted(len(table.columns), 'column')}"
    return Finding("file", "info", f"{', '.join(parts)}; {shape}.", " ".join(table.notes), count=rows)


def hub(case: Case) -> Finding | None:
    if not case.table.hub:
        return None
    doubtful, what, means = in_words(case.table.hub, len(case.classes))
    return Finding("hub", "warning" if doubtful else "info", what, means, count=case.table.hub["rows"])


def columns(case: Case) -> Finding:
    text, label = case.columns
    others = [name for name in case.table.columns if name not in case.columns]
    unused = f" {counted(len(others), 'other column')} will not be used." if others else ""
    what = f"Texts are read from “{text}”, labels from “{label}”.{unused}"
    better = next((name for name in others if name.casefold() in LABEL_NAMES), "") if label.casefold() not in LABEL_NAMES else ""
    if better:
        told = f"The column “{better[:40]}” is named like one with labels: is it the one you mean?"
        return Finding("columns", "warning", what, told, f"Use “{better[:40]}”", column=better)
    return Finding("columns", "info", what, "Choose others if that is wrong.")


def header(case: Case) -> Finding | None:
    code = "first-line-is-a-row"
    if case.found(code) is None:
        return None
    what = "The first line looks like a row, not like column names."
    words = ("It only names the columns. If the file has no header, use it as a row.", "It names the columns and is a row, too.")
    return remedy(case, code, "warning", what, words)


def too_many_rows(case: Case) -> Finding | None:
    left_out, kept = case.table.left_out, len(case.table.rows)
    if not left_out:
        return None
    what = f"The table has {kept + left_out:,} rows; {kept:,} are allowed here."
    done = f"The first {kept:,} rows are used."
    finding = remedy(case, "first-N-rows", "problem", what, ("Training is refused until you choose.", done))
    return replace(finding, fix_label=f"Use the first {kept:,} rows")


def windows(case: Case) -> Finding | None:
    """Nothing in a file says that it is Windows-1252: what depends on the guess is shown."""
    count = sum(table.foreign for _, table in case.tables)
    if not count:
        return None
    what = f"Read as Windows-1252; {counted(count, 'character depends', 'characters depend')} on that."
    will = "Look at them below. If they are wrong, save the file as UTF-8 and read that."
    examples = [item for part, table in case.tables if table.foreign for item in _foreign(table, part, case.columns[1])]
    return Finding(WINDOWS_1252, "warning", what, will, count=count, examples=examples[:EXAMPLES], applied=True)


def _foreign(table: Table, part: str, label_column: str) -> list[dict]:
    """The first rows that hold such characters, cut to where they stand."""
    label_at, found = table.index(label_column), []
    for number, row in enumerate(table.rows, start=1):
        text = next((cell for cell in row if not cell.isascii()), "")
        if text:
            place = next(index for index, char in enumerate(text) if char > "\x7f")
            start = max(0, place - AROUND)
            shown = "…" * (start > 0) + text[start : place + AROUND] + "…" * (place + AROUND < len(text))
            more = {"part": part} if part else {}
            found.append({"row": number, "line": table.line(number), "text": shown, "label": row[label_at], **more})
            if len(found) == EXAMPLES:
                break
    return found


def malformed(case: Case) -> Finding | None:
    """Lines that somebody had left out, since they would refuse the file."""
    left = [(part, item) for part, table in case.tables for item in table.malformed]
    if not left:
        return None
    count = sum(item["last"] - item["line"] + 1 for _, item in left)
    named = ", ".join(_lines(part, item) for part, item in left[:10]) + ", …" * (len(left) > 10)
    what = f"{counted(count, 'line does', 'lines do')} not fit into the table: {named}."
    done = "It is left out." if count == 1 else "They are left out."
    more = [{"part": part} if part else {} for part, _ in left]
    examples = [
        {"row": None, "line": item["line"], "text": item["text"], "label": "", **extra}
        for (_, item), extra in zip(left[:EXAMPLES], more, strict=False)
    ]
    return Finding(LEAVE_MALFORMED, "warning", what, f"{done} {left[0][1]['why']}", "", "", count, examples, True, True)


def _lines(part: str, item: dict) -> str:
    many = item["last"] > item["line"]
    return f"{'test ' * bool(part)}line{'s' * many} {item['line']:,}" + f" to {item['last']:,}" * many


def formulas(case: Case) -> Finding | None:
    count = sum(row["text"].startswith(FORMULA_STARTS) or row["label"].startswith(FORMULA_STARTS) for row in case.cleaned.rows)
    if not count:
        return None
    what = f"{counted(count, 'row begins', 'rows begin')} with a character that a spreadsheet takes for a formula (= + - @)."
    return Finding("formulas", "info", what, "They are kept as text, and quoted in tables you download.", count=count)
