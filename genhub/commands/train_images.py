"""`train images`: train a model that gives back or draws images, from drawn weights."""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genhub import catalog, gate, hub, settings
from genhub.commands import Command, add_config, config_values, names, training
from genhub.commands.output import Output, table
from genhub.commands.table_reading import naming_the_option, on_the_hub, streamed
from genhub.commands.training import Source, Training
from genhub.data import image_sets
from genhub.data.fixes import OF_IMAGES
from genhub.data.image_sets import DIGITS
from genhub.errors import UserError
from genhub.events import Done
from genhub.jobs.folder import RunFolder
from genhub.options import Config
from genhub.training.configs import IMAGE_PRESETS, TRANSFER_PRESETS, DrawConfig, ImageSetConfig
from genhub.training.configs.transfer import WAYS

DATA_HELP = (
    "A ZIP or a folder of PNG, JPEG or WebP images (folders in it name the classes), a NumPy file (.npz with x and y), or digits: the "
    f"1,797 handwritten ones of scikit-learn; or synthetic ones that a model of ours draws: {', '.join(catalog.DRAWN_SETS)}; "
    "or a data set of the Hub: hub:owner/name[:config[:split]]."
)
NAMES = {"pca": "PCA, {components} numbers", "mean": "the mean image"}


def set_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="SET", help=DATA_HELP)
    parser.add_argument("--fix", default="", help=f"How to read it: {', '.join(OF_IMAGES)} (files in it that cannot be read as images).")
    add_config(parser, ImageSetConfig)


@contextmanager
def set_of(args: argparse.Namespace, config: Config, out: Output) -> Iterator[Source]:
    """The images; what was done to them is printed."""
    read, fixes = gate.filled(ImageSetConfig, config_values(args, ImageSetConfig)), names(args.fix, tuple(OF_IMAGES), "fix")
    folder = Path(tempfile.mkdtemp(prefix="genhub-images-"))
    try:
        request = {"folder": str(folder), **read.to_dict(), "fixes": fixes, **origin_of(args.data, folder)}
        with naming_the_option():
            info = image_sets.ImagesInfo(**image_sets.read_images(request))
        for finding in info.findings:
            out.say(f"  {finding['text']}")
        yield Source(folder / image_sets.ROWS, image_sets.origin(info))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def origin_of(data: str, folder: Path) -> dict:
    """What `image_sets.read_images` is asked besides: where the images come from. Those that a model draws are put into `folder` first."""
    if data in catalog.DRAWN_SETS and not Path(data).exists():
        return {"path": str(_drawn(data, folder)), "sample": data, "source": "sample", "name": data}
    if data == DIGITS and not Path(data).exists():
        return {"sample": DIGITS, "source": "sample", "name": DIGITS}
    if on_the_hub(data):
        return {**streamed(data, folder, images=True), "source": "hub"}
    if Path(data).is_dir():
        return {"path": data, "source": "file", "name": Path(data).absolute().name}
    upload = gate.image_set(data, settings.get().limits)
    return {"path": str(upload.path), "source": "file", "name": upload.name}


def _drawn(name: str, folder: Path) -> Path:
    """A set that a model of ours draws, as a file. Raises UserError where the model is not here."""
    model, here = catalog.DRAWN_SETS[name][0], hub.image_models()
    if model not in here:
        raise UserError(f"{model} is not here.", "It draws this set.", "Choose other images.", "data")
    from genhub.images import saved
    from genhub.images.painter import open_painter

    painter, path = open_painter(here[model]), folder / "drawn.npz"
    path.write_bytes(saved.as_file(*painter.draw(DrawConfig(n=catalog.DRAWN_IMAGES)), painter.names, "npz"))
    return path


def _told_apart(run: RunFolder, done: Done) -> str:
    """The verdict on a transfer."""
    metrics, lines = done.metrics, done.metrics["baselines"]
    rows = [(WAYS[way["name"]][0], f"{way['trainable_parameters']:,}", _share(way), f"{way['macro_f1']:.3f}") for way in metrics["ways"]]
    rows += [("logistic regression on the pixels", "", _share(lines["pixels"]), f"{lines['pixels']['macro_f1']:.3f}")]
    rows += [(f"always “{lines['majority']['label']}”", "", _share(lines["majority"]), f"{lines['majority']['macro_f1']:.3f}")]
    return "\n".join(
        (
            f"{metrics['test_images']:,} unseen images:",
            table(("", "parameters that learn", "accuracy", "macro F1"), rows),
            *metrics["sentences"],
            "",
            f"Use it: python -m genhub tell --run {run.path} picture.png",
        )
    )


def _share(line: dict) -> str:
    return f"{line['accuracy']:.3f} [{line['accuracy_low']:.3f}, {line['accuracy_high']:.3f}]"


def _words(run: RunFolder, done: Done) -> str:
    metrics = done.metrics
    figure, rows = (_likeness if "judge_fid" in metrics else _errors)(metrics)
    return "\n".join(
        (
            f"{metrics['test_images']:,} unseen images:",
            table(("", figure), rows),
            *metrics["sentences"],
            "",
            f"Use it: python -m genhub sample --run {run.path} --n 64 --out grid.png",
        )
    )


def _errors(metrics: dict) -> tuple[str, list[tuple]]:
    rows = [("this model", f"{metrics['mse']:.4f}")]
    return "squared error a pixel", rows + [
        (NAMES[name].format(**line), f"{line['mse']:.4f}") for name, line in metrics["baselines"].items()
    ]


def _likeness(metrics: dict) -> tuple[str, list[tuple]]:
    return "judge FID", [("drawn images", f"{metrics['judge_fid']:.1f}"), ("real ones", f"{metrics['judge_fid_floor']:.1f}")]


def _training(family: str, help: str) -> Training:
    if family == "transfer":
        return Training(family, help, "set of images", TRANSFER_PRESETS, set_arguments, set_of, _told_apart)
    return Training(family, help, "set of images", IMAGE_PRESETS[family], set_arguments, set_of, _words)


TRAININGS = {
    each.task: each
    for each in (
        _training("autoencoder", "train an autoencoder on images"),
        _training("vae", "train a variational autoencoder on images"),
        _training("gan", "train a generative adversarial network on images"),
        _training("diffusion", "train a diffusion model on images"),
        _training("transfer", "teach an image classifier classes of your own"),
    )
}


def source_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the images come from, the family and the options of all families, for `train` and for `forecast`."""
    parser.add_argument("--family", default="vae", help=f"What is trained: {' or '.join(TRAININGS)}. Default: vae.")
    set_arguments(parser)
    presets = "; ".join(f"{family}: {', '.join(each.presets)}" for family, each in TRAININGS.items())
    parser.add_argument("--preset", default="", help=f"Start from a preset ({presets}); options given win.")
    variants = "; ".join(
        f"{family}: {', '.join(option.choices)}"
        for family, each in TRAININGS.items()
        for option in each.config.options()
        if option.name == "variant"
    )
    parser.add_argument("--variant", default=argparse.SUPPRESS, help=f"Of the family. {variants}.")
    known = {"variant"}
    for each in TRAININGS.values():
        add_config(parser, each.config, known)
        known |= {option.name for option in each.config.options()}


def _arguments(parser: argparse.ArgumentParser) -> None:
    source_arguments(parser)
    training.place_arguments(parser)


def chosen(args: argparse.Namespace) -> Training:
    """What --family says. Raises UserError for an option of another family."""
    found = TRAININGS[gate.choice(args.family, tuple(TRAININGS), "family")]
    every = {name: getattr(args, name) for each in TRAININGS.values() for name in config_values(args, each.config)}
    gate.config(found.task, every)
    return found


def _run(args: argparse.Namespace, out: Output) -> None:
    training.run(chosen(args), args, out)


IMAGES = Command("train a model on images: one that draws, gives back, or tells them apart", _arguments, _run)
