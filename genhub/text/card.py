"""The model card of a run: README.md with a Hugging Face header, the measured figures and their ground, and the limits.

Everything in it was measured in that run or read from its passport. It holds no text of the user's table, and not the
table's name either: a card may be published. A data set of the Hub is public, and named.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from genhub import catalog
from genhub.jobs.folder import RunFolder
from genhub.text import code, sentences

FILE = "README.md"
SAMPLE_SET = "genhub-sample"
PRIVATE_SET = "private"

_BODY = """\
# {title}

{summary}

## Figures

{ground}

| | accuracy | 95 % interval | macro F1 |
|---|---|---|---|
{figures}

{sentences}

### By class

| label | precision | recall | F1 | unseen rows |
|---|---|---|---|---|
{classes}

## How to use it

Save this as `{script_file}` in this folder.

```python
{script}```

## How it was made

{training}

The same table and seed train it again:

```
{command}
```

## Limits

{limits}
"""


def write(run: RunFolder, metrics: dict | None = None, passport: dict | None = None) -> Path:
    """Write README.md into the run's folder and return its path.

    `metrics` and `passport` are read from the folder where they are not given, so that a trainer can write the card before
    metrics.json says that the run has ended. Raises UserError when they are missing.
    """
    metrics = run.read("metrics.json") if metrics is None else metrics
    passport = run.read("passport.json") if passport is None else passport
    path = run.path / FILE
    path.write_text(text(run, metrics, passport), encoding="utf-8")
    return path


def text(run: RunFolder, metrics: dict, passport: dict) -> str:
    """The card as Markdown with its YAML header."""
    base = catalog.hub_id(passport["base"]["id"])
    sample = passport["data"].get("sample") or (run.job()["data"].get("sample") if run.has("job.json") else None)
    whole_model = (run.path / "model").is_dir()
    title = f"Text classifier: {base.rpartition('/')[2]}, {passport['method']}, {len(metrics['labels'])} classes"
    body = _BODY.format(
        title=title,
        summary=_summary(passport, base, whole_model),
        ground=_ground(metrics),
        figures=_figures(metrics),
        sentences="\n".join(f"- {_escaped(sentence)}" for sentence in metrics["sentences"]),
        classes="\n".join(_class_line(entry) for entry in metrics["per_class"]),
        script_file=code.FILE,
        script=code.script_for(passport, whole_model=whole_model),
        training=_training(metrics["training"], passport),
        command=code.command_line(run.path, metrics, named=False),
        limits="\n".join(f"- {line}" for line in _limits(metrics, passport)),
    )
    return _header(metrics, passport, title, _Source.of(passport["data"], sample)) + "\n" + body


@dataclass(frozen=True)
class _Source:
    """What the card may say of where the rows come from: a sample of ours, a public set, or nothing but that they are private."""

    name: str
    kind: str
    revision: str = ""

    @staticmethod
    def of(data: dict, sample: str | None) -> "_Source":
        if sample:
            return _Source(f"GenHub sample {sample}", SAMPLE_SET)
        if hub := data.get("hub"):
            return _Source(hub["dataset"], hub["dataset"], hub["revision"])
        return _Source("A private table", PRIVATE_SET)


def _header(metrics: dict, passport: dict, title: str, source: _Source) -> str:
    """The YAML block that the Hub reads. Strings are written as JSON, which YAML understands."""
    entry = catalog.MODELS.get(passport["base"]["id"])
    peft = passport["adapter"] == "peft"
    measured = f"Accuracy on {metrics['test_rows']} unseen rows, 95 % interval {_interval(metrics)}"
    lines = [
        f"license: {entry.licence.lower() if entry else 'unknown'}",
        f"base_model: {_quoted(catalog.hub_id(passport['base']['id']))}",
        f"base_model_relation: {'finetune' if passport['adapter'] == 'none' else 'adapter'}",
        "pipeline_tag: text-classification",
        *(["library_name: peft"] if peft else []),
        *(["language:", *(f"- {language}" for language in entry.languages)] if entry and entry.languages != ("*",) else []),
        "tags:",
        *(f"- {tag}" for tag in ("genhub", "text-classification", passport["method"])),
        "metrics:",
        "- accuracy",
        "- f1",
        "model-index:",
        f"- name: {_quoted(title)}",
        "  results:",
        "  - task:",
        "      type: text-classification",
        "    dataset:",
        f"      name: {_quoted(source.name)}",
        f"      type: {_quoted(source.kind)}",
        *([f"      revision: {source.revision}"] if source.revision else []),
        f"      split: {_quoted(metrics['split'].get('kind', ''))}",
        "    metrics:",
        "    - type: accuracy",
        f"      value: {metrics['accuracy']:.4f}",
        f"      name: {_quoted(measured)}",
        "    - type: f1",
        f"      value: {metrics['macro_f1']:.4f}",
        "      name: Macro F1",
    ]
    return "\n".join(["---", *lines, "---", ""])


def _summary(passport: dict, base: str, whole_model: bool) -> str:
    kept = {
        "peft": "a PEFT adapter in `adapter/`",
        "bottleneck": "bottleneck adapters in `bottleneck.safetensors` (a format of its own, not PEFT)",
        "none": "the whole encoder in `model/`" if whole_model else "no change to the encoder",
    }[passport["adapter"]]
    pooled = "the first token's state" if passport["pooling"] == "cls" else "the mean of the token states"
    pooled += f", scaled to length {passport['scale']:g}" if passport["normalize"] else ""
    return (
        f"[{base}](https://huggingface.co/{base}), adapted with method `{passport['method']}`: {kept}, and a linear head in "
        f"`head.safetensors` on {pooled}. "
        f"It puts one of {len(passport['labels'])} labels on a text; the labels are in `passport.json`."
    )


def _ground(metrics: dict) -> str:
    split = metrics["split"]
    seed = f"seed {split.get('seed')}"
    if metrics["folds"]:
        return _cross_validated(metrics, seed)
    origin = "a separate test table" if split.get("kind") == "given" else f"a stratified hold-out part ({seed})"
    train, validation = split.get("train", 0), split.get("validation", 0)
    told = f"Measured on {metrics['test_rows']:,} unseen rows: {origin}. {train:,} rows taught, {validation:,} chose the best epoch."
    return told + (" Duplicates of a text are on one side of the split." if split.get("groups_kept_together") else "")


def _cross_validated(metrics: dict, seed: str) -> str:
    """After Stop the figures may rest on some folds only, and the model kept is then that of the last of them."""
    judged, planned = metrics["folds"], metrics["split"].get("folds") or metrics["folds"]
    told, unseen = sentences.folds(metrics), "each row was predicted by a model that had not seen it."
    if judged == planned and not metrics["stopped"]:
        kept = "The model in this folder was trained afterwards with the same options."
        return f"Measured on all {metrics['test_rows']:,} rows by {judged}-fold cross-validation ({seed}): {unseen} {kept}"
    rows = f"Measured on {metrics['test_rows']:,} rows by cross-validation ({seed}), {told}: {unseen}"
    if judged == planned:
        return f"{rows} The model in this folder is the best one there was when training was stopped."
    return f"{rows} Then it was stopped; the model in this folder is that of fold {judged}."


def _figures(metrics: dict) -> str:
    tfidf, majority = metrics["baselines"]["tfidf"], metrics["baselines"]["majority"]
    named = f"always “{_escaped(majority['label'])}”"
    return "\n".join(
        (
            f"| this model | {metrics['accuracy']:.3f} | {_interval(metrics)} | {metrics['macro_f1']:.3f} |",
            f"| TF-IDF + logistic regression | {tfidf['accuracy']:.3f} | {_interval(tfidf)} | {tfidf['macro_f1']:.3f} |",
            f"| {named} | {majority['accuracy']:.3f} | {_interval(majority)} | {majority['macro_f1']:.3f} |",
        )
    )


def _class_line(entry: dict) -> str:
    figures = " | ".join(f"{entry[name]:.3f}" for name in ("precision", "recall", "f1"))
    return f"| {_escaped(entry['label'])} | {figures} | {entry['support']:,} |"


def _training(training: dict, passport: dict) -> str:
    """What is known of the training, a line each; figures that were not measured are left out."""
    facts = [
        ("Trainable parameters", training.get("trainable_parameters"), "{:,}"),
        ("All parameters", training.get("total_parameters"), "{:,}"),
        ("Seconds", training.get("seconds"), "{:.1f}"),
        ("Optimiser steps", training.get("steps"), "{:,}"),
        ("Epochs run", training.get("epochs_run"), "{}"),
        ("Batch size", training.get("batch_size"), "{}"),
        ("Learning rate", training.get("learning_rate"), "{:g}"),
        ("Learning rate of the head", training.get("head_learning_rate"), "{:g}"),
        ("Peak memory", training.get("peak_memory_mb"), "{:,.0f} MB"),
        ("Precision", _told(training, "precision"), "{}"),
        ("Device", _told(training, "device"), "{}"),
        ("Seed", passport.get("seed"), "{}"),
        ("Data set", _data_set(passport["data"].get("hub")), "{}"),
        ("Rows of the table", passport["data"].get("rows"), "{:,}"),
        ("SHA-256 of the cleaned rows", passport["data"].get("sha256"), "`{}`"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in passport.get("versions", {}).items()) or None, "{}"),
    ]
    return "\n".join(f"- {name}: {shape.format(value)}" for name, value, shape in facts if value is not None)


def _data_set(hub: dict | None) -> str | None:
    """Which rows of which public set."""
    if not hub:
        return None
    cut = ("", "its first rows", "drawn from a shuffled stream")[hub["cut"] + (hub["cut"] and hub["drawn"])]
    words = (hub["dataset"], f"configuration “{hub['config']}”", f"split “{hub['split']}”", f"revision {hub['revision'][:10]}", cut)
    return ", ".join(_escaped(word) for word in words if word)


def _told(training: dict, name: str) -> str | None:
    return None if training.get(name) is None else _escaped(str(training[name]))


def _limits(metrics: dict, passport: dict) -> list[str]:
    entry = catalog.MODELS.get(passport["base"]["id"])
    lines = [
        f"The figures hold for texts like those of the table: {metrics['test_rows']:,} rows of one source. Measure again on your own.",
        f"Only the first {passport['max_length']} tokens of a text are read.",
        "Every text gets one of the labels, also one that fits none of them; a threshold on the highest probability helps.",
        f"Probabilities are not corrected: expected calibration error {metrics['calibration']['ece']:.3f} on the unseen rows.",
        "Labels were taken as they came; mistakes and one-sidedness in them were learnt too.",
    ]
    if entry and "*" not in entry.languages:
        lines.insert(2, f"The encoder was trained on: {', '.join(entry.languages)}. Other languages were not tested.")
    if metrics["suspects"]:
        lines.append(
            f"The model disagrees confidently with the label of {metrics['suspects']:,} of the unseen rows; some of those labels may be wrong."
        )
    if metrics["stopped"]:
        lines.append(sentences.stopped(metrics))
    return lines


def _interval(figures: dict) -> str:
    """Empty where it was not measured: runs of the first versions have none for the majority class."""
    if "accuracy_low" not in figures:
        return ""
    return f"[{figures['accuracy_low']:.3f}, {figures['accuracy_high']:.3f}]"


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _escaped(value: str) -> str:
    """A label as Markdown shows it: no table borders, no mark-up, one line."""
    for sign in ("\\", "|", "`", "*", "_", "[", "]", "#"):
        value = value.replace(sign, f"\\{sign}")
    return " ".join(value.replace("&", "&amp;").replace("<", "&lt;").split())
