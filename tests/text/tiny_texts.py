"""Texts and runs for the training of language models: small, repetitive, so that something can be learnt in seconds."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

from genhub.jobs.folder import RunFolder
from genhub.jobs.new import make_job
from genhub.options import Config

ANIMALS = ("dog", "cat", "bird")


def tiny_text(lines: int = 120, seed: int = 0) -> str:
    """Lines that always go the same way: who likes whom, and what that leads to."""
    draw = random.Random(seed)
    return "".join(f"the {draw.choice(ANIMALS)} likes the {draw.choice(ANIMALS)} and the film was very good\n" for _ in range(lines))


def text_run(folder: Path, config: Config, documents: Sequence[str] | None = None, task: str = "generate") -> RunFolder:
    """A run folder as a job finds it: job.json and data/train.jsonl, one document a line."""
    source = folder.with_name(folder.name + ".jsonl")
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in documents or [tiny_text()]), encoding="utf-8")
    run = RunFolder.create(folder, make_job(task, config, source, {"name": "tiny"}))
    run.rows.write_bytes(source.read_bytes())
    return run
