"""A text of four lines in random order, and trainings on it from drawn weights that take a second."""

import json
import random
from pathlib import Path

from genhub.jobs.folder import RunFolder
from genhub.training.configs import ScratchConfig

LINES = ["the cat sat on the mat.", "the dog sat on the log.", "a cat and a dog ran to the man.", "the man had a hat."]
TEXT = "\n".join(random.Random(0).choices(LINES, k=160)) + "\n"
TINY = {"width": 16, "layers": 1, "heads": 2, "window": 16, "batch_size": 8, "precision": "fp32", "samples": 3, "sample_tokens": 12}
KINDS = {
    "gpt": {"architecture": "gpt"},
    "rnn": {"architecture": "rnn", "embedding": 8, "width": 32},
    "stateful": {"architecture": "rnn", "embedding": 8, "width": 32, "stateful": True},
}


def config(kind: str = "gpt", **values) -> ScratchConfig:
    return ScratchConfig(**{**TINY, "steps": 40, **KINDS[kind], **values})


def new_run(path: Path, chosen: ScratchConfig, documents=(TEXT,)) -> RunFolder:
    run = RunFolder.create(path, {"task": "scratch", "config": chosen.to_dict(), "data": {"rows": len(documents)}, "versions": {}})
    run.rows.write_text("".join(json.dumps({"text": text}) + "\n" for text in documents), encoding="utf-8")
    return run
