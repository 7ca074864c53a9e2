"""`sample`: images that a trained model draws."""

import argparse

from genhub import gate
from genhub.commands import Command, add_config, config_values, run_folders, target
from genhub.commands.output import Output
from genhub.errors import UserError
from genhub.training.configs import DrawConfig

ENDINGS = (".png", ".npz")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", dest="run_folder", required=True, help="Folder or id of a run that trained a VAE.")
    add_config(parser, DrawConfig)
    parser.add_argument(
        "--out", required=True, help="grid.png for one picture, or F.npz: x uint8 (N, H, W[, 3]), and y of a conditional model."
    )


def _run(args: argparse.Namespace, out: Output) -> None:
    config = gate.filled(DrawConfig, config_values(args, DrawConfig))
    path = target(args.out)
    if path.suffix.lower() not in ENDINGS:
        raise UserError(f"“{path.name}” is neither a picture nor an array.", "It ends in .png or .npz.", "Choose such a name.", "out")
    run = run_folders.finished(args.run_folder)
    passport = run.read("passport.json")
    import numpy as np

    from genhub.data.image_sets import grid, png
    from genhub.images import stored, verdict
    from genhub.images.painter import open_painter

    if passport.get("format") != stored.FORMAT:
        raise UserError("This run has no image model.", "Images are drawn by one.", "Choose a run of “train images”.", "run")
    painter = open_painter(run.path)
    classes = painter.classes(config.n, config.label)
    x = verdict.drawn(painter.model, config.n, config.seed, config.temperature, classes)
    if path.suffix.lower() == ".png":
        path.write_bytes(png(grid(x, max(1, round(config.n**0.5)))))
    else:
        told = {} if classes is None else {"y": classes}
        np.savez_compressed(path, x=x, **told)
    out.result(
        {"out": str(path), "images": config.n, "shape": list(x.shape)}, f"{config.n:,} images of {x.shape[1]} × {x.shape[2]} pixels: {path}"
    )


COMMAND = Command("draw images with a trained model", _arguments, _run)
