"""What the doctor looks at, and the words that every finding is made of."""

from dataclasses import dataclass, field
from pathlib import Path

from genhub.data import encoder_fit
from genhub.data.cleaning import Cleaned
from genhub.data.fixes import FIXES
from genhub.data.found import Found
from genhub.data.tables import Table
from genhub.settings import Limits


@dataclass(frozen=True)
class Context:
    """What the chosen encoder can read: tokens, languages ("*" for many), and where its tokenizer.json lies."""

    max_length: int = 128
    languages: tuple[str, ...] = ("*",)
    tokenizer_file: Path | None = None


@dataclass(frozen=True)
class Finding:
    """One thing found. severity: info, warning or problem (training is refused until it is mended); listed: all its rows can be
    downloaded."""

    code: str
    severity: str
    what: str
    will_do: str = ""
    fix_label: str = ""
    fix: str = ""
    count: int = 0
    examples: list[dict] = field(default_factory=list)
    applied: bool = False
    listed: bool = False
    column: str = ""  # what may be the label column instead


@dataclass(frozen=True)
class Case:
    """What every look looks at."""

    table: Table
    columns: tuple[str, str]
    cleaned: Cleaned
    context: Context
    limits: Limits
    lengths: encoder_fit.Lengths
    language: encoder_fit.Language | None

    @property
    def tables(self) -> list[tuple[str, Table]]:
        """The training table, part "", and the test table if there is one, part "test"."""
        return [("", self.table), *([("test", self.cleaned.test)] if self.cleaned.test else [])]

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


def remedy(case: Case, code: str, severity: str, what: str, words: tuple[str, str], fix: str = "") -> Finding:
    """A finding somebody decides about; `words` say what will be done without and with the remedy, `fix` is its code if that is
    another than the finding's."""
    fix = fix or code
    found, applied = case.cleaned.found[code], case.pressed(fix)
    severity, will_do = ("info", words[1]) if applied else (severity, words[0])
    return Finding(code, severity, what, will_do, FIXES[fix], fix, found.count, found.examples, applied, bool(found.rows))


def left_out(case: Case, code: str, what: str) -> Finding:
    """A finding whose rows are left out whatever anybody decides."""
    found = case.cleaned.found[code]
    done = "It is left out." if found.count == 1 else "They are left out."
    return Finding(code, "warning", what, done, count=found.count, examples=found.examples, listed=True)


def counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
