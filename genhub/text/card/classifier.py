"""The card of a classifier: accuracy beside TF-IDF and the majority class, precision and recall of every label."""

from genhub import catalog
from genhub.jobs.folder import RunFolder
from genhub.text import code, sentences
from genhub.text.card.parts import Figure, Source, escaped, header, listed, training

TASK = "text-classification"

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


def text(run: RunFolder, metrics: dict, passport: dict) -> str:
    base = catalog.hub_id(passport["base"]["id"])
    whole_model = (run.path / "model").is_dir()
    title = f"Text classifier: {base.rpartition('/')[2]}, {passport['method']}, {len(metrics['labels'])} classes"
    body = _BODY.format(
        title=title,
        summary=_summary(passport, base, whole_model),
        ground=_ground(metrics),
        figures=_figures(metrics),
        sentences=listed([escaped(sentence) for sentence in metrics["sentences"]]),
        classes="\n".join(_class_line(entry) for entry in metrics["per_class"]),
        script_file=code.file_of(passport),
        script=code.script_for(passport, whole_model=whole_model),
        training=training(metrics["training"], passport, "Rows of the table"),
        command=code.command_line(run.path, metrics, named=False),
        limits=listed(_limits(metrics, passport)),
    )
    measured = f"Accuracy on {metrics['test_rows']} unseen rows, 95 % interval {_interval(metrics)}"
    figures = (Figure("accuracy", metrics["accuracy"], measured), Figure("f1", metrics["macro_f1"], "Macro F1"))
    source = Source.of(run, passport["data"], "table")
    return header(passport, title, TASK, source, metrics["split"].get("kind", ""), figures) + "\n" + body


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
    named = f"always “{escaped(majority['label'])}”"
    return "\n".join(
        (
            f"| this model | {metrics['accuracy']:.3f} | {_interval(metrics)} | {metrics['macro_f1']:.3f} |",
            f"| TF-IDF + logistic regression | {tfidf['accuracy']:.3f} | {_interval(tfidf)} | {tfidf['macro_f1']:.3f} |",
            f"| {named} | {majority['accuracy']:.3f} | {_interval(majority)} | {majority['macro_f1']:.3f} |",
        )
    )


def _class_line(entry: dict) -> str:
    figures = " | ".join(f"{entry[name]:.3f}" for name in ("precision", "recall", "f1"))
    return f"| {escaped(entry['label'])} | {figures} | {entry['support']:,} |"


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
