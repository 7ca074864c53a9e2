"""The data doctor: reads a table before anybody trains on it and says in plain words what it found.

Each finding says what is so, what will be done about it, and, where somebody can decide, carries a remedy (`fix`, a code of
`FIXES`) with the words for its button. What is counted here is what `clean` does: both run the same pass over the rows. Which
findings there are is told in `looks`, by subject.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from genhub.data import encoder_fit
from genhub.data.cleaning import FIXES, Cleaned, clean, tidy
from genhub.data.looks import LOOKS
from genhub.data.looks.case import Case, Context, Finding
from genhub.data.tables import Table
from genhub.errors import UserError
from genhub.settings import LOCAL, Limits

__all__ = ["FIXES", "Cleaned", "Context", "Finding", "Report", "choose_columns", "clean", "examine", "report_on"]

PREVIEW_ROWS = 20


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
    text = text_column or column_of_texts(table, others)
    rest = [name for name in table.columns if name != text]
    last = table.columns[-1]
    label = label_column or (last if last != text else "label" if "label" in rest else rest[-1])
    return text, label


def column_of_texts(table: Table, names: Sequence[str]) -> str:
    """Of these columns `text`, else the one with the longest cells."""
    return "text" if "text" in names else max(names, key=lambda name: _mean_length(table, name))


def _mean_length(table: Table, name: str) -> float:
    place = table.index(name)
    sample = table.rows[:1000]
    return sum(len(row[place]) for row in sample) / max(1, len(sample))


def examine(
    table: Table, text_column: str = "", label_column: str = "", *, context: Context | None = None, fixes: Iterable[str] = ()
) -> Report:
    """The report on a table, with the remedies in `fixes` applied. Raises UserError when there are no two columns to look at."""
    columns, context = choose_columns(table, text_column, label_column), context or Context()
    language = encoder_fit.language(encoder_fit.texts_of(table, columns[0]), encoder_fit.texts_to_look_at(fixes))
    cleaned = tidy(table, columns, fixes, strangers=encoder_fit.unread(language, context.languages))
    return report_on(table, columns, cleaned, context, language)


def used_fixes(table: Table, cleaned: Cleaned) -> list[str]:
    """The remedies that were used, those of reading first: together they give the same rows again."""
    return list(dict.fromkeys([*table.fixes, *(cleaned.test.fixes if cleaned.test else ()), *cleaned.fixes]))


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
    case = Case(table, columns, cleaned, context, limits, lengths, language)
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
        fixes=used_fixes(table, cleaned),
    )
