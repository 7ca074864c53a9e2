"""`sample`: images that a trained model draws."""

import argparse

from genhub import gate
from genhub.commands import Command, add_config, config_values, run_folders, target
from genhub.commands.output import Output
from genhub.errors import UserError
from genhub.training.configs import DrawConfig

ENDINGS = ("png", "zip", "npz")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", dest="run_folder", required=True, help="Folder or id of a run that trained a VAE.")
    add_config(parser, DrawConfig)
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
    run = run_folders.finished(args.run_folder)
    passport = run.read("passport.json")
    from genhub.images import saved, stored, verdict
    from genhub.images.painter import open_painter

    if passport.get("format") != stored.FORMAT:
        raise UserError("This run has no image model.", "Images are drawn by one.", "Choose a run of “train images”.", "run")
    painter = open_painter(run.path)
    classes = painter.classes(config.n, config.label)
    x = verdict.drawn(painter.model, config.n, config.seed, config.temperature, classes)
    path.write_bytes(saved.as_file(x, classes, painter.names, ending))
    out.result(
        {"out": str(path), "images": config.n, "shape": list(x.shape)}, f"{config.n:,} images of {x.shape[1]} × {x.shape[2]} pixels: {path}"
    )


COMMAND = Command("draw images with a trained model", _arguments, _run)
