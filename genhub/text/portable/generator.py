"""A language model on its travels: an adapter, or a whole model, and never a sample: it may repeat the text it learnt from."""

import json
from pathlib import Path

from genhub.errors import UserError
from genhub.families import CAUSAL
from genhub.jobs.folder import RunFolder
from genhub.settings import Limits
from genhub.text.code.generator import FILE as SCRIPT
from genhub.text.portable import opening, recurrent
from genhub.text.portable.opening import ADAPTER_CONFIG, ADAPTER_WEIGHTS, MODEL_WEIGHTS

PARTS = (ADAPTER_CONFIG, ADAPTER_WEIGHTS, SCRIPT)
MODEL_FILES = r"model/(config\.json|generation_config\.json|model\.safetensors|tokenizer\.json|tokenizer_config\.json|special_tokens_map\.json|added_tokens\.json|vocab\.\w+|merges\.txt|\w[\w.]*\.model)"


def check_whole(files: dict) -> None:
    """Raises UserError for a run that cannot be packed."""
    if ADAPTER_WEIGHTS not in files and MODEL_WEIGHTS not in files:
        raise UserError("This run has no weights.", "They are written when training ends.", "Train it again.", "run")


def shareable(metrics: dict) -> bytes:
    """metrics.json as it leaves: without the samples, which are of the user's text or pairs."""
    return json.dumps({name: value for name, value in metrics.items() if name != "samples"}, ensure_ascii=False, indent=1).encode()


def open_parts(source: Path, folder: Path, facts: dict, limits: Limits) -> None:
    """Check the weights against what the base model and the passport call for, and move them over."""
    if facts["method"] == "rnn":
        opening.check_method(source, facts, whole=True)
        recurrent.open_parts(source, folder, limits)
    else:
        opening.model_or_adapter(source, folder, facts, limits, CAUSAL.name)


def merge(run: RunFolder, facts: dict, out_dir: Path) -> None:
    """The model with its adapter in it: `AutoModelForCausalLM.from_pretrained(out_dir)` loads it."""
    from genhub.text import methods
    from genhub.text.generator import load_generator

    methods.write_merged(load_generator(run.path), facts, out_dir)
