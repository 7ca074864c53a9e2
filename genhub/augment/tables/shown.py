"""A table evened out and looked at, or laid out to be measured on, in one-shot children, JSON in, JSON out."""

from pathlib import Path

import numpy as np

from genhub.augment.packing import card_of, write_table
from genhub.augment.tables import code, columns, saved
from genhub.augment.tables.columns import Rows
from genhub.augment.tables.resample import Resampled, check_columns, resample
from genhub.augment.tables.table import ResampleConfig
from genhub.data import intake, tables
from genhub.errors import UserError

OLD, NEW = 1_200, 400  # points of a scatter, at most
PCA = ("first component", "second component")


def resampled(args: dict) -> dict:
    """{"folder", "label", "categorical": names or None, "fixes", "config", "axes": names, "out"} → {"label", "columns", "categorical", "numeric",
    "rows", "made", "left_out", "before", "after", "notes", "scatter": see `scatter`, None without a column of numbers}; writes a CSV."""
    table, config = intake.load(Path(args["folder"])), ResampleConfig.from_dict(args["config"])
    rows = columns.of(table, args["label"] or table.columns[-1], args["categorical"], args["fixes"])
    made = resample(rows, config)
    about = {"name": args.get("name") or rows.target, "made": made.made, "added": saved.ADDED}
    out, kind = Path(args["out"]), args.get("kind") or "csv"
    card = card_of(about, f"made in GenHub by {config.method}; options {config.to_dict()}", "" if kind == "datasets" else out.name)
    write_table(out, kind, saved.columns(rows), saved.lines(rows, made, config.method), card)
    return {
        "label": rows.target,
        "columns": list(rows.names),
        "categorical": [rows.names[place] for place in rows.categorical],
        "numeric": [rows.names[place] for place in rows.numeric],
        "rows": len(rows),
        "made": made.made,
        "left_out": len(rows) - len(made.kept),
        "before": rows.counts(),
        "after": made.rows.counts(),
        "notes": made.notes,
        "scatter": scatter(rows, made, args["axes"]) if rows.numeric else None,
    }


def prepared(args: dict) -> dict:
    """{"folder", "label", "categorical", "fixes", "methods": that must suit the columns, "out"} → {"label", "categorical": names, "mended": the
    fixes}; writes the mended rows, a JSON object of texts a line."""
    table = intake.load(Path(args["folder"]))
    rows = columns.of(table, args["label"] or table.columns[-1], args["categorical"], args["fixes"])
    for method in args["methods"]:
        check_columns(rows, method)
    names = [*rows.names, rows.target]
    lines = (
        {name: str(value) for name, value in zip(names, [*x, y], strict=True)}
        for x, y in zip(rows.x.tolist(), rows.y.tolist(), strict=True)
    )
    tables.write_jsonl(Path(args["out"]), lines)
    return {"label": rows.target, "categorical": [rows.names[place] for place in rows.categorical], "mended": list(args["fixes"])}


def script(args: dict) -> dict:
    """{"folder", "label", "categorical", "fixes", "config"} → {"script"}: a program that writes the rows of `resampled`."""
    table, config = intake.load(Path(args["folder"])), ResampleConfig.from_dict(args["config"])
    rows = columns.of(table, args["label"] or table.columns[-1], args["categorical"], args["fixes"])
    return {"script": code.script_of(config, rows.target, [rows.names[place] for place in rows.categorical], args["fixes"])}


def scatter(rows: Rows, made: Resampled, axes: list[str]) -> dict:
    """{"axes", "shown": share of the variance on them, "classes", "points": [[x, y, class, is new]], "lines": [[from x, from y, to x, to y]], "of":
    [old, new] points that there are}. Axes: two columns of numbers, else the two principal components of all; where there are too many points,
    some of them, drawn with seed 0."""
    numbers, kept = made.rows.numbers(), len(made.kept)
    places, told, share = _plane(rows, numbers, axes)
    names = list(rows.counts())
    rng = np.random.default_rng(0)
    old, new = (
        np.sort(rng.permutation(np.arange(first, last))[:most]) for first, last, most in ((0, kept, OLD), (kept, len(numbers), NEW))
    )
    points = [[*places[at].tolist(), names.index(made.rows.y[at]), int(at >= kept)] for at in [*old, *new]]
    where = {int(number): place for place, number in enumerate(made.kept)}
    pairs = [[where[int(parent)] for parent in made.parents[at - kept]] for at in new if (made.parents[at - kept] >= 0).all()]
    lines = [[*places[one].tolist(), *places[other].tolist()] for one, other in pairs if one != other]
    return {"axes": told, "shown": share, "classes": names, "points": points, "lines": lines, "of": [kept, len(numbers) - kept]}


def _plane(rows: Rows, numbers: np.ndarray, axes: list[str]) -> tuple[np.ndarray, list[str], float]:
    """(n, 2) places, what the axes are called, the share of the variance that they hold."""
    names = [rows.names[place] for place in rows.numeric]
    unknown = [name for name in axes if name not in names]
    if unknown:
        what = f"“{unknown[0][:60]}” is no column of numbers."
        raise UserError(what, f"Columns of numbers: {', '.join(names[:20])}.", "Choose one of them.", "axes")
    old = rows.numbers()
    spread = np.where(old.std(0) > 0, old.std(0), 1.0)
    if len(names) == 1:
        return np.stack([numbers[:, 0], np.zeros(len(numbers))], 1), [names[0], ""], 1.0
    if len(axes) == 2 and axes[0] != axes[1]:
        chosen = [names.index(name) for name in axes]
        return numbers[:, chosen], list(axes), 2 / len(names)  # of columns scaled alike
    scaled = (old - old.mean(0)) / spread
    _, sizes, ways = np.linalg.svd(scaled, full_matrices=False)
    share = float((sizes[:2] ** 2).sum() / max(1e-12, (sizes**2).sum()))
    return (numbers - old.mean(0)) / spread @ ways[:2].T, list(PCA), share
