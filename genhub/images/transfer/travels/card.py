"""The card of an image classifier: every way that was tried beside what needs no network, and the figures of each class."""

from genhub.images.transfer import networks
from genhub.images.transfer.travels import code as own
from genhub.jobs.folder import RunFolder
from genhub.text import code, sentences
from genhub.text.card.parts import Figure, Source, escaped, header, listed, training
from genhub.training.configs.transfer import WAYS
from genhub.training.outcome import MODEL

TASK = "image-classification"

_BODY = """\
# {title}

A network that knew other images ({base}) and learnt these {classes} classes; the way whose model is kept: {kept}. All of it is in `model/`.

## Figures

Measured on {test} images that nothing was learnt from, of every class its share (seed {seed}); {train} taught, {validation} chose the best epoch.

| | parameters that learn | accuracy | 95 % interval | macro F1 |
|---|---|---|---|---|
{ways}

{sentences}

### By class

| class | precision | recall | F1 | unseen images |
|---|---|---|---|---|
{by_class}

## How to use it

`{file}` in this folder needs {needs}: `python {file} a.png` says of which class a picture is. It reads {colours} images of {side} × {side}
pixels and turns others into such.

## How it was made

{training}

The same images and seed train it again:

```
{command}
```

## Limits

{limits}
"""


def text(run: RunFolder, metrics: dict, passport: dict) -> str:
    title, split = f"Image classifier of {len(passport['classes'])} classes", metrics["split"]
    reads = networks.reads(run.path / MODEL)
    body = _BODY.format(
        title=title,
        base=passport["base"]["id"],
        classes=len(passport["classes"]),
        kept=WAYS[metrics["kept"]][0].lower() if metrics["kept"] != "lora" else WAYS["lora"][0],
        test=f"{metrics['test_images']:,}",
        train=f"{split['train']:,}",
        validation=f"{split['validation']:,}",
        seed=split["seed"],
        ways="\n".join(_lines(metrics)),
        sentences=listed([escaped(sentence) for sentence in metrics["sentences"]]),
        by_class="\n".join(
            f"| {escaped(one['label'])} | {one['precision']:.3f} | {one['recall']:.3f} | {one['f1']:.3f} | {one['support']:,} |"
            for one in metrics["per_class"]
        ),
        file=own.FILE,
        needs="plain PyTorch" if own.is_ours(passport) else "plain transformers",
        colours="grey" if reads.channels == 1 else "coloured",
        side=reads.height,
        training=training(metrics["training"], passport, "Images"),
        command=code.command_line(run.path, metrics, named=False),
        limits=listed(_limits(metrics, grey=reads.channels == 1)),
    )
    measured = f"Accuracy on {metrics['test_images']} unseen images, 95 % interval {_interval(metrics)}"
    figures = (Figure("accuracy", metrics["accuracy"], measured), Figure("f1", metrics["macro_f1"], "Macro F1"))
    return header(passport, title, TASK, Source.of(run, passport["data"], own.CALLED), split["kind"], figures) + "\n" + body


def _lines(metrics: dict) -> list[str]:
    """Each way, and the baselines."""
    rows = [(WAYS[way["name"]][0], f"{way['trainable_parameters']:,} of {way['total_parameters']:,}", way) for way in metrics["ways"]]
    lines = metrics["baselines"]
    rows += [("logistic regression on the pixels", "", lines["pixels"])]
    rows += [(f"always “{escaped(lines['majority']['label'])}”", "", lines["majority"])]
    return [f"| {name} | {learns} | {one['accuracy']:.3f} | {_interval(one)} | {one['macro_f1']:.3f} |" for name, learns, one in rows]


def _interval(figures: dict) -> str:
    return f"[{figures['accuracy_low']:.3f}, {figures['accuracy_high']:.3f}]"


def _limits(metrics: dict, *, grey: bool) -> list[str]:
    lines = [
        "The figures hold for images like these: the same sort of thing, seen in the same way. Measure again on your own.",
        *(["It reads small grey images: what only colour or fine detail tells apart, it cannot tell apart."] if grey else []),
        "It names one of its classes for any picture, also for one that is of none of them.",
    ]
    return [*lines, sentences.stopped(metrics)] if metrics["stopped"] else lines
