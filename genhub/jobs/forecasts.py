"""What the last forecast on a table said, kept beside its rows until they change: the queue's waits are reckoned from it."""

import json
from pathlib import Path

from genhub.jobs.folder import write_json
from genhub.options import Config

FILE = "forecast.json"


def remembered(rows: Path, config: Config, cost: dict) -> dict:
    """`cost`, as `text.forecast` measured it, noted beside the rows."""
    write_json(rows.with_name(FILE), {"config": config.to_dict(), "seconds": cost["seconds"]})
    return cost


def seconds(rows: Path, config: Config) -> float | None:
    """What training on these rows with these options was forecast to take; None when nobody asked."""
    file = rows.with_name(FILE)
    if not file.exists() or file.stat().st_mtime_ns < rows.stat().st_mtime_ns:
        return None
    told = json.loads(file.read_text(encoding="utf-8"))
    return told["seconds"] if told["config"] == config.to_dict() else None
