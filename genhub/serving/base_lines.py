"""The baselines of a run, for texts that somebody types: what would the most frequent label, and TF-IDF, have said?

TF-IDF is fitted on the rows that the run's own model learnt from, so that both stand on the same ground: those of its
split, drawn again from data/train.jsonl. A folder without rows has none, with one exception: where cross-validation
judged every row, predictions.jsonl holds them all, and the model was then trained on all of them.
"""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genhub.jobs.folder import RunFolder
from genhub.serving.store import Store
from genhub.text import baselines, material, verdict
from genhub.training.configs import ClassifyConfig

MOST_ROWS = 20_000
MOST_CHARACTERS = 4_000_000  # counting their words takes two seconds, the longest single step


@dataclass(frozen=True)
class Fitted:
    """`model`, fitted on `rows` rows."""

    model: baselines.Tfidf
    rows: int


def majority(folder: Path) -> dict | None:
    """{"label": the one that was most frequent when the run was judged}, or None for a run without figures."""
    run = RunFolder(folder)
    return {"label": run.read("metrics.json")["baselines"]["majority"]["label"]} if run.has("metrics.json") else None


def tfidf(store: Store, folder: Path) -> Generator[None, None, Fitted | None]:
    """The fitted baseline, from `store` where it is kept; None where the rows are not known. Fitting goes in steps."""
    key, stamp, made = ("tfidf", str(folder)), _stamp(folder), None
    if not store.has(key, stamp):
        rows = _sample(learnt_rows(RunFolder(folder)))
        if not rows:
            return None
        yield
        made = Fitted((yield from baselines.fitting(*zip(*rows, strict=True))), len(rows))
    return store.get(key, stamp, lambda: (made, made.model.bytes()))


def learnt_rows(run: RunFolder) -> list[tuple[str, str]]:
    """(text, label) of the rows that the model in the folder learnt from; empty where they are not known."""
    metrics = run.read("metrics.json") if run.has("metrics.json") else {}
    judged = metrics.get("folds", 0)
    planned = metrics.get("split", {}).get("folds") or judged
    if run.rows.exists():
        rows = material.read_rows(run.rows)
        parts, _ = material.plan_parts(ClassifyConfig.from_dict(run.job()["config"]), rows)
        part = parts[judged - 1] if judged < planned else parts[-1]  # stopped in a fold, whose model was then kept
        rows = [rows[place] for place in sorted(part.split.train + part.split.validation)]
    elif judged and judged == planned and not metrics["stopped"]:
        rows = verdict.read_predictions(run.path)
    else:
        rows = []
    return [(row["text"], row["label"]) for row in rows]


def _stamp(folder: Path) -> tuple:
    """Changes with anything that decides which rows were learnt from."""
    files = [folder / name for name in ("data/train.jsonl", "predictions.jsonl", "metrics.json")]
    return tuple((path.stat().st_mtime_ns, path.stat().st_size) if path.exists() else None for path in files)


def _sample(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A random part of very many or very long rows, the same each time."""
    order = np.random.default_rng(0).permutation(len(rows))[:MOST_ROWS]
    characters = np.cumsum([len(rows[place][0]) for place in order])
    return [rows[place] for place in sorted(order[: int(np.searchsorted(characters, MOST_CHARACTERS, side="right"))])]
