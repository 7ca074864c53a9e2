"""A data set of the Hub, streamed to a table file: the child's side of `genhub.hub.dataset`.

The rows come through `datasets` in streaming mode, so that no more is read than is kept. Only Parquet, CSV and JSON files of
the repository itself are read: a data set's README may name files anywhere, and that includes this machine's. A repository
holds files of one format; what goes wrong in reading them is the files' fault (`genhub.hub` says so).
"""

import json
from collections.abc import Callable, Iterator
from datetime import date, time
from pathlib import Path

from genhub.errors import UserError
from genhub.hub_child import ASK_SECONDS, quiet_hub, talking

READERS = ("parquet", "csv", "json")
PLAIN = (str, int, float, bool, date, time)
CELL_CHARS = 100_000
MAX_CONFIGS = 500


def dataset(args: dict) -> dict:
    """Write the first rows of a split to `out` (JSONL) and say what they are.

    args: {"dataset", "config", "split", "out", "token", "rows", "bytes"}; the split is `train`, or the first, when empty.
    Returns {"dataset", "config", "split", "revision", "columns", "rows", "left_out": [columns], "cut": bool, "splits"}.
    """
    quiet_hub()
    from huggingface_hub import HfApi

    repo, token = args["dataset"], args.get("token") or False
    with talking(repo, "dataset"):
        revision = HfApi(token=token).dataset_info(repo, timeout=ASK_SECONDS).sha
    import datasets

    datasets.disable_progress_bars()
    builder = _builder(repo, revision, args["config"], token)
    split = _split(builder, repo, args["split"])
    with talking(repo, "dataset"):
        stream = builder.as_streaming_dataset(split=split)
        columns = _columns(stream)
        kept = [name for name, convert in columns.items() if convert]
        if len(kept) == 1 or (columns and not kept):
            what = f"“{repo}” has {len(kept)} columns with text, numbers or labels."
            raise UserError(what, "A text and a label are needed.", "Choose another data set.", "dataset")
        converted = ({name: columns[name](row.get(name)) for name in kept} for row in stream.select_columns(kept)) if kept else iter(())
        count, cut = _write(converted, Path(args["out"]), args["rows"], args["bytes"])
    if count == 0:
        raise UserError(f"The split “{split}” of “{repo}” is empty.", "It needs rows.", "Choose another split.", "split")
    left_out = [name for name in columns if name not in kept]
    facts = {"dataset": repo, "config": builder.config.name, "split": split, "revision": revision, "columns": kept, "rows": count}
    return facts | {"left_out": left_out, "cut": cut, "splits": _splits(builder)}


def _builder(repo: str, revision: str, config: str, token):
    """The reader that `datasets` picks, if it is one of ours. That its files lie in this repository, `datasets` checks."""
    import datasets
    from datasets.exceptions import DataFilesNotFoundError, DatasetNotFoundError

    with talking(repo, "dataset"):
        try:
            names = datasets.get_dataset_config_names(repo, revision=revision, token=token)
            wanted = _config(repo, names, config)
            builder = datasets.load_dataset_builder(repo, wanted, revision=revision, token=token)
        except (DataFilesNotFoundError, DatasetNotFoundError, datasets.exceptions.DatasetBuildError):
            raise _unreadable(repo) from None
        except RuntimeError as error:
            if "scripts are no longer supported" not in str(error):
                raise
            what = f"“{repo}” is made by a program of its own."
            raise UserError(what, "Code from the Hub is never run.", "Choose one with Parquet, CSV or JSON files.", "dataset") from None
        except ValueError as error:
            if "Data files don't belong" not in str(error):
                raise
            what = f"“{repo}” names files that lie outside it."
            raise UserError(what, "Only a data set's own files are read.", "Choose another data set.", "dataset") from None
    if type(builder).__module__.rpartition(".")[2] not in READERS:
        raise _unreadable(repo)
    if type(builder).__module__.endswith(".csv"):
        builder.config.keep_default_na = False  # the labels "None" and "NA" are labels
        builder.config.na_values = [""]
    return builder


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


def _columns(stream) -> dict[str, Callable[[object], str] | None]:
    """Column → how its cells become text; None for what is no text, number or label (pictures, lists …)."""
    import datasets

    def by_feature(feature) -> Callable[[object], str] | None:
        if isinstance(feature, datasets.ClassLabel):
            names = feature.names
            return lambda value: "" if value is None or value < 0 else names[value]
        plain = isinstance(feature, datasets.Value) and "binary" not in feature.dtype
        return _cell if plain else None

    if stream.features:
        return {name: by_feature(feature) for name, feature in stream.features.items()}
    first = next(iter(stream), {})
    return {name: _cell if value is None or isinstance(value, PLAIN) else None for name, value in first.items()}


def _cell(value) -> str:
    return "" if value is None else str(value)


def _write(rows: Iterator[dict], out: Path, most_rows: int, most_bytes: int) -> tuple[int, bool]:
    """(rows written, were there more) of a JSONL file that stays below both limits."""
    count = size = 0
    with open(out, "w", encoding="utf-8") as file:
        for row in rows:
            line = json.dumps({name: cell[:CELL_CHARS] for name, cell in row.items()}, ensure_ascii=False) + "\n"
            size += len(line.encode("utf-8", "surrogatepass"))
            if count == most_rows or size > most_bytes:
                return count, True
            file.write(line)
            count += 1
    return count, False
