"""Lines that do not fit into their table: one refuses the file, until somebody has a few of them left out.

More than a few mean that something else is wrong, mostly the separator; then the file stays refused.
"""

from genhub.data.fixes import LEAVE_MALFORMED
from genhub.errors import UserError

SHARE, FEW = 0.05, 20  # of the lines, or so many, may be left out; and never more than half of them
SHOWN_CHARS = 300
KEPT = 100_000  # places that are remembered


class Malformed:
    """The lines found so far; `left` says of each record its first and last line and what is wrong with it."""

    def __init__(self, leave: bool):
        self.leave, self.count = leave, 0
        self.first: UserError | None = None
        self.left: list[dict] = []

    def add(self, line: int, last: int, problem: UserError) -> None:
        self.first = self.first or problem
        self.count += last - line + 1
        if len(self.left) < KEPT:
            self.left.append({"line": line, "last": last, "why": problem.what})

    def settle(self, sound: int, text: str, cause: str) -> list[dict]:
        """What is left out, with the beginning of each `text`, beside so many sound lines. Raises UserError while nobody has asked
        for it, or when it is too much; then `cause` says what else may be wrong."""
        if self.first is None:
            return []
        total = sound + self.count
        allowed = min(max(FEW, int(SHARE * total)), total // 2)
        if self.leave and self.count > allowed:
            what = f"{self.count:,} of {total:,} lines do not fit. {self.first.what}"
            limit = f"At most {allowed:,} of them may be left out: {SHARE:.0%} of the lines or {FEW}, and never more than half."
            raise UserError(what, limit, cause, "data")
        if not self.leave:
            self.first.fix = LEAVE_MALFORMED if self.count <= allowed else ""
            raise self.first
        lines = text.split("\n")
        return [{**item, "text": "\n".join(lines[item["line"] - 1 : item["last"]])[:SHOWN_CHARS]} for item in self.left]
