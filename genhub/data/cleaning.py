"""From a table to rows one can train on: what is always left out, what a pressed remedy changes, what forbids training.

One pass counts and changes at once, so that the doctor's words and the rows that a run gets can never disagree:

    read          text without outer blanks, label as it is, number of the row in the user's table
    empty         rows without a text or a label are left out
    first-line-…  the line that was taken for the column names becomes a row, too
    merge-labels  spellings of a label that differ in case or blanks become the most frequent one
    groups        rows with the same text (case, blanks and punctuation aside) share a group; a split never divides one
    leaked        rows of the training table whose text is also in the test table are left out
    drop-…        remedies the user asked for
    judge         what still forbids training, as UserErrors
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from genhub.data.tables import Table, too_many_rows
from genhub.errors import UserError
from genhub.settings import LOCAL, Limits

FIXES = {
    "first-N-rows": "Use the first rows",
    "first-line-is-a-row": "Use it as a row, too",
    "merge-labels": "Merge these labels",
    "drop-duplicates": "Remove the copies",
    "drop-conflicts": "Leave these texts out",
    "drop-rare": "Leave these classes out",
}
LEAST_ROWS = 3  # a class: one each to train, to validate, to test
HEADER_CHARS = 60  # a column name is hardly longer
EXAMPLES = 5
EXAMPLE_CHARS = 300


@dataclass
class Found:
    """Rows that a rule concerns, whether or not something was done about them; `names` are the labels involved.

    examples: {"row", "text", "label"[, "part": "test"]}; lines: where in its file each example of a text file begins, by part.
    """

    count: int = 0
    examples: list[dict] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    lines: dict[str, list[int]] = field(default_factory=dict)

    def add(self, row: dict, line: int = 0) -> None:
        """`line` of the file that the row is in, 0 where a line says nothing."""
        self.count += 1
        if len(self.examples) == EXAMPLES:
            return
        part = {"part": row["part"]} if "part" in row else {}
        self.examples.append({"row": row["row"], "text": row["text"][:EXAMPLE_CHARS], "label": row["label"], **part})
        if line:
            self.lines.setdefault(row.get("part", ""), []).append(line)

    def where(self) -> str:
        """ " (lines 3, 7; line 2 of the test table, …)" for the first few, "" where lines are not known."""
        named = [
            f"line{'s' * (len(lines) > 1)} {', '.join(map(str, lines))}{' of the test table' * (part == 'test')}"
            for part, lines in self.lines.items()
        ]
        return f" ({'; '.join(named)}{', …' * (self.count > len(self.examples))})" if named else ""


@dataclass(frozen=True)
class Cleaned:
    """`rows`: {"text", "label", "row", "group"[, "part": "test"]}; `removed`: rows left out, by code; `problems` by code."""

    rows: list[dict]
    removed: dict[str, int]
    fixes: list[str]
    found: dict[str, Found] = field(default_factory=dict)
    problems: dict[str, UserError] = field(default_factory=dict)

    @property
    def training(self) -> list[dict]:
        return [row for row in self.rows if row.get("part") != "test"]


class _Ignored(dict):
    """Characters that do not tell two texts apart, for str.translate: punctuation of any script is taken for a blank."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = " " if unicodedata.category(char)[0] in "PZ" else char
        return self[code]


_IGNORED = _Ignored()


def text_key(text: str) -> str:
    """What two texts have in common when they count as the same: case, blanks and punctuation aside."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.translate(_IGNORED).split()) or " ".join(folded.split())


def label_key(label: str) -> str:
    return " ".join(label.split()).casefold()


def clean(
    table: Table, text_column: str, label_column: str, fixes: Iterable[str] = (), *, test: Table | None = None, limits: Limits = LOCAL
) -> Cleaned:
    """The rows to train on. Raises the first problem that forbids training as a UserError."""
    cleaned = tidy(table, (text_column, label_column), fixes, test=test, limits=limits)
    if cleaned.problems:
        raise next(iter(cleaned.problems.values()))
    return cleaned


def tidy(
    table: Table, columns: tuple[str, str], fixes: Iterable[str] = (), *, test: Table | None = None, limits: Limits = LOCAL
) -> Cleaned:
    """As `clean`, for `columns` = (text, label), but problems are listed, not raised; what was found is counted by code."""
    fixes = _known(fixes)
    work = _Work(fixes, limits)
    work.read(table, columns)
    work.first_line(table, columns)
    if test is not None:
        check_test(test, columns)
        work.read(test, columns, part="test")
    if table.left_out:
        work.found["first-N-rows"].count = table.left_out
        if "first-N-rows" not in fixes:
            work.problems["first-N-rows"] = too_many_rows(table, limits)
    work.merge_labels()
    work.group()
    if test is not None:
        work.compare_with_test()
    work.duplicates()
    work.conflicts()
    work.rare_classes()
    work.judge()
    return Cleaned(work.rows, dict(work.removed), fixes, dict(work.found), work.problems)


def check_test(test: Table, columns: Iterable[str]) -> None:
    """Raises UserError when a test table lacks one of the columns that are read from the training table."""
    missing = [f"“{name[:40]}”" for name in columns if name not in test.columns]
    if missing:
        shown = ", ".join(f"“{name[:40]}”" for name in test.columns[:20])
        what = f"The test table has no column {' and no column '.join(missing)}."
        remedy = "Give its columns the names of the training table, capitals too, or leave the test table out."
        raise UserError(what, f"Its columns are {shown}.", remedy, "test")


def _known(fixes: Iterable[str]) -> list[str]:
    chosen = list(dict.fromkeys(fixes))
    for code in chosen:
        if code not in FIXES:
            what = f"There is no remedy “{str(code)[:40]}”."
            raise UserError(what, f"Remedies: {', '.join(FIXES)}.", "Choose one of them.", "fixes")
    return chosen


class _Work:
    """The rows on their way through the steps."""

    def __init__(self, fixes: list[str], limits: Limits):
        self.fixes, self.limits = fixes, limits
        self.rows: list[dict] = []
        self.removed: Counter[str] = Counter()
        self.found: dict[str, Found] = defaultdict(Found)
        self.problems: dict[str, UserError] = {}

    def read(self, table: Table, columns: tuple[str, str], part: str = "") -> None:
        text_at, label_at = table.index(columns[0], "text_column"), table.index(columns[1], "label_column")
        if text_at == label_at:
            what = f"“{columns[0][:80]}” is chosen both as text and as label."
            raise UserError(what, "They must be two columns.", "Choose another column for one of them.", "label_column")
        extra = {"part": part} if part else {}
        for number, cells in enumerate(table.rows, start=1):
            row = {"text": cells[text_at].strip(), "label": cells[label_at], "row": number, "group": 0, **extra}
            code = "empty-texts" if not row["text"] else "" if row["label"].strip() else "empty-labels"
            if code:
                self.found[code].add(row, 0 if table.kind == "parquet" else table.lines[number - 1])
                self.removed[code] += 1
            else:
                self.rows.append(row)

    def first_line(self, table: Table, columns: tuple[str, str]) -> None:
        """A file without a header gives its first row away as column names; the remedy makes it row 0."""
        looks_so = len(columns[0]) > HEADER_CHARS or any(row["label"] == columns[1] for row in self.rows)
        if table.kind != "csv" or not (looks_so or "first-line-is-a-row" in self.fixes):
            return
        row = {"text": columns[0], "label": columns[1], "row": 0, "group": 0}
        self.found["first-line-is-a-row"].add(row)
        if "first-line-is-a-row" in self.fixes:
            self.rows.insert(0, row)

    def merge_labels(self) -> None:
        spellings: dict[str, Counter[str]] = defaultdict(Counter)
        for row in self.rows:
            spellings[label_key(row["label"])][row["label"]] += 1
        variants = {key: count for key, count in spellings.items() if len(count) > 1}
        if not variants:
            return
        best = {key: " ".join(count.most_common(1)[0][0].split()) for key, count in variants.items()}
        found = self.found["merge-labels"]
        found.names = ["/".join(f"“{name}”" for name, _ in count.most_common(4)) for count in variants.values()]
        for row in self.rows:
            spelling = best.get(label_key(row["label"]))
            if spelling is not None and row["label"] != spelling:
                found.add(row)
                if "merge-labels" in self.fixes:
                    row["label"] = spelling

    def group(self) -> None:
        groups: dict[str, int] = {}
        for row in self.rows:
            row["group"] = groups.setdefault(text_key(row["text"]), len(groups))

    def compare_with_test(self) -> None:
        """Nothing that the verdict rests on may have been seen, and a label nobody taught cannot be judged."""
        in_test = {row["group"] for row in self.rows if row.get("part") == "test"}
        self._drop("leaked", lambda row: row.get("part") != "test" and row["group"] in in_test)
        taught = {row["label"] for row in self.rows if row.get("part") != "test"}
        self._drop("unknown-labels", lambda row: row["label"] not in taught)
        if not any(row.get("part") == "test" for row in self.rows):
            what = "No row of the test table can be used."
            remedy = "Check its two columns and the spelling of its labels."
            self.problems["no-test-rows"] = UserError(what, "It needs texts with labels of the training table.", remedy, "data")

    def duplicates(self) -> None:
        seen: set[tuple[int, str]] = set()

        def repeats(row: dict) -> bool:
            key = (row["group"], row["label"])
            known = row.get("part") != "test" and key in seen
            seen.add(key)
            return known

        self._drop("drop-duplicates", repeats, always=False)

    def conflicts(self) -> None:
        labels: dict[int, set[str]] = defaultdict(set)
        for row in self.rows:
            if row.get("part") != "test":
                labels[row["group"]].add(row["label"])
        self._drop("drop-conflicts", lambda row: row.get("part") != "test" and len(labels[row["group"]]) > 1, always=False)

    def rare_classes(self) -> None:
        """A class of fewer than three different texts cannot be in training, validation and test."""
        texts: dict[str, set[int]] = defaultdict(set)
        for row in self.rows:
            if row.get("part") != "test":
                texts[row["label"]].add(row["group"])
        rare = {label for label, groups in texts.items() if len(groups) < LEAST_ROWS}
        if not rare:
            return
        self.found["drop-rare"].names = sorted(rare)
        self._drop("drop-rare", lambda row: row["label"] in rare, always=False)
        if "drop-rare" not in self.fixes and len(texts) <= self.limits.classes:
            named = ", ".join(f"“{label[:40]}”" for label in sorted(rare)[:5])
            what = f"{len(rare)} class{'es have' if len(rare) > 1 else ' has'} fewer than {LEAST_ROWS} different texts: {named}."
            limit = f"Each class needs {LEAST_ROWS}, one each to train, to choose the best epoch and to test."
            self.problems["drop-rare"] = UserError(what, limit, "Leave these classes out, or add rows.", "data")

    def judge(self) -> None:
        """Problems of the whole table."""
        labels = Counter(row["label"] for row in self.rows if row.get("part") != "test")
        if not labels:
            what = "No row is left to train on."
            self.problems["no-rows"] = UserError(what, "Rows need a text and a label.", "Check the two columns.", "data")
        elif len(labels) == 1:
            what = f"All rows carry the one label “{next(iter(labels))[:80]}”."
            self.problems["one-class"] = UserError(
                what, "Two classes at least.", "Add rows of another class, or choose another column.", "data"
            )
        elif len(labels) > self.limits.classes:
            what = f"The label column holds {len(labels):,} different labels."
            remedy = "Choose the column with the classes; this one may hold numbers or texts."
            self.problems["too-many-classes"] = UserError(what, f"At most {self.limits.classes} classes.", remedy, "label_column")

    def _drop(self, code: str, concerns: Callable[[dict], bool], always: bool = True) -> None:
        """Count the rows a rule concerns; leave them out when the rule always holds or its remedy was pressed."""
        kept = []
        for row in self.rows:
            if not concerns(row):
                kept.append(row)
                continue
            self.found[code].add(row)
            if always or code in self.fixes:
                self.removed[code] += 1
            else:
                kept.append(row)
        self.rows = kept
