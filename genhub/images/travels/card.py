"""The card of an image model: how well it gives images back, beside PCA, and what its code is worth; how like real images a GAN's are."""

from genhub.images.travels import code as own
from genhub.jobs.folder import RunFolder
from genhub.text import code, sentences
from genhub.text.card.parts import Figure, Source, escaped, header, listed, training

TASKS = {"autoencoder": "image-to-image", **dict.fromkeys(("vae", "gan", "diffusion"), "unconditional-image-generation")}
TITLES = {
    "autoencoder": "Autoencoder",
    "vae": "Variational autoencoder",
    "gan": "Generative adversarial network",
    "diffusion": "Diffusion model",
}
NAMES = {"pca": "PCA with a code of {components} numbers", "mean": "the mean image"}

_BODY = """\
# {title}

{summary}

## Figures

{ground}

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
    title = f"{TITLES[task]}: {passport['method']}"
    table, figure = (_of_drawn_images if "judge_fid" in metrics else _of_a_coder)(metrics)
    told = " It is told the class of an image." if passport["config"].get("conditional") else ""
    body = _BODY.format(
        title=title,
        summary=f"An image model trained from drawn weights, with a code of {metrics['code']['size']:,} numbers; all of it is in `model/`.{told}",
        ground=(
            f"Measured on {metrics['test_images']:,} images that nothing was learnt from, drawn at random (seed {split['seed']}); "
            f"{split['train']:,} taught, {split['validation']:,} chose the best epoch. Intensities from 0 to 1."
        ),
        figures=table,
        sentences=listed([escaped(sentence) for sentence in metrics["sentences"]]),
        file=own.FILE,
        training=training(metrics["training"], passport, "Images"),
        command=code.command_line(run.path, metrics, named=False),
        limits=listed(_limits(metrics)),
    )
    source = Source.of(run, passport["data"], own.CALLED)
    return header(passport, title, TASKS[task], source, split["kind"], (figure,)) + "\n" + body


def _of_a_coder(metrics: dict) -> tuple[str, Figure]:
    """The table of figures, and the one that stands in the header."""
    interval = f"[{metrics['mse_low']:.5f}, {metrics['mse_high']:.5f}]"
    rows = [("this model", metrics["mse"], interval)]
    rows += [(NAMES[name].format(**line), line["mse"], "") for name, line in metrics["baselines"].items()]
    lines = [f"| {name} | {error:.5f} | {between} |" for name, error, between in rows]
    told = f"Squared error a pixel on {metrics['test_images']} unseen images, 95 % interval {interval}"
    return "\n".join(["| | squared error a pixel | 95 % interval |", "|---|---|---|", *lines]), Figure("mse", metrics["mse"], told)


def _of_drawn_images(metrics: dict) -> tuple[str, Figure]:
    """As `_of_a_coder`."""
    sample, judge = metrics["test_images"], metrics["judge"]
    rows = [
        ("judge FID", f"{metrics['judge_fid']:.2f}", f"{metrics['judge_fid_floor']:.2f}"),
        *((name, f"{metrics[name]:.3f}", "") for name in ("precision", "recall", "variety", "closeness")),
    ]
    lines = [f"| {name} | {own} | {floor} |" for name, own, floor in rows]
    told = f"Fréchet distance of the features of {judge}, {sample} drawn images and {sample} unseen ones"
    return "\n".join(["| | drawn images | real ones |", "|---|---|---|", *lines]), Figure("judge_fid", metrics["judge_fid"], told)


def _limits(metrics: dict) -> list[str]:
    lines = [
        "The figures hold for images like these: the same size, the same sort of thing in them. Measure again on your own.",
        "What it draws or gives back may resemble the images it learnt from: publish it only where those may be published.",
    ]
    return [*lines, sentences.stopped(metrics)] if metrics["stopped"] else lines
