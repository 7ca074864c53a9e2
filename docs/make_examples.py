"""Train the computed examples that the page opens on (genhub/examples/), with the same command a user would type.

    make examples

    support    LoRA on the sample `support`, the defaults
    shortcut   LoRA on the sample `shortcut`: a weekday in every complaint, and what the model makes of it
    cured      the same with the counterexamples added
    harbour-stories    embedded/stories adapted with LoRA to the bundled text
    harbour-gpt        a character GPT from scratch on it, the preset of three minutes
    digits-vae         a VAE with a map of two dimensions on the digits of scikit-learn
    digits-gan         a DCGAN on them

Each is a complete run folder but for the training rows: a few hundred kilobytes, or what the weights take. `explained.json` is the
attribution that the tiles on *Start* show. `--only NAME` makes one of them.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from genhub.lab import EXAMPLES
from genhub.ui.classify import exhibit, try_it

EXHIBITS = (
    ("support", ("support", "--name", "Support requests · lora"), try_it.START),
    ("shortcut", ("shortcut", "--name", "A planted short cut · lora"), exhibit.TEXT),
    ("cured", ("shortcut", "--counterexamples", "--name", "The short cut, cured by counterexamples · lora"), exhibit.TEXT),
)
LEARNERS = (
    ("harbour-stories", ("generate", "--preset", "Balanced", "--data", "harbour", "--name", "Harbour plays · Balanced")),
    ("harbour-gpt", ("scratch", "--preset", "GPT, 3 minutes", "--data", "harbour", "--name", "Harbour plays · GPT, 3 minutes")),
    ("digits-vae", ("images", "--family", "vae", "--preset", "Map of two dimensions", "--data", "digits", "--name", "Digits · VAE")),
    ("digits-gan", ("images", "--family", "gan", "--preset", "DCGAN", "--data", "digits", "--name", "Digits · DCGAN")),
)
KEPT = (
    *("job.json", "metrics.json", "predictions.jsonl", "passport.json", "events.jsonl", "README.md"),
    *("head.safetensors", "adapter", "model", "frames", "map.safetensors"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[name for name, *_ in (*EXHIBITS, *LEARNERS)])
    only = parser.parse_args().only
    with tempfile.TemporaryDirectory() as scratch:
        for name, data, text in EXHIBITS:
            if only in (None, name):
                columns = ("--text-column", "text", "--label-column", "label")
                target = make(name, ("classify", "--data", *data, *columns), Path(scratch))
                (target / "explained.json").write_text(json.dumps(explained(target, text), ensure_ascii=False), encoding="utf-8")
        for name, words in LEARNERS:
            if only in (None, name):
                make(name, words, Path(scratch))


def make(name: str, words: tuple[str, ...], scratch: Path) -> Path:
    """Train on a sample, keep what the page needs; the folder that has it."""
    run = scratch / name
    subprocess.run([sys.executable, "-m", "genhub", "train", *words, "--out", str(run)], check=True)
    target = EXAMPLES / name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for kept in KEPT:
        source = run / kept
        if source.is_dir():
            shutil.copytree(source, target / kept)
        elif source.exists():
            shutil.copy(source, target / kept)
    return target


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
