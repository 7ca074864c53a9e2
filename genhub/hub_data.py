"""A data set of the Hub, streamed to a table file: the child's side of `genhub.hub.dataset`.

The rows come through `datasets` in streaming mode. A split that fits is kept whole and in order. Of a larger one the first rows
might all be of one class, many sets being sorted by label; so they are drawn from a shuffled stream: groups of rows from all
over its files where these are Parquet, whole files otherwise, and a buffer. Only Parquet, CSV and JSON files of
the repository itself are read: a data set's README may name files anywhere, and that includes this machine's. A repository
holds files of one format; what goes wrong in reading them is the files' fault (`genhub.hub` says so). A data set made by a program of
its own is read as the Parquet that the Hub converted it to, where it did: the program is never run.
"""

import base64
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from time import monotonic
from typing import Any

from genhub.errors import UserError
from genhub.hub_child import ASK_SECONDS, quiet_hub, talking

READERS = ("parquet", "csv", "json")
PLAIN = (str, int, float, bool, date, time)
MAX_CONFIGS = 500
SEED = 0  # of the shuffled stream
BUFFER_ROWS = 10_000
INTERLEAVED = 32  # places that are read in turn
MANY_FILES = 16  # with more, the files are mixed enough, and asking each for its groups of rows would take long
PARQUET = "refs/convert/parquet"  # where the Hub keeps its conversion of a data set: <configuration>/<split>/*.parquet
SCRIPT = "scripts are no longer supported"  # what `datasets` says of a program
DRAW_SECONDS = 90  # a shuffled stream that is slower is given up, and the first rows are kept


@dataclass(frozen=True)
class Written:
    """rows: in the file; more: the stream had others; shortened: rows with a cell that was cut."""

    rows: int
    more: bool
    shortened: int


@dataclass(frozen=True)
class Column:
    """of: the column of the data set in which it stands; text: how what stands there becomes text."""

    of: str
    text: Callable[[object], str]


@dataclass(frozen=True)
class Bounds:
    """What may be written at most: rows, bytes, and characters of a line."""

    rows: int
    bytes: int
    line_chars: int


def dataset(args: dict) -> dict:
    """Write a split, or as many of its rows as are allowed, to `out` (JSONL) and say what they are.

    args: {"dataset", "config", "split", "out", "token", "rows", "bytes", "line_chars", "least"?: columns that are needed (2), "column"?:
    the only one that is wanted, "images"?: pictures are, with their classes (see `_pictures`)}; the split is `train`, or the first, when empty.
    Returns {"dataset", "config", "split", "revision", "columns", "rows", "left_out": [columns], "cut": there are more rows,
    "drawn": rows were drawn from a shuffled stream, not the first ones, "shortened": rows with a cell that was cut, "splits"}.
    """
    quiet_hub()
    from huggingface_hub import HfApi

    repo, token = args["dataset"], args.get("token") or False
    import datasets

    datasets.disable_progress_bars()
    builder, config, revision = _opened(HfApi(token=token), repo, args["config"])
    split = _split(builder, repo, args["split"])
    with talking(repo, "dataset"):
        stream = builder.as_streaming_dataset(split=split)
        stream, columns = _pictures(stream, args) if args.get("images") else (stream, _columns(stream))
        kept = [name for name, column in columns.items() if column]
        chosen = {name: columns[name] for name in (kept if args.get("images") else _wanted(columns, args, kept))}
        written, drawn = _keep(stream, chosen, Path(args["out"]), Bounds(args["rows"], args["bytes"], args["line_chars"]))
    if written.rows == 0:
        raise UserError(f"The split “{split}” of “{repo}” is empty.", "It needs rows.", "Choose another split.", "split")
    left_out = [name for name in columns if name not in kept]
    facts = {"dataset": repo, "config": config, "split": split, "revision": revision, "columns": kept}
    facts |= {"rows": written.rows, "left_out": left_out, "cut": written.more, "drawn": drawn, "shortened": written.shortened}
    return facts | {"splits": _splits(builder)}


def _wanted(columns: dict[str, Column | None], args: dict, kept: list[str]) -> list[str]:
    """The columns to write: the one that is asked for, else those that are `kept`, if they are enough."""
    repo, name, least = args["dataset"], args.get("column") or "", args.get("least", 2)
    if name and columns and name not in kept:
        shown = ", ".join(f"“{column[:40]}”" for column in kept[:20]) or "no such columns"
        what = f"“{repo}” has no column “{name[:80]}” with text, numbers or labels."
        raise UserError(what, f"It has {shown}.", "Choose one of them; capitals count.", "column")
    if columns and len(kept) < least:
        needed = "A text and a label are needed." if least > 1 else "A text is needed."
        raise UserError(f"“{repo}” has {len(kept)} columns with text, numbers or labels.", needed, "Choose another data set.", "dataset")
    return [name] if name in kept else kept


def _keep(stream, columns: dict[str, Column], out: Path, bounds: Bounds) -> tuple[Written, bool]:
    """(what is in `out` now, whether it was drawn from all over): all rows when they stay within `bounds`."""
    if not columns:
        return _write(iter(()), out, bounds), False
    stream = stream.select_columns(list(dict.fromkeys(column.of for column in columns.values())))
    first = _write(_texts(stream, columns), out, bounds)
    if not first.more:
        return first, False
    part = out.with_name(f"{out.name}.drawn")
    spread = stream.reshard() if stream.num_shards <= MANY_FILES else stream
    spread = spread.shuffle(seed=SEED, buffer_size=BUFFER_ROWS, max_buffer_input_shards=INTERLEAVED)
    drawn = _write(_until(monotonic() + DRAW_SECONDS, _texts(spread, columns)), part, bounds)
    if drawn.more:
        os.replace(part, out)
        return drawn, True
    part.unlink()
    return first, False


def _texts(stream, columns: dict[str, Column]) -> Iterator[dict[str, str]]:
    for row in stream:
        yield {name: column.text(row.get(column.of)) for name, column in columns.items()}


def _until(deadline: float, rows: Iterator[dict]) -> Iterator[dict]:
    for row in rows:
        if monotonic() > deadline:
            return
        yield row


def _opened(api, repo: str, config: str) -> tuple:
    """(the reader, the configuration it reads, the commit) of a data set, or of the Hub's conversion of it; `api`: an HfApi."""
    import datasets

    with talking(repo, "dataset"):
        revision = api.dataset_info(repo, timeout=ASK_SECONDS).sha
    try:
        with _readable(repo):
            names = datasets.get_dataset_config_names(repo, revision=revision, token=api.token)
    except RuntimeError as error:
        if SCRIPT not in str(error):
            raise
        revision, names = _converted(api, repo)
        wanted = _config(repo, names, config)
        return _builder(repo, revision, api.token, data_dir=wanted), wanted, revision
    wanted = _config(repo, names, config)
    return _builder(repo, revision, api.token, name=wanted), wanted, revision


def _converted(api, repo: str) -> tuple[str, list[str]]:
    """(commit, configurations) of the Hub's conversion of a data set that is made by a program."""
    from huggingface_hub.errors import RevisionNotFoundError
    from huggingface_hub.hf_api import RepoFolder

    with talking(repo, "dataset"):
        try:
            revision = api.dataset_info(repo, revision=PARQUET, timeout=ASK_SECONDS).sha
        except RevisionNotFoundError:
            what = f"“{repo}” is made by a program of its own."
            raise UserError(what, "Code from the Hub is never run.", "Choose one with Parquet, CSV or JSON files.", "dataset") from None
        entries = list(api.list_repo_tree(repo, revision=revision, repo_type="dataset"))
    return revision, [entry.path for entry in entries if isinstance(entry, RepoFolder)]


def _builder(repo: str, revision: str, token, **which):
    """The reader that `datasets` picks, if it is one of ours; which: the name of a configuration, or its data_dir."""
    import datasets

    with _readable(repo):
        builder = datasets.load_dataset_builder(repo, revision=revision, token=token, **which)
    if type(builder).__module__.rpartition(".")[2] not in READERS:
        raise _unreadable(repo)
    if type(builder).__module__.endswith(".csv"):
        builder.config.keep_default_na = False  # the labels "None" and "NA" are labels
        builder.config.na_values = [""]
    return builder


@contextmanager
def _readable(repo: str) -> Iterator[None]:
    """What `datasets` refuses, in our words. That a data set's files lie in its repository, it checks itself."""
    from datasets.exceptions import DataFilesNotFoundError, DatasetBuildError, DatasetNotFoundError

    with talking(repo, "dataset"):
        try:
            yield
        except (DataFilesNotFoundError, DatasetNotFoundError, DatasetBuildError):
            raise _unreadable(repo) from None
        except ValueError as error:
            if "Data files don't belong" not in str(error):
                raise
            what = f"“{repo}” names files that lie outside it."
            raise UserError(what, "Only a data set's own files are read.", "Choose another data set.", "dataset") from None


def _unreadable(repo: str) -> UserError:
    return UserError(f"“{repo}” has no table.", "Parquet, CSV and JSON files can be read.", "Choose another data set.", "dataset")


def _config(repo: str, names: list[str], wanted: str) -> str:
    if not names or len(names) > MAX_CONFIGS:
        raise _unreadable(repo)
    if not wanted:
        return "default" if "default" in names else names[0]
    if wanted not in names:
        what = f"“{repo}” has no configuration “{wanted[:60]}”."
        raise UserError(what, f"It has {', '.join(names[:20])}.", "Choose one of them.", "config")
    return wanted


def _splits(builder) -> list[str]:
    return [str(name) for name in builder.config.data_files or builder.info.splits or ()]


def _split(builder, repo: str, wanted: str) -> str:
    names = _splits(builder)
    if not wanted:
        return "train" if "train" in names else names[0]
    if wanted not in names:
        raise UserError(f"“{repo}” has no split “{wanted[:60]}”.", f"It has {', '.join(names[:20])}.", "Choose one of them.", "split")
    return wanted


def _columns(stream) -> dict[str, Column | None]:
    """Columns by their names; None for what is no text, number or label (pictures, lists …). Of texts that stand together in one column,
    such as {"en": …, "es": …}, each is one of its own. What has no type is judged by the first row."""
    import datasets

    known = stream.features or {}
    untyped = not known or any(isinstance(feature, datasets.Json) for feature in known.values())
    first = next(iter(stream), {}) if untyped else {}
    found = {
        name: _of_value(name, first.get(name)) if not known or isinstance(known[name], datasets.Json) else _of_feature(name, known[name])
        for name in known or first
    }
    columns: dict[str, Column | None] = {}
    for name, parts in found.items():
        if isinstance(parts, dict):
            columns |= {key if key not in found else f"{name}.{key}": part for key, part in parts.items()}
        else:
            columns[name] = parts
    return columns


def _pictures(stream, args: dict) -> tuple[Any, dict[str, Column | None]]:
    """(the stream, its columns `image`, files in base64, and `label`, where there is one): the first column of pictures; the classes in the
    column that is asked for, else in “label”, else in the first one of classes. Pictures are not decoded here."""
    import datasets

    known = stream.features or {}
    found = [name for name, feature in known.items() if isinstance(feature, datasets.Image)]
    if not found:
        what = f"“{args['dataset']}” has no column of pictures."
        raise UserError(what, "Its files have to say which column holds them.", "Choose a data set of images.", "dataset")
    of = _of_classes(known, args.get("column") or "", args["dataset"])
    columns: dict[str, Column | None] = {name: None for name in known if name not in (found[0], of)}
    columns["image"] = Column(found[0], lambda value: base64.b64encode((value or {}).get("bytes") or b"").decode("ascii"))
    if of:
        columns["label"] = _of_feature(of, known[of])
    return stream.cast_column(found[0], datasets.Image(decode=False)), columns


def _of_classes(known, asked: str, repo: str) -> str:
    """The column that names the classes of pictures; "" where there is none."""
    import datasets

    usable = [name for name in known if isinstance(_of_feature(name, known[name]), Column)]
    if asked and asked not in usable:
        shown = ", ".join(f"“{column[:40]}”" for column in usable[:20]) or "none"
        raise UserError(f"“{repo}” has no column “{asked[:80]}” with classes.", f"It has {shown}.", "Choose one of them.", "column")
    classes = [name for name in usable if isinstance(known[name], datasets.ClassLabel)]
    return asked or ("label" if "label" in usable else next(iter(classes), ""))


def _of_feature(name: str, feature) -> Column | dict[str, Column] | None:
    import datasets

    if isinstance(feature, datasets.ClassLabel):
        names = feature.names
        return Column(name, lambda value: "" if value is None or value < 0 else names[value])
    if isinstance(feature, datasets.Translation):
        return _parts(name, feature.languages)
    if isinstance(feature, dict) and all(isinstance(part, datasets.Value) and "string" in part.dtype for part in feature.values()):
        return _parts(name, feature)
    plain = isinstance(feature, datasets.Value) and "binary" not in feature.dtype
    return Column(name, _cell) if plain else None


def _of_value(name: str, value) -> Column | dict[str, Column] | None:
    if isinstance(value, dict) and value and all(isinstance(part, str) for part in value.values()):
        return _parts(name, value)
    return Column(name, _cell) if value is None or isinstance(value, PLAIN) else None


def _parts(name: str, keys: Iterable[str]) -> dict[str, Column]:
    return {key: Column(name, lambda value, key=key: _cell((value or {}).get(key))) for key in keys}


def _cell(value) -> str:
    return "" if value is None else str(value)


def _write(rows: Iterator[dict], out: Path, bounds: Bounds) -> Written:
    """Write a JSONL file that stays within the bounds; a longer line is cut, so that it can be read."""
    count = size = shortened = 0
    with open(out, "w", encoding="utf-8") as file:
        for row in rows:
            line, cut = _line(row, bounds.line_chars)
            size += len(line.encode("utf-8", "surrogatepass")) + 1
            if count == bounds.rows or size > bounds.bytes:
                return Written(count, True, shortened)
            file.write(line + "\n")
            count, shortened = count + 1, shortened + cut
    return Written(count, False, shortened)


def _line(row: dict[str, str], most: int) -> tuple[str, bool]:
    """(the row as JSON, whether its longest cells had to be cut so that it has at most `most` characters)."""
    cells = {name: cell[:most] for name, cell in row.items()}
    line = json.dumps(cells, ensure_ascii=False)
    while len(line) > most and any(cells.values()):
        name = max(cells, key=lambda name: len(cells[name]))
        written = len(json.dumps(cells[name], ensure_ascii=False))  # longer than the cell: quotation marks, line ends are escaped
        share = max(0.0, 1 - (len(line) - most) / written)
        cells[name] = cells[name][: min(int(share * len(cells[name])), len(cells[name]) - 1)]
        line = json.dumps(cells, ensure_ascii=False)
    return line, cells != row
