"""The data doctor: reads a table before anybody trains on it and says in plain words what it found.

Each finding says what is so, what will be done about it, and, where somebody can decide, carries a remedy (`fix`, a code of
`FIXES`) with the words for its button. What is counted here is what `clean` does: both run the same pass over the rows.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from genhub.data import encoder_fit, streamed
from genhub.data.cleaning import FIXES, LEAST_ROWS, Cleaned, Found, clean, tidy
from genhub.data.tables import FORMULA_STARTS, Table
from genhub.errors import UserError
from genhub.settings import LOCAL, Limits

__all__ = ["FIXES", "Cleaned", "Context", "Finding", "Report", "choose_columns", "clean", "examine", "report_on"]

PREVIEW_ROWS = 20
FEW_ROWS = 10  # a class below this has at most one or two test rows a fold
IMBALANCE = 10  # the largest class has this many times the rows of the smallest


@dataclass(frozen=True)
class Context:
    """What the chosen encoder can read: tokens, languages ("*" for many), and where its tokenizer.json lies."""

    max_length: int = 128
    languages: tuple[str, ...] = ("*",)
    tokenizer_file: Path | None = None


@dataclass(frozen=True)
class Finding:
    """One thing found. severity: info, warning or problem (training is refused until it is mended)."""

    code: str
    severity: str
    what: str
    will_do: str = ""
    fix_label: str = ""
    fix: str = ""
    count: int = 0
    examples: list[dict] = field(default_factory=list)
    applied: bool = False


@dataclass(frozen=True)
class Report:
    """`rows` counts those kept, `table_rows` those of the file; `classes` is rows a label, most frequent first."""

    columns: list[str]
    text_column: str
    label_column: str
    rows: int
    table_rows: int
    test_rows: int
    classes: dict[str, int]
    encoding: str
    separator: str
    kind: str
    findings: list[Finding]
    preview: list[dict]
    lengths: dict
    language: str
    removed: dict[str, int]
    fixes: list[str]

    @property
    def ready(self) -> bool:
        return not any(finding.severity == "problem" for finding in self.findings)

    def to_dict(self) -> dict:
        return {**asdict(self), "ready": self.ready}


def choose_columns(table: Table, text_column: str = "", label_column: str = "") -> tuple[str, str]:
    """The two columns: as named, else `text` or the one with the longest cells, and the last one (if that is the text: `label`,
    or the last other one). Raises UserError for a name that does not exist or a table of one column."""
    for name, which in ((text_column, "text_column"), (label_column, "label_column")):
        if name:
            table.index(name, which)
    if len(table.columns) < 2:
        what = f"The table has one column, “{table.columns[0][:80]}”."
        raise UserError(what, "Training needs a column with texts and one with labels.", "Check the separator, or add the labels.", "data")
    others = [name for name in table.columns if name != label_column]
    text = text_column or ("text" if "text" in others else max(others, key=lambda name: _mean_length(table, name)))
    rest = [name for name in table.columns if name != text]
    last = table.columns[-1]
    label = label_column or (last if last != text else "label" if "label" in rest else rest[-1])
    return text, label


def _mean_length(table: Table, name: str) -> float:
    place = table.index(name)
    sample = table.rows[:1000]
    return sum(len(row[place]) for row in sample) / max(1, len(sample))


def examine(
    table: Table, text_column: str = "", label_column: str = "", *, context: Context | None = None, fixes: Iterable[str] = ()
) -> Report:
    """The report on a table, with the remedies in `fixes` applied. Raises UserError when there are no two columns to look at."""
    columns = choose_columns(table, text_column, label_column)
    cleaned = tidy(table, columns, fixes)
    language = encoder_fit.language(cleaned.training)
    return report_on(table, columns, cleaned, context or Context(), language)


def report_on(
    table: Table,
    columns: tuple[str, str],
    cleaned: Cleaned,
    context: Context,
    language: encoder_fit.Language | None,
    limits: Limits = LOCAL,
) -> Report:
    """The report on a table that was tidied: `cleaned` is what `tidy` made of it, `language` what its texts are written in."""
    training = cleaned.training
    lengths = encoder_fit.lengths([row["text"] for row in training], context.tokenizer_file, context.max_length)
    case = _Case(table, columns, cleaned, context, limits, lengths, language)
    findings = [finding for look in LOOKS if (finding := look(case)) is not None]
    order = {"problem": 0, "warning": 1, "info": 2}
    return Report(
        columns=list(table.columns),
        text_column=columns[0],
        label_column=columns[1],
        rows=len(training),
        table_rows=len(table.rows) + table.left_out + ("first-line-is-a-row" in cleaned.fixes and table.kind == "csv"),
        test_rows=len(cleaned.rows) - len(training),
        classes=case.classes,
        encoding=table.encoding,
        separator=table.separator,
        kind=table.kind,
        # spellings first: merging them keeps the rows that leaving rare classes out would lose
        findings=sorted(
            findings, key=lambda finding: 0 if finding.code == "merge-labels" and not finding.applied else order[finding.severity]
        ),
        preview=[{"row": row["row"], "text": row["text"], "label": row["label"]} for row in training[:PREVIEW_ROWS]],
        lengths=asdict(lengths),
        language=language.code if language else "",
        removed=cleaned.removed,
        fixes=cleaned.fixes,
    )


@dataclass(frozen=True)
class _Case:
    """What the looks below look at."""

    table: Table
    columns: tuple[str, str]
    cleaned: Cleaned
    context: Context
    limits: Limits
    lengths: encoder_fit.Lengths
    language: encoder_fit.Language | None

    @property
    def classes(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for row in self.cleaned.training:
            counts[row["label"]] = counts.get(row["label"], 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def found(self, code: str) -> Found | None:
        """What a rule of `cleaning` concerns, None when nothing."""
        found = self.cleaned.found.get(code)
        return found if found and found.count else None

    def pressed(self, code: str) -> bool:
        return code in self.cleaned.fixes


# --- looks: each gives one finding or None --------------------------------------------------------------------------


def _file(case: _Case) -> Finding:
    table = case.table
    kind = {"csv": "Separated values", "jsonl": "JSON lines", "parquet": "Parquet"}[table.kind]
    parts = [kind, *([table.encoding] if table.encoding else []), *([f"separator: {table.separator}"] if table.separator else [])]
    rows = len(table.rows) + table.left_out
    shape = f"{_n(rows, 'row')} and {_n(len(table.columns), 'column')}"
    return Finding("file", "info", f"{', '.join(parts)}; {shape}.", " ".join(table.notes), count=rows)


def _streamed(case: _Case) -> Finding | None:
    if not case.table.hub:
        return None
    doubtful, what, means = streamed.in_words(case.table.hub, len(case.classes))
    return Finding("hub", "warning" if doubtful else "info", what, means, count=case.table.hub["rows"])


def _columns(case: _Case) -> Finding:
    text, label = case.columns
    others = len(case.table.columns) - 2
    unused = f" {_n(others, 'other column')} will not be used." if others else ""
    return Finding("columns", "info", f"Texts are read from “{text}”, labels from “{label}”.{unused}", "Choose others if that is wrong.")


def _header(case: _Case) -> Finding | None:
    code = "first-line-is-a-row"
    if case.found(code) is None:
        return None
    what = "The first line looks like a row, not like column names."
    words = ("It only names the columns. If the file has no header, use it as a row.", "It names the columns and is a row, too.")
    return _remedy(case, code, "warning", what, words, FIXES[code])


def _too_many_rows(case: _Case) -> Finding | None:
    left_out, kept = case.table.left_out, len(case.table.rows)
    if not left_out:
        return None
    what = f"The table has {kept + left_out:,} rows; {kept:,} are allowed here."
    done = f"The first {kept:,} rows are used."
    return _remedy(case, "first-N-rows", "problem", what, ("Training is refused until you choose.", done), f"Use the first {kept:,} rows")


def _empty_texts(case: _Case) -> Finding | None:
    found = case.found("empty-texts")
    return found and _left_out(case, "empty-texts", f"{_n(found.count, 'row')} without a text{found.where()}.")


def _empty_labels(case: _Case) -> Finding | None:
    found = case.found("empty-labels")
    return found and _left_out(case, "empty-labels", f"{_n(found.count, 'row')} without a label{found.where()}.")


def _variants(case: _Case) -> Finding | None:
    found = case.found("merge-labels")
    if found is None:
        return None
    what = f"Labels that differ only in case or blanks: {', '.join(found.names[:4])}{', …' if len(found.names) > 4 else ''}."
    will = "Each spelling stays a class of its own unless you merge them."
    done = f"Merged into the most frequent spelling, in {_n(found.count, 'row')}."
    return _remedy(case, "merge-labels", "warning", what, (will, done), FIXES["merge-labels"])


def _duplicates(case: _Case) -> Finding | None:
    found = case.found("drop-duplicates")
    if found is None:
        return None
    what = f"{_n(found.count, 'row repeats', 'rows repeat')} an earlier row (case, blanks and punctuation aside)."
    will = "Copies stay together, so that none is in training and test at once."
    done = f"{_n(found.count, 'copy is', 'copies are')} left out; the first of each stays."
    return _remedy(
        case, "drop-duplicates", "warning", what, (will, done), f"Remove {found.count:,} copies" if found.count > 1 else "Remove it"
    )


def _conflicts(case: _Case) -> Finding | None:
    found = case.found("drop-conflicts")
    if found is None:
        return None
    what = f"{_n(found.count, 'row has', 'rows have')} a text that also stands under another label."
    will = "They are kept, always in the same part; the model cannot get all of them right."
    return _remedy(case, "drop-conflicts", "warning", what, (will, "These rows are left out."), FIXES["drop-conflicts"])


def _leaked(case: _Case) -> Finding | None:
    found = case.found("leaked")
    return found and _left_out(case, "leaked", f"{_n(found.count, 'training row')} with a text of the test table.")


def _unknown_labels(case: _Case) -> Finding | None:
    found = case.found("unknown-labels")
    return found and _left_out(case, "unknown-labels", f"{_n(found.count, 'test row')} with a label that the training table does not have.")


def _rare(case: _Case) -> Finding | None:
    found = case.found("drop-rare")
    if found is None or len(case.classes) > case.limits.classes:
        return None
    named = ", ".join(f"“{name[:40]}”" for name in found.names[:5]) + (", …" if len(found.names) > 5 else "")
    what = f"{_n(len(found.names), 'class has', 'classes have')} fewer than {LEAST_ROWS} different texts: {named}."
    will = "Training is refused: such a class cannot be taught and tested. Add rows, or leave it out."
    done = f"{_n(found.count, 'row')} of {_n(len(found.names), 'class', 'classes')} left out."
    return _remedy(case, "drop-rare", "problem", what, (will, done), FIXES["drop-rare"])


def _not_trainable(case: _Case) -> Finding | None:
    """What forbids training and no remedy mends: one class, too many classes, nothing left."""
    for code, problem in case.cleaned.problems.items():
        if code not in FIXES:
            return Finding(code, "problem", f"{problem.what} {problem.limit}", problem.remedy)
    return None


def _few(case: _Case) -> Finding | None:
    few = {name: count for name, count in case.classes.items() if LEAST_ROWS <= count < FEW_ROWS}
    if not few or len(case.classes) > case.limits.classes:
        return None
    named = ", ".join(f"“{name[:40]}” ({count})" for name, count in list(few.items())[-5:])
    what = f"{_n(len(few), 'class has', 'classes have')} fewer than {FEW_ROWS} rows: {named}."
    return Finding("few-rows", "warning", what, "They are used; their figures in the verdict will be uncertain.", count=len(few))


def _imbalance(case: _Case) -> Finding | None:
    counts = list(case.classes.values())
    if len(counts) < 2 or counts[0] < IMBALANCE * counts[-1] or len(counts) > case.limits.classes:
        return None
    names = list(case.classes)
    what = f"“{names[0][:40]}” has {counts[0]:,} rows, “{names[-1][:40]}” {counts[-1]:,}."
    return Finding("imbalance", "warning", what, "Look at macro F1 beside accuracy; balanced class weights may help.")


def _long(case: _Case) -> Finding | None:
    lengths = case.lengths
    if not lengths.over:
        return None
    about = "At least " if lengths.unit == "words" else "About " if lengths.estimated else ""
    what = f"{about}{_n(lengths.over, 'text is', 'texts are')} longer than the {lengths.max_length} tokens the encoder reads."
    will = f"The rest of them is cut off. The longest has {lengths.longest:,} {lengths.unit}; raise Max length to read more, slower."
    return Finding("long-texts", "warning", what, will, count=lengths.over)


def _not_measured(case: _Case) -> Finding | None:
    if case.lengths.unit != "words":
        return None
    what = "Lengths are counted in words: the encoder, and with it its tokenizer, is not on this machine yet."
    return Finding("words", "info", what, f"A word is a token or more. The longest text has {_n(case.lengths.longest, 'word')}.")


def _language(case: _Case) -> Finding | None:
    language, trained = case.language, case.context.languages
    if language is None:
        return None
    if "*" in trained or language.code in trained:
        return Finding("language", "info", f"The texts look like {language.name}.")
    what = f"The texts look like {language.name} ({language.share:.0%} of a sample); this encoder was trained on {_languages(trained)}."
    will = "Training goes ahead and will be weaker; a multilingual encoder is in the list of models."
    return Finding("language", "warning", what, will)


def _strangers(case: _Case) -> Finding | None:
    """Single texts in a language that neither the table nor the encoder has."""
    language, trained = case.language, case.context.languages
    if language is None or "*" in trained or language.code not in trained:
        return None
    codes = {row: code for row, code in language.strangers if code not in trained}
    found = Found()
    for row in case.cleaned.training:
        if row["row"] in codes:
            found.add(row)
    if not found.count:
        return None
    named = ", ".join(sorted({encoder_fit.language_name(code) for code in codes.values()}))
    what = (
        f"{_n(found.count, 'text looks', 'texts look')} like another language ({named}); this encoder was trained on {_languages(trained)}."
    )
    return Finding(
        "other-languages", "warning", what, "They are kept; expect mistakes in them.", count=found.count, examples=found.examples
    )


def _formulas(case: _Case) -> Finding | None:
    count = sum(row["text"].startswith(FORMULA_STARTS) or row["label"].startswith(FORMULA_STARTS) for row in case.cleaned.rows)
    if not count:
        return None
    what = f"{_n(count, 'row begins', 'rows begin')} with a character that a spreadsheet takes for a formula (= + - @)."
    return Finding("formulas", "info", what, "They are kept as text, and quoted in tables you download.", count=count)


def _classes(case: _Case) -> Finding | None:
    counts = case.classes
    if len(counts) < 2 or len(counts) > case.limits.classes:
        return None
    smallest, largest = min(counts.values()), max(counts.values())
    what = f"{_n(sum(counts.values()), 'row')} in {len(counts)} classes, {smallest:,} to {largest:,} rows each."
    return Finding("classes", "info", what, count=len(counts))


LOOKS = (
    *(_too_many_rows, _not_trainable, _header, _variants, _rare, _empty_texts, _empty_labels, _duplicates, _conflicts),
    *(_leaked, _unknown_labels, _few, _imbalance, _long, _language, _strangers, _streamed),
    *(_file, _columns, _classes, _not_measured, _formulas),
)


# --- words ----------------------------------------------------------------------------------------------------------


def _remedy(case: _Case, code: str, severity: str, what: str, words: tuple[str, str], label: str) -> Finding:
    """A finding somebody decides about; `words` say what will be done without and with the remedy."""
    found, applied = case.cleaned.found[code], case.pressed(code)
    will_do = words[1] if applied else words[0]
    return Finding(code, "info" if applied else severity, what, will_do, label, code, found.count, found.examples, applied)


def _left_out(case: _Case, code: str, what: str) -> Finding:
    found = case.cleaned.found[code]
    return Finding(code, "warning", what, "Left out." if found.count == 1 else "They are left out.", "", "", found.count, found.examples)


def _languages(codes: tuple[str, ...]) -> str:
    return " and ".join(encoder_fit.language_name(code) for code in codes)


def _n(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
