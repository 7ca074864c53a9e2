"""From a table to rows one can train on: what is always left out, what a pressed remedy changes, what forbids training.

One pass counts and changes at once, so that the doctor's words and the rows that a run gets can never disagree:

    read          text without outer blanks, label as it is, number of the row in the user's table
    empty         rows without a text or a label are left out
    first-line-…  the line that was taken for the column names becomes a row, too
    merge-labels  spellings of a label that differ in case or blanks become the most frequent one
    groups        rows with the same text (case, blanks and punctuation aside) share a group; a split never divides one
    leaked        rows of the training table whose text is also in the test table are left out
    drop-…        remedies the user asked for; those of reading (`fixes.READING`) have been used before
    judge         what still forbids training, as UserErrors
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping

from genhub.data import fixes as remedies
from genhub.data.fixes import FIXES
from genhub.data.found import Cleaned, Found
from genhub.data.languages import called
from genhub.data.tables import Table, too_many_rows
from genhub.errors import UserError
from genhub.settings import LOCAL, Limits

__all__ = ["FIXES", "Cleaned", "Found", "check_test", "clean", "label_key", "text_key", "tidy"]

LEAST_ROWS = 3  # a class: one each to train, to validate, to test
FEW_ROWS = 10  # a class below this has at most one or two test rows a fold
HEADER_CHARS = 60  # a column name is hardly longer


class _Ignored(dict):
    """Characters that do not tell two texts apart, for str.translate: punctuation of any script is taken for a blank."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = " " if unicodedata.category(char)[0] in "PZ" else char
        return self[code]


_IGNORED = _Ignored()
_JOINTS = re.compile(r"(?<=[^\W_])[\s_-]+(?=[^\W_])")


def text_key(text: str) -> str:
    """What two texts have in common when they count as the same: case, blanks and punctuation aside."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.translate(_IGNORED).split()) or " ".join(folded.split())


def label_key(label: str) -> str:
    """What the spellings of a label have in common: case, blanks, and hyphens or underscores between its words aside ("-1" is not "1")."""
    return " ".join(_JOINTS.sub(" ", label).split()).casefold()


def clean(
    table: Table, text_column: str, label_column: str, fixes: Iterable[str] = (), *, test: Table | None = None, limits: Limits = LOCAL
) -> Cleaned:
    """The rows to train on. Raises the first problem that forbids training as a UserError."""
    cleaned = tidy(table, (text_column, label_column), fixes, test=test, limits=limits)
    if cleaned.problems:
        raise next(iter(cleaned.problems.values()))
    return cleaned


def tidy(
    table: Table,
    columns: tuple[str, str],
    fixes: Iterable[str] = (),
    *,
    test: Table | None = None,
    limits: Limits = LOCAL,
    strangers: Mapping[int, str] | None = None,
) -> Cleaned:
    """As `clean`, for `columns` = (text, label), but problems are listed, not raised; what was found is counted by code.

    strangers: rows of the training table in languages that the encoder does not read, with the code of the language."""
    fixes = [code for code in remedies.known(fixes) if code not in remedies.READING]
    work = _Work(fixes, limits, {"": table, "test": test})
    work.read(table, columns)
    work.first_line(table, columns)
    if test is not None:
        check_test(test, columns)
        work.read(test, columns, part="test")
    if table.left_out:
        work.found["first-N-rows"].count = table.left_out
        if "first-N-rows" not in fixes:
            work.problems["first-N-rows"] = too_many_rows(table, limits)
            work.problems["first-N-rows"].fix = "first-N-rows"
    work.merge_labels()
    work.group()
    if test is not None:
        work.compare_with_test()
    work.duplicates()
    work.conflicts()
    work.other_languages(strangers or {})
    work.rare_classes()
    work.few_rows()
    work.judge()
    return Cleaned(work.rows, dict(work.removed), fixes, dict(work.found), work.problems, test)


def check_test(test: Table, columns: Iterable[str]) -> None:
    """Raises UserError when a test table lacks one of the columns that are read from the training table."""
    missing = [f"“{name[:40]}”" for name in columns if name not in test.columns]
    if missing:
        shown = ", ".join(f"“{name[:40]}”" for name in test.columns[:20])
        what = f"The test table has no column {' and no column '.join(missing)}."
        remedy = "Give its columns the names of the training table, capitals too, or leave the test table out."
        raise UserError(what, f"Its columns are {shown}.", remedy, "test")


class _Work:
    """The rows on their way through the steps."""

    def __init__(self, fixes: list[str], limits: Limits, tables: dict[str, Table | None]):
        self.fixes, self.limits, self.tables = fixes, limits, tables
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
                self._note(code, row, "it has no text" if code == "empty-texts" else "it has no label")
                self.removed[code] += 1
            else:
                self.rows.append(row)

    def first_line(self, table: Table, columns: tuple[str, str]) -> None:
        """A file without a header gives its first row away as column names; the remedy makes it row 0."""
        looks_so = len(columns[0]) > HEADER_CHARS or any(row["label"] == columns[1] for row in self.rows)
        if table.kind != "csv" or not (looks_so or "first-line-is-a-row" in self.fixes):
            return
        row = {"text": columns[0], "label": columns[1], "row": 0, "group": 0}
        self._note("first-line-is-a-row", row, "it names the columns")
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
                self._note("merge-labels", row, f"the label is mostly spelt “{spelling}”")
                if "merge-labels" in self.fixes:
                    row["label"] = spelling

    def group(self) -> None:
        groups: dict[str, int] = {}
        for row in self.rows:
            row["group"] = groups.setdefault(text_key(row["text"]), len(groups))

    def compare_with_test(self) -> None:
        """Nothing that the verdict rests on may have been seen, and a label nobody taught cannot be judged."""
        in_test = {row["group"] for row in self.rows if row.get("part") == "test"}
        seen = "its text is also in the test table"
        self._drop("leaked", lambda row: seen * (row.get("part") != "test" and row["group"] in in_test))
        taught = {row["label"] for row in self.rows if row.get("part") != "test"}
        self._drop("unknown-labels", lambda row: "the training table does not have its label" * (row["label"] not in taught))
        if not any(row.get("part") == "test" for row in self.rows):
            what = "No row of the test table can be used."
            remedy = "Check its two columns and the spelling of its labels."
            self.problems["no-test-rows"] = UserError(what, "It needs texts with labels of the training table.", remedy, "data")

    def duplicates(self) -> None:
        seen: dict[tuple[int, str], dict] = {}

        def repeats(row: dict) -> str:
            first = seen.setdefault((row["group"], row["label"]), row)
            return f"it repeats row {first['row']}" * (row.get("part") != "test" and first is not row)

        self._drop("drop-duplicates", repeats, "drop-duplicates")

    def conflicts(self) -> None:
        labels: dict[int, dict[str, int]] = defaultdict(dict)
        for row in self.rows:
            if row.get("part") != "test":
                labels[row["group"]].setdefault(row["label"], row["row"])

        def contradicted(row: dict) -> str:
            others = [(label, number) for label, number in labels[row["group"]].items() if label != row["label"]]
            if row.get("part") == "test" or not others:
                return ""
            return "its text also stands under " + ", ".join(f"“{label}” (row {number})" for label, number in others[:3])

        self._drop("drop-conflicts", contradicted, "drop-conflicts")

    def other_languages(self, strangers: Mapping[int, str]) -> None:
        """Single texts in a language that neither the table nor the encoder has."""

        def strange(row: dict) -> str:
            code = strangers.get(row["row"]) if row.get("part") != "test" else None
            return f"it looks like {called(code)}" if code else ""

        if strangers:
            self.found["other-languages"].names = sorted({called(strangers[row["row"]]) for row in self.rows if strange(row)})
            self._drop("other-languages", strange, "drop-other-languages")

    def rare_classes(self) -> None:
        """A class of fewer than three different texts cannot be in training, validation and test."""
        texts = self._texts()
        rare = self._rare(texts)
        if not rare:
            return
        self.found["drop-rare"].names = sorted(rare)
        few = f"its class has fewer than {LEAST_ROWS} different texts"
        self._drop("drop-rare", lambda row: few * (row["label"] in rare), "drop-rare")
        if "drop-rare" not in self.fixes and len(texts) <= self.limits.classes:
            named = ", ".join(f"“{label[:40]}”" for label in sorted(rare)[:5])
            what = f"{len(rare)} class{'es have' if len(rare) > 1 else ' has'} fewer than {LEAST_ROWS} different texts: {named}."
            limit = f"Each class needs {LEAST_ROWS}, one each to train, to choose the best epoch and to test."
            large = {label_key(row["label"]) for row in self.rows if row["label"] not in rare}
            spelt = all(label_key(label) in large for label in rare)  # merged, they are rare no more
            remedy = "They are other spellings of larger ones: merge them." if spelt else "Leave these classes out, or add rows."
            self.problems["drop-rare"] = UserError(what, limit, remedy, "data", "merge-labels" if spelt else "drop-rare")

    def few_rows(self) -> None:
        """Classes that can be trained on, but whose figures will say little."""
        counts = Counter(row["label"] for row in self.rows if row.get("part") != "test")
        few = {label for label, count in counts.items() if LEAST_ROWS <= count < FEW_ROWS} - self._rare(self._texts())
        if few:
            self.found["few-rows"].names = [f"“{label[:40]}” ({count})" for label, count in counts.most_common() if label in few]
            small = f"its class has fewer than {FEW_ROWS} rows"
            self._drop("few-rows", lambda row: small * (row["label"] in few), "drop-few")

    def _texts(self) -> dict[str, set[int]]:
        """The different texts of each class."""
        texts: dict[str, set[int]] = defaultdict(set)
        for row in self.rows:
            if row.get("part") != "test":
                texts[row["label"]].add(row["group"])
        return texts

    @staticmethod
    def _rare(texts: dict[str, set[int]]) -> set[str]:
        return {label for label, groups in texts.items() if len(groups) < LEAST_ROWS}

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

    def _drop(self, code: str, concerns: Callable[[dict], str], fix: str = "") -> None:
        """Count the rows of which a rule says why it concerns them; leave them out when it always holds or its remedy was pressed."""
        kept = []
        for row in self.rows:
            why = concerns(row)
            if why:
                self._note(code, row, why)
            if why and (not fix or fix in self.fixes):
                self.removed[fix or code] += 1
            else:
                kept.append(row)
        self.rows = kept

    def _note(self, code: str, row: dict, why: str) -> None:
        self.found[code].add(row, self.tables[row.get("part", "")].line(row["row"]), why)
