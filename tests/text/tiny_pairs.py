"""Runs that adapt the tiny translator: its 48 sentences with one word that is another."""

import json
from collections.abc import Sequence
from pathlib import Path

from genhub.jobs.folder import RunFolder
from genhub.jobs.new import make_job
from genhub.training.configs import TuneConfig
from tests.tiny_translators import PAIRS

OTHER = [(source, target.replace("ve", "quiere")) for source, target in PAIRS]


def pairs_run(folder: Path, config: TuneConfig, pairs: Sequence[tuple[str, str]] = OTHER) -> RunFolder:
    """A run folder as a job finds it: job.json and data/train.jsonl, one pair a line."""
    source = folder.with_name(folder.name + ".jsonl")
    source.write_text("".join(json.dumps({"source": here, "target": there}) + "\n" for here, there in pairs), encoding="utf-8")
    run = RunFolder.create(folder, make_job("translate", config, source, {"name": "tiny"}))
    run.rows.write_bytes(source.read_bytes())
    return run
