"""What a run is told at its birth: task, options, where its rows come from, which versions will train it."""

import hashlib
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

import genhub
from genhub.options import Config

LIBRARIES = ("torch", "transformers", "peft", "accelerate", "tokenizers", "safetensors", "numpy", "scikit-learn")


def make_job(task: str, config: Config, rows_path: Path, data_info: dict, name: str = "") -> dict:
    """The content of job.json. `data_info` says where the rows come from (name, sample, fixes …); their sha256 and number are
    measured here. Nothing heavy is imported: versions are read from the installed packages' metadata."""
    digest, rows = _fingerprint(Path(rows_path))
    data = {"name": "", "sample": None, "fixes": [], "duplicates_removed": 0, **data_info, "sha256": digest, "rows": rows}
    return {
        "task": task,
        "config": config.to_dict(),
        "name": name or f"{data['name'] or task} · {getattr(config, 'method', task)}",
        "data": data,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": versions(),
        "genhub": genhub.__version__,
    }


def versions() -> dict[str, str]:
    """Versions of the libraries that decide what comes out of a training."""
    found = {"genhub": genhub.__version__}
    for library in LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return found


def _fingerprint(path: Path) -> tuple[str, int]:
    """(sha256 of the file, number of its lines that are not blank)."""
    digest, rows = hashlib.sha256(), 0
    with open(path, "rb") as file:
        for line in file:
            digest.update(line)
            rows += bool(line.strip())
    return digest.hexdigest(), rows
