"""`tell`: of which class images are, by a run that learnt to tell classes apart."""

import argparse
import base64

import numpy as np

from genhub import gate, settings
from genhub.commands import Command, run_folders
from genhub.commands.output import Output, table
from genhub.data.pictures import pixels_of
from genhub.errors import UserError
from genhub.lab.telling import COLOURED, SIDE

MOST = 1_000  # files at once
SHOWN = 3  # classes a picture


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--run", required=True, dest="run_name", metavar="RUN", help="Folder or id of a run of train images --family transfer."
    )
    parser.add_argument(
        "--turned", action="store_true", help="Dark becomes light: for dark things on light ground, where it learnt light ones."
    )
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="PNG, JPEG or WebP.")


def _run(args: argparse.Namespace, out: Output) -> None:
    if len(args.pictures) > MOST:
        raise UserError(f"{len(args.pictures):,} pictures are too many at once.", f"At most {MOST:,}.", "Give fewer.", "pictures")
    folder = run_folders.finished(args.run_name)
    uploads = [gate.image(path, settings.get().limits) for path in args.pictures]
    from genhub.images.transfer.teller import open_teller

    teller = open_teller(folder.path)
    known = folder.job()["data"] if folder.has("job.json") else {}
    shape = {"side": int(known.get("side") or SIDE), "channels": int(known.get("channels") or COLOURED)}
    found = []
    for upload in uploads:
        read = pixels_of({"path": str(upload.path), "name": upload.name, **shape, "turned": args.turned})
        x = np.frombuffer(bytearray(base64.b64decode(read["pixels"])), np.uint8)
        shares = teller.shares(x.reshape(1, shape["side"], shape["side"], *([3] if shape["channels"] == 3 else [])))[0]
        scores = {name: round(float(share), 6) for name, share in zip(teller.names, shares, strict=True)}
        found.append({"picture": str(upload.path), "label": max(scores, key=scores.get), "scores": scores})
    out.result({"pictures": found}, table(("picture", "classes"), [(each["picture"], _best(each["scores"])) for each in found]))


def _best(scores: dict[str, float]) -> str:
    ordered = sorted(scores.items(), key=lambda item: -item[1])[:SHOWN]
    return ", ".join(f"{name} {share:.3f}" for name, share in ordered)


COMMAND = Command("say of which class images are", _arguments, _run)
