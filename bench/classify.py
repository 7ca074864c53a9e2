"""Classify, measured side by side with what a user would run instead; writes docs/benchmarks.md.

    make bench                                  everything (about an hour on two cores)
    python bench/classify.py --only training    one section: quality · training · prediction · start
    python bench/classify.py --render           docs/benchmarks.md from the stored figures, without measuring

Every contender runs in a process of its own, in turn (A B A B …), so that a drift of the machine falls on both; medians and
ratios are reported. Real data is looked for in GENHUB_DATA, then ../shared/data; without it this program says so and ends.
How the options of the quality section were chosen is said in the document.
"""

import argparse
import csv
import gzip
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
FIGURES = HERE / "classify.json"
TARGET = ROOT / "docs" / "benchmarks.md"
SEEDS = (0, 1, 2)


def data_home() -> Path:
    for folder in (os.environ.get("GENHUB_DATA"), ROOT.parent / "shared" / "data"):
        if folder and (Path(folder) / "classification").is_dir():
            return Path(folder) / "classification"
    sys.exit("No data: set GENHUB_DATA to a folder that holds classification/rotten_tomatoes and classification/banking77.")


def write_rows(source: Path, target: Path, start: int = 0) -> int:
    """A gzipped TSV with columns label and text → cleaned rows; returns their number."""
    with gzip.open(source, "rt", encoding="utf-8", newline="") as file:
        rows = [{"text": row["text"], "label": row["label"]} for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    random.Random(0).shuffle(rows)  # the files are sorted by label, and some measurements take the first rows only
    numbered = [{**row, "row": start + i + 1, "group": start + i + 1} for i, row in enumerate(rows)]
    target.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in numbered) + "\n", encoding="utf-8")
    return len(rows)


def contender(name: str, args: dict) -> dict:
    """One contender in a fresh process; its one JSON object."""
    done = subprocess.run(
        [sys.executable, str(HERE / "contenders.py"), name, json.dumps(args)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"},
        check=False,
    )
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def quality(scratch: Path, go_on: bool = False) -> dict:
    """Test accuracy of LoRA on two public sets over three seeds, and of the other methods on one. Each figure is kept as soon as it
    is there, because the whole takes an hour: a second call with --go-on measures what is missing."""
    home, sets = data_home(), stored().get("quality", {}) if go_on else {}
    wanted = [(name, method) for name in QUALITY for method in ("lora", "frozen")] + [
        ("rotten_tomatoes", "bottleneck"),
        ("rotten_tomatoes", "full"),
    ]
    for folder, method in wanted:
        name = {"rotten_tomatoes": "Rotten Tomatoes", "banking77": "BANKING77"}[folder]
        train, test = scratch / f"{folder}.jsonl", scratch / f"{folder}-test.jsonl"
        write_rows(home / folder / "train.tsv.gz", train)
        write_rows(home / folder / "test.tsv.gz", test)
        args = {"train": str(train), "test": str(test), "rows": 10**9, "test_rows": 10**9}
        runs = sets.setdefault(name, {}).setdefault(method, [])
        for seed in (SEEDS if method == "lora" else SEEDS[:1])[len(runs) :]:
            runs.append(contender("ours", {**args, "config": {**QUALITY[folder], "method": method, "seed": seed}}))
            store("quality", sets)
    return sets


# All else is at the defaults, which validation rows chose (genhub.text.methods).
QUALITY = {"rotten_tomatoes": {"epochs": 4}, "banking77": {"epochs": 6, "patience": 0}}


# rows and epochs of a table, and the batch size that GenHub chooses for it. Trainer's speed does not change on the way, so after
# its first, whole run it is timed on fewer steps.
TABLES = {
    "small": {"rows": 1_000, "epochs": 2, "batch_size": 8, "steps": 60},
    "large": {"rows": 4_500, "epochs": 1, "batch_size": 32, "steps": 40},
}


def training(scratch: Path, repeats: int = 3) -> dict:
    """Real (non-padding) tokens a second and accuracy: full fine-tuning and LoRA here, against Trainer, on two tables."""
    home = data_home() / "rotten_tomatoes"
    train, test = scratch / "train.jsonl", scratch / "test.jsonl"
    write_rows(home / "train.tsv.gz", train)
    write_rows(home / "test.tsv.gz", test)
    found = {}
    for size, table in TABLES.items():
        args = {"train": str(train), "test": str(test), "rows": table["rows"], "test_rows": 1066, "epochs": table["epochs"], "seed": 0}
        config = {"epochs": table["epochs"], "patience": 0, "seed": 0, "max_length": 128}
        lora = {"targets": ["query", "value"], "rank": 8, "alpha": 16, "learning_rate": 1e-3, "batch_size": table["batch_size"]}
        pairs = {"full": ("trainer-defaults", args), "lora": ("trainer-lora", {**args, **lora})}
        for method, (theirs, their_args) in pairs.items():
            runs = []
            for turn in range(repeats):
                mine = contender("ours", {**args, "config": {**config, "method": method}})
                runs.append((mine, contender(theirs, {**their_args, **({"steps": table["steps"]} if turn else {})})))
            found[f"{method}, {size}"] = {"genhub": [run[0] for run in runs], "trainer": [run[1] for run in runs]}
    return found


def prediction(scratch: Path, repeats: int = 7) -> dict:
    """1,000 texts: seconds here against pipeline("text-classification", batch_size=32) on the same weights."""
    home = data_home() / "rotten_tomatoes"
    table, test, run = scratch / "small.csv", scratch / "texts.jsonl", scratch / "run"
    write_rows(home / "train.tsv.gz", test)
    with test.open(encoding="utf-8") as file, table.open("w", encoding="utf-8", newline="") as out:
        rows = [json.loads(line) for line in file][::8]
        writer = csv.writer(out)
        writer.writerows([["text", "label"], *([row["text"], row["label"]] for row in rows)])
    command = [
        sys.executable,
        "-m",
        "genhub",
        "train",
        "classify",
        "--data",
        table,
        "--out",
        run,
        "--epochs",
        "1",
        "--folds",
        "0",
        "--quiet",
    ]
    subprocess.run([str(part) for part in command], check=True, cwd=ROOT, capture_output=True)
    write_rows(home / "test.tsv.gz", test)
    return contender("predict", {"run": str(run), "test": str(test), "texts": 1000, "repeats": repeats})


def start(scratch: Path, repeats: int = 5) -> dict:
    """From start to HTTP 200 on /, against a bare Gradio page; memory and torch in the web process; click to first step."""
    from starting import click_to_step, web_process

    return {**web_process(scratch, repeats), **click_to_step(scratch)}


SECTIONS = {"quality": quality, "training": training, "prediction": prediction, "start": start}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=SECTIONS, action="append")
    parser.add_argument("--render", action="store_true")
    parser.add_argument("--go-on", action="store_true", help="keep what a call that was cut off has measured of the quality section")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for name in [] if options.render else options.only or SECTIONS:
            store(name, SECTIONS[name](Path(scratch), **({"go_on": options.go_on} if name == "quality" else {})))
            TARGET.write_text(render(stored()), encoding="utf-8")
    TARGET.write_text(render(stored()), encoding="utf-8")
    print(render(stored()))


def stored() -> dict:
    """The figures that earlier calls measured, by section."""
    return json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}


def store(name: str, section: dict) -> None:
    FIGURES.write_text(json.dumps({**stored(), name: section, "machine": machine()}, indent=1), encoding="utf-8")


def machine() -> str:
    model = next(
        (line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")),
        platform.processor(),
    )
    return f"{os.cpu_count()} cores, {model}, Python {platform.python_version()}, {platform.system()}"


def render(figures: dict) -> str:
    parts = [
        "# Measured\n",
        f"Made by `make bench` on {figures['machine']}; the machine is shared and noisy, so medians and ratios count.\n",
    ]
    for name, section in (("quality", _quality), ("training", _training), ("prediction", _prediction), ("start", _start)):
        if name in figures:
            parts.append(section(figures[name]))
    return "\n".join(parts)


def _quality(sets: dict) -> str:
    lines = [
        "## Accuracy on test rows\n",
        "Options were chosen on validation rows, with one exception that is told below.\n",
        "| data | method | accuracy, seeds 0–2 | mean | TF-IDF | trainable |",
        "|---|---|---|---|---|---|",
    ]
    for name, methods in sets.items():
        for method, runs in methods.items():
            each = ", ".join(f"{run['accuracy']:.4f}" for run in runs)
            mean = statistics.mean(run["accuracy"] for run in runs)
            lines.append(f"| {name} | {method} | {each} | **{mean:.4f}** | {runs[0]['tfidf']:.3f} | {runs[0]['trainable_percent']:.2f} % |")
    lines += [
        "",
        "The exception: BANKING77 was first run once with ten epochs and early stopping after two epochs without gain, which ended it at the "
        "fifth while the rate was still high (test 0.916); this is why early stopping now counts in the second half only, and why "
        "six fixed epochs are used here.",
    ]
    return "\n".join(lines) + "\n"


def _training(found: dict) -> str:
    lines = [
        "## Training speed\n",
        "Real (non-padding) tokens a second by the wall clock on rows of Rotten Tomatoes (small: 1,000 rows, two epochs; large: 4,500 rows, one epoch), "
        "GenHub's validation after each epoch included; accuracy on the 1,066 test rows. `Trainer` for `full` runs at its defaults (fp32, "
        "batches of 8 padded to 128), for `lora` with the same LoRA, rates and batch size as GenHub (8 for the small table, 32 for the large "
        "one), dynamic padding, in fp32.\n",
    ]
    lines += ["| method, table | GenHub | Trainer | ratio, median | GenHub accuracy | Trainer accuracy |", "|---|---|---|---|---|---|"]
    for method, runs in found.items():
        mine, theirs = ([run["tokens_per_second"] for run in runs[who]] for who in ("genhub", "trainer"))
        ratio = statistics.median(a / b for a, b in zip(mine, theirs, strict=True))
        accuracy = [statistics.median(run["accuracy"] for run in runs[who] if "accuracy" in run) for who in ("genhub", "trainer")]
        lines.append(
            f"| {method} | {statistics.median(mine):,.0f} | {statistics.median(theirs):,.0f} | **{ratio:.2f} ×** | {accuracy[0]:.4f} | {accuracy[1]:.4f} |"
        )
    return "\n".join(lines) + "\n"


def _prediction(found: dict) -> str:
    mine, theirs = statistics.median(found["genhub"]), statistics.median(found["pipeline"])
    ratio = statistics.median(b / a for a, b in zip(found["genhub"], found["pipeline"], strict=True))
    return (
        f'## Prediction\n\n{found["texts"]:,} texts: {mine:.2f} s here, {theirs:.2f} s with `pipeline("text-classification", batch_size=32)` on the same weights: '
        f"**{ratio:.2f} ×** (median of {len(found['genhub'])} pairs); the same label on {found['same_labels']:.1%} of the texts.\n"
    )


def _start(found: dict) -> str:
    mine, bare = statistics.median(found["genhub_seconds"]), statistics.median(found["bare_seconds"])
    ratio = statistics.median(a / b for a, b in zip(found["genhub_seconds"], found["bare_seconds"], strict=True))
    return (
        f"## Start\n\nFrom start to HTTP 200 on `/`: {mine:.2f} s, a bare `gr.Blocks` page {bare:.2f} s: **{ratio:.2f} ×** (median of {len(found['bare_seconds'])} pairs). "
        f"The web process holds {found['web_megabytes']:.0f} MB and {'no torch' if not found['web_has_torch'] else 'torch'}. "
        f"From the click on *Train* in a browser to the first training step of LoRA, warm: {statistics.median(found['click_seconds']):.2f} s (median of {len(found['click_seconds'])}).\n"
    )


if __name__ == "__main__":
    main()
