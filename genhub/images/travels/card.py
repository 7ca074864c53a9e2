"""The card of an image model: how well it gives images back, beside PCA, and what its code is worth."""

from genhub.images.travels import code as own
from genhub.jobs.folder import RunFolder
from genhub.text import code, sentences
from genhub.text.card.parts import Figure, Source, escaped, header, listed, training

TASKS = {"autoencoder": "image-to-image", "vae": "unconditional-image-generation"}
NAMES = {"pca": "PCA with a code of {components} numbers", "mean": "the mean image"}

_BODY = """\
# {title}

{summary}

## Figures

{ground}

| | squared error a pixel | 95 % interval |
|---|---|---|
{figures}

{sentences}

## How to use it

`{file}` in this folder holds the model as plain PyTorch and does it: `python {file}`.

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
    task, split = passport["task"], metrics["split"]
    title = f"{'Variational autoencoder' if task == 'vae' else 'Autoencoder'}: {passport['method']}"
    interval = f"[{metrics['mse_low']:.5f}, {metrics['mse_high']:.5f}]"
    rows = [("this model", metrics["mse"], interval)]
    rows += [(NAMES[name].format(**line), line["mse"], "") for name, line in metrics["baselines"].items()]
    told = " It is told the class of an image." if passport["config"].get("conditional") else ""
    body = _BODY.format(
        title=title,
        summary=f"An image model trained from drawn weights, with a code of {metrics['code']['size']:,} numbers; all of it is in `model/`.{told}",
        ground=(
            f"Measured on {metrics['test_images']:,} images that nothing was learnt from, drawn at random (seed {split['seed']}); "
            f"{split['train']:,} taught, {split['validation']:,} chose the best epoch. Intensities from 0 to 1."
        ),
        figures="\n".join(f"| {name} | {error:.5f} | {between} |" for name, error, between in rows),
        sentences=listed([escaped(sentence) for sentence in metrics["sentences"]]),
        file=own.FILE,
        training=training(metrics["training"], passport, "Images"),
        command=code.command_line(run.path, metrics, named=False),
        limits=listed(_limits(metrics)),
    )
    figures = (Figure("mse", metrics["mse"], f"Squared error a pixel on {metrics['test_images']} unseen images, 95 % interval {interval}"),)
    source = Source.of(run, passport["data"], own.CALLED)
    return header(passport, title, TASKS[task], source, split["kind"], figures) + "\n" + body


def _limits(metrics: dict) -> list[str]:
    lines = [
        "The figures hold for images like these: the same size, the same sort of thing in them. Measure again on your own.",
        "What it draws or gives back may resemble the images it learnt from: publish it only where those may be published.",
    ]
    return [*lines, sentences.stopped(metrics)] if metrics["stopped"] else lines
