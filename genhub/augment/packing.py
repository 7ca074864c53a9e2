"""Augmented pictures packed to take home, in one-shot children, JSON in, JSON out."""

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np

from genhub.augment.images.variants import variant
from genhub.augment.kinds import chain_of
from genhub.errors import UserError

MOST_PIXELS = 400_000_000  # of all variants together
CARD = """\
# {count:,} variants of one picture

Made of “{name}” ({width} × {height} pixels) in GenHub by this chain of operations, seed {seed}:

{steps}
`chain.json` is the chain, to be loaded again; `drawn.json` holds what was drawn for each variant. Measure whether such variants help before you
learn from them: learn with and without, and judge both on pictures that neither has seen.
"""


def photo(args: dict) -> dict:
    """{"path", "others", "chain", "copies", "name", "out"} → {"count"}; writes a ZIP of PNGs with a card, the chain and what was drawn."""
    chain, copies = chain_of(args["chain"], "image"), int(args["copies"])
    image, others = read(args["path"]), [read(path) for path in args["others"]]
    height, width = image.shape[:2]
    if copies * height * width > MOST_PIXELS:
        what = f"{copies:,} variants of {width} × {height} pixels are too much at once."
        remedy = f"Ask for {max(1, MOST_PIXELS // (height * width)):,}."
        raise UserError(what, f"At most {MOST_PIXELS / 1e6:g} million pixels in all.", remedy, "copies")
    drawn = []
    with zipfile.ZipFile(args["out"], "w") as archive:
        for number in range(copies):
            made = variant(chain, image, number, others)
            drawn.append([[name, dict(told)] for name, told in made.drawn])
            archive.writestr(f"variant-{number:04d}.png", png(made.image))
        steps = "".join(
            f"- {step.name}{'' if step.amount is None else f' {step.amount:g}'}, chance {step.chance:g}\n" for step in chain.steps
        )
        card = CARD.format(count=copies, name=args["name"], width=width, height=height, seed=chain.seed, steps=steps)
        archive.writestr("README.md", card)
        archive.writestr("chain.json", json.dumps(chain.to_dict(), indent=1) + "\n")
        archive.writestr("drawn.json", json.dumps(drawn) + "\n")
    return {"count": copies}


def read(path: str | Path) -> np.ndarray:
    """A picture of ours as (H, W) or (H, W, 3) of bytes, red first. Raises UserError where there is none."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise UserError("This picture is not here any more.", "Pictures are kept for 24 hours.", "Choose it again.", "photo")
    return image if image.ndim == 2 else cv2.cvtColor(image[..., :3], cv2.COLOR_BGR2RGB)


def png(image: np.ndarray) -> bytes:
    _, packed = cv2.imencode(".png", image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return packed.tobytes()
