"""A translation model on its travels: an adapter, or a whole model, and none of the sentences it was judged on."""

from pathlib import Path

from genhub.families import SEQ2SEQ
from genhub.jobs.folder import RunFolder
from genhub.settings import Limits
from genhub.text.code.translator import FILE as SCRIPT
from genhub.text.portable import opening
from genhub.text.portable.generator import MODEL_FILES as WRITERS_FILES
from genhub.text.portable.generator import check_whole, shareable
from genhub.text.portable.opening import ADAPTER_CONFIG, ADAPTER_WEIGHTS

__all__ = ["MODEL_FILES", "PARTS", "check_whole", "merge", "open_parts", "shareable"]

PARTS = (ADAPTER_CONFIG, ADAPTER_WEIGHTS, SCRIPT)
MODEL_FILES = rf"{WRITERS_FILES}|model/(source|target)\.spm"


def open_parts(source: Path, folder: Path, facts: dict, limits: Limits) -> None:
    """Check the weights against what the base model and the passport call for, and move them over."""
    opening.model_or_adapter(source, folder, facts, limits, SEQ2SEQ.name)


def merge(run: RunFolder, facts: dict, out_dir: Path) -> None:
    """The model with its adapter in it: `AutoModelForSeq2SeqLM.from_pretrained(out_dir)` loads it."""
    from genhub.text import methods
    from genhub.text.translation.tuned import load_tuned

    methods.write_merged(load_tuned(run.path), facts, out_dir)
