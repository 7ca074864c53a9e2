"""The rows that a rule of `cleaning` concerns, and what cleaning gives back."""

from dataclasses import dataclass, field

from genhub.data.tables import Table
from genhub.errors import UserError

EXAMPLES = 5
EXAMPLE_CHARS = 300


@dataclass
class Found:
    """Rows that a rule concerns, whether or not something was done about them; `names` are the labels or languages involved.

    examples: {"row", "line", "text", "label"[, "part": "test"]}, `line` 0 where a line says nothing; rows: (part, row, why) of all.
    """

    count: int = 0
    examples: list[dict] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    rows: list[tuple[str, int, str]] = field(default_factory=list)

    def add(self, row: dict, line: int = 0, why: str = "") -> None:
        self.count += 1
        self.rows.append((row.get("part", ""), row["row"], why))
        if len(self.examples) < EXAMPLES:
            part = {"part": row["part"]} if "part" in row else {}
            shown = {"row": row["row"], "line": line, "text": row["text"][:EXAMPLE_CHARS], "label": row["label"]}
            self.examples.append({**shown, **part})

    def where(self) -> str:
        """ " (row 2, line 3; test row 1, line 2; …)" for the first few."""
        return f" ({'; '.join([place(item) for item in self.examples] + ['…'] * (self.count > len(self.examples)))})"


def place(item: dict) -> str:
    """Where an example stands: "row 207, line 208", "test row 1, line 2"; a line that became no row has none."""
    row = f"row {item['row']:,}" if item["row"] is not None else ""
    line = f"line {item['line']:,}" if item.get("line") else ""
    return "test " * (item.get("part") == "test") + ", ".join(part for part in (row, line) if part)


@dataclass(frozen=True)
class Cleaned:
    """`rows`: {"text", "label", "row", "group"[, "part": "test"]}; `removed`: rows left out, by code; `problems` by code; `test` is
    the separate test table, if there is one."""

    rows: list[dict]
    removed: dict[str, int]
    fixes: list[str]
    found: dict[str, Found] = field(default_factory=dict)
    problems: dict[str, UserError] = field(default_factory=dict)
    test: Table | None = None

    @property
    def training(self) -> list[dict]:
        return [row for row in self.rows if row.get("part") != "test"]
