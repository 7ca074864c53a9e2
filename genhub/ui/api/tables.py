"""Endpoints for scripts: a visitor's token, tables in, the doctor's report."""

from collections.abc import Callable
from dataclasses import asdict

from genhub import gate
from genhub.lab import Lab
from genhub.ui.classify.data import OPTIONS
from genhub.ui.visit import new_visitor as token


def endpoints(lab: Lab) -> list[Callable]:
    def new_visitor() -> str:
        """A token that owns the tables and runs of one script or person. Keep it; without it nothing is found again."""
        return token()

    def read_sample(visitor: str, sample: str, counterexamples: bool = False) -> dict:
        """Read a bundled table (support, reviews, messy, shortcut), with the rows that break its short cut if wanted."""
        return asdict(lab.take_sample(visitor, sample, counterexamples is True))

    def read_text(
        visitor: str,
        rows: str,
        fixes: list[str] = [],  # noqa: B006 - never changed
    ) -> dict:
        """Read pasted rows with a header line. `fixes` may hold leave-malformed-lines. Returns id, name, columns, rows."""
        return asdict(lab.take_pasted(visitor, rows, fixes))

    def read_hub_dataset(visitor: str, dataset: str, config: str = "", split: str = "train") -> dict:
        """Stream a split of a data set on the Hub; of one beyond the limits a part is drawn. Returns id, name, columns, rows, hub (revision, cut)."""
        return asdict(lab.take_hub(visitor, dataset, config, split))

    def examine_table(
        visitor: str,
        table: str,
        text_column: str = "",
        label_column: str = "",
        fixes: list[str] = [],  # noqa: B006 - never changed
        options: dict = {},  # noqa: B006 - never changed
    ) -> dict:
        """The data doctor's report: columns, class counts, findings with the codes of their fixes, the split. Options are those of
        training; of these, model, max_length, seed, folds, test_share and validation_share bear on the report."""
        config = gate.config("classify", options)
        chosen = {name: getattr(config, name) for name in OPTIONS if name in options and getattr(config, name) is not None}
        return lab.examine(visitor, table, (text_column, label_column), fixes, chosen)

    def drop_test_table(visitor: str, table: str) -> str:
        """Take the separate test table away again; the table must then be examined anew. Returns the table's id."""
        lab.drop_test(visitor, table)
        return table

    return [new_visitor, read_sample, read_text, read_hub_dataset, examine_table, drop_test_table]
