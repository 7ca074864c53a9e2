"""`sample`: images that a trained model draws."""

import argparse
from pathlib import Path

from genhub import gate, hub, settings
from genhub.commands import Command, add_config, config_values, run_folders, target
from genhub.commands.output import Output
from genhub.errors import UserError
from genhub.families import DIFFUSION
from genhub.images.saved import ENDINGS
from genhub.training.configs import DrawConfig, EnlargeConfig


def _arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--run", dest="run_folder", help="Folder or id of a run that trained a VAE, a GAN or a diffusion model.")
    which.add_argument(
        "--model",
        help="An image model that comes with GenHub, such as embedded/mnist-vae-classes, or a diffusion model of the Hub, as owner/name.",
    )
    add_config(parser, DrawConfig)
    parser.add_argument("--each", type=int, help="Of every class so many, in place of --n in all.")
    parser.add_argument("--datasets", action="store_true", help="F.zip unpacks to a folder that datasets.load_dataset reads, with a card.")
    parser.add_argument(
        "--out",
        required=True,
        help="F.png for one picture, F.zip for one each, or F.npz: x uint8 (N, H, W[, 3]), and y of a conditional model.",
    )


def _run(args: argparse.Namespace, out: Output) -> None:
    config = gate.filled(DrawConfig, config_values(args, DrawConfig))
    path = target(args.out)
    ending = path.suffix.lower().removeprefix(".")
    if ending not in ENDINGS:
        what = f"“{path.name}” is neither a picture nor pictures nor an array."
        raise UserError(what, "It ends in .png, .zip or .npz.", "Choose such a name.", "out")
    if args.datasets and ending != "zip":
        raise UserError(f"“{path.name}” is no ZIP.", "A folder for datasets is packed as one.", "Choose a name that ends in .zip.", "out")
    folder = run_folders.finished(args.run_folder).path if args.run_folder else _model(args.model)
    from genhub.images import saved
    from genhub.images.painter import open_painter

    painter = open_painter(folder)
    if args.each is not None:
        each = gate.filled(EnlargeConfig, {"each": args.each}).each
        config = painter.set_of(each, config, int(DrawConfig.option("n").high))
    x, classes = painter.draw(config)
    told = f"drawn by {args.model or folder.name} in GenHub, seed {config.seed}."
    path.write_bytes(saved.as_set(x, classes, painter.names, saved.DATASETS if args.datasets else ending, told))
    out.result(
        {"out": str(path), "images": config.n, "shape": list(x.shape)}, f"{config.n:,} images of {x.shape[1]} × {x.shape[2]} pixels: {path}"
    )


def _model(model: str) -> Path:
    """The folder of a model of ours, or of one of the Hub. Raises UserError for one that there is not."""
    here = hub.image_models()
    if "/" in model and not model.startswith("embedded/"):
        return hub.model_folder(model, settings.get(), family=DIFFUSION.name).path
    if model not in here:
        what = f"There is no image model “{model[:80]}” here."
        raise UserError(what, f"Those that are: {', '.join(here) or 'none'}.", "Choose one of them, or a run.", "model")
    return here[model]


COMMAND = Command("draw images with a trained model", _arguments, _run)
