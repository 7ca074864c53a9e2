"""What a run is told at its birth: task, options, where its rows come from, which versions will train it."""

import hashlib
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

import genhub
from genhub.options import Config
from genhub.training.configs import ARCHITECTURES, METHOD_HELP, PRESETS_OF
from genhub.training.configs.images import AUTOENCODERS, DIFFUSIONS, GANS, VAES

LONGEST_NAME = 80
LONGEST_TABLE = 40
NAMED_APART = (
    "method",
    "architecture",
    "variant",
    "model",
    "text_column",
    "label_column",
)  # said in words of their own, or of no weight for telling runs apart
LIBRARIES = ("torch", "transformers", "peft", "accelerate", "tokenizers", "safetensors", "numpy", "scikit-learn")


def make_job(task: str, config: Config, rows_path: Path, data_info: dict, name: str = "") -> dict:
    """The content of job.json. `data_info` says where the rows come from (name, sample, fixes …); their sha256 and number are
    measured here. Nothing heavy is imported: versions are read from the installed packages' metadata."""
    digest, rows = _fingerprint(Path(rows_path))
    data = {"name": "", "sample": None, "fixes": [], "duplicates_removed": 0, **data_info, "sha256": digest, "rows": rows}
    return {
        "task": task,
        "config": config.to_dict(),
        "name": name or run_name(data["name"] or task, config),
        "data": data,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": versions(),
        "genhub": genhub.__version__,
    }


def run_name(table: str, config: Config) -> str:
    """What a run is called until somebody names it: table, method, and what sets it apart, in at most LONGEST_NAME characters.

    The preset that decided its options, else how many epochs; then every option that is not at its default, and the model.
    """
    known = PRESETS_OF.get(type(config), {})
    values, usual = config.to_dict(), {option.name: option.default for option in config.options()}
    frozen = values.get("method") == "frozen"  # its head is fitted to the end: epochs and the like say nothing
    presets = (name for name, decided in known.items() if all(values.get(key) == value for key, value in decided.items()))
    preset = "" if frozen else next(presets, "")
    decided = {*known.get("Quick" if frozen else preset, ()), *NAMED_APART}
    apart = [preset.rpartition(", ")[2]] if preset else []  # the architecture is said already
    if values.get("epochs") and not preset and not frozen:
        apart, decided = [f"{values['epochs']} epoch{'s' if values['epochs'] > 1 else ''}"], {*decided, "epochs"}
    if values.get("model") != usual.get("model"):
        apart.append(str(values["model"]).rpartition("/")[2])
    apart += [f"{key.replace('_', ' ')} {value}" for key, value in values.items() if key not in decided and value != usual[key]]
    method = next((values[name] for name in ("method", "architecture", "variant") if name in values), "")
    method = {**METHOD_HELP, **ARCHITECTURES, **AUTOENCODERS, **VAES, **GANS, **DIFFUSIONS}.get(method, (method,))[0]
    named = " · ".join(part for part in (_cut(table, LONGEST_TABLE), method) if part)
    for part in apart:
        if len(named) + 3 + len(part) <= LONGEST_NAME:
            named += f" · {part}"
    return named


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


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
