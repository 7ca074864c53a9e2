"""A classifier on its travels: a head, and an adapter, bottleneck adapters or a whole encoder with it."""

import json
import shutil
from pathlib import Path

from genhub.errors import UserError
from genhub.families import ENCODER
from genhub.jobs.folder import RunFolder
from genhub.settings import Limits
from genhub.text.code.classifier import FILE as SCRIPT
from genhub.text.passport import classifier as passport
from genhub.text.portable import opening
from genhub.text.portable.opening import ADAPTER_CONFIG, ADAPTER_WEIGHTS, bare, take

HEAD, BOTTLENECK = "head.safetensors", "bottleneck.safetensors"
PARTS = (HEAD, BOTTLENECK, ADAPTER_CONFIG, ADAPTER_WEIGHTS, SCRIPT)
MODEL_FILES = r"model/(config\.json|model\.safetensors|tokenizer\.json|tokenizer_config\.json|special_tokens_map\.json|added_tokens\.json|vocab\.\w+|merges\.txt|\w[\w.]*\.model)"


def check_whole(files: dict) -> None:
    """Raises UserError for a run that cannot be packed."""
    if HEAD not in files:
        raise UserError("This run has no head.safetensors.", "It is written when training ends.", "Train it again.", "run")


def shareable(metrics: dict) -> bytes:
    """metrics.json as it leaves: it holds nothing of the table but its labels."""
    return json.dumps(metrics, ensure_ascii=False, indent=1).encode()


def open_parts(source: Path, folder: Path, facts: dict, limits: Limits) -> None:
    """Check the weights against what the base model and the passport call for, and move them over."""
    whole = facts["method"] in passport.WHOLE
    opening.check_method(source, facts, whole)
    base = opening.whole_model(source, folder, facts, limits, ENCODER.name) if whole else opening.base_of(facts, limits, ENCODER.name)
    hidden = _hidden(base)
    if facts["head"]["in"] != hidden:
        raise UserError(f"The head reads {facts['head']['in']} numbers, the base model gives {hidden}.", "They must fit.", "", "file")
    classes = len(facts["labels"])
    take(source, folder, HEAD, {"weight": (classes, hidden), "bias": (classes,)})
    if facts["adapter"] == "peft":
        opening.adapter(source, folder, facts, base)
    elif facts["adapter"] == "bottleneck":
        take(source, folder, BOTTLENECK, _bottleneck_shapes(base, facts["bottleneck"]["width"]))


def _hidden(base: Path) -> int:
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    return int(config.get("hidden_size", config.get("dim", 0)))


def _bottleneck_shapes(base: Path, width: int) -> dict[str, tuple[int, ...]]:
    import torch

    from genhub.text import bottleneck, layouts

    model = bare(base)
    with torch.device("meta"):
        bottleneck.add(model, layouts.layout(model.config.model_type).ends, width)
    return {name: tuple(tensor.shape) for name, tensor in bottleneck.tensors(model).items()}


def merge(run: RunFolder, facts: dict, out_dir: Path) -> None:
    """The encoder with its adapter in it, and the head. `AutoModel.from_pretrained(out_dir)` loads the encoder.

    Raises UserError for bottleneck adapters, which are networks of their own and cannot be folded into a weight.
    """
    from genhub.text import methods
    from genhub.text.classifier import load_run

    if facts["adapter"] == "bottleneck":
        what, limit = "Bottleneck adapters cannot be merged.", "They are small networks between the layers, not changes of a weight."
        raise UserError(what, limit, "Download the run instead, or train with LoRA.", "run")
    methods.write_merged(load_run(run.path).classifier.base, facts, out_dir)
    shutil.copyfile(run.path / HEAD, out_dir / HEAD)
