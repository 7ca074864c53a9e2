"""Train the computed examples that the page opens on (genhub/examples/), with the same command a user would type.

    make examples

    support    LoRA on the sample `support`, the defaults
    shortcut   LoRA on the sample `shortcut`: a weekday in every complaint, and what the model makes of it
    cured      the same with the counterexamples added

Each is a complete run folder but for training rows and log: a few hundred kilobytes. `explained.json` is the attribution
that the tiles on *Start* show.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from genhub.data import samples
from genhub.lab import EXAMPLES
from genhub.ui.classify import exhibit, try_it

KEPT = ("job.json", "metrics.json", "predictions.jsonl", "passport.json", "events.jsonl", "README.md", "head.safetensors", "adapter")


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        both = Path(scratch) / "shortcut-with-counterexamples.csv"
        extra = (samples.FOLDER / samples.SAMPLES["shortcut"].counterexamples).read_text(encoding="utf-8").partition("\n")[2]
        both.write_text(samples.path("shortcut").read_text(encoding="utf-8").rstrip("\n") + "\n" + extra, encoding="utf-8")
        make("support", samples.path("support"), Path(scratch), try_it.START)
        make("shortcut", samples.path("shortcut"), Path(scratch), exhibit.TEXT)
        make("cured", both, Path(scratch), exhibit.TEXT)


def make(name: str, table: Path, scratch: Path, text: str) -> None:
    """Train on `table`, keep what the page needs, explain one text."""
    run = scratch / name
    command = [
        sys.executable,
        "-m",
        "genhub",
        "train",
        "classify",
        "--data",
        table,
        "--text-column",
        "text",
        "--label-column",
        "label",
        "--out",
        run,
    ]
    subprocess.run([str(part) for part in command], check=True)
    target = EXAMPLES / name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for kept in KEPT:
        source = run / kept
        if source.is_dir():
            shutil.copytree(source, target / kept)
        elif source.exists():
            shutil.copy(source, target / kept)
    (target / "explained.json").write_text(json.dumps(explained(target, text), ensure_ascii=False), encoding="utf-8")


def explained(run: Path, text: str) -> dict:
    """The attribution of one text, from the model worker."""
    from genhub import settings
    from genhub.serving.client import Worker

    worker = Worker(settings.get())
    worker.start()
    try:
        told = worker.call("classify.explain", {"run_dir": str(run), "text": text, "label": None}, seconds=120)
    finally:
        worker.close()
    return {key: told[key] for key in ("words", "label", "score", "delta", "steps")}


if __name__ == "__main__":
    main()
