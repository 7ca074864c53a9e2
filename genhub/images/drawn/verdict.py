"""The verdict on a model that only draws: drawn images beside real ones that it has not seen, by the features of an eye
(genhub/images/eye.py), and beside what two sets of real images say of each other."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from genhub.events import Event, Progress
from genhub.images import measures
from genhub.images.coder import Drawer
from genhub.images.diffusion.unet import Diffusion
from genhub.images.drawing import drawn as drawn_by
from genhub.images.eye import Eye, choose
from genhub.images.material import Material
from genhub.images.measures import Moments, frechet_distance
from genhub.images.pixels import Images
from genhub.training.configs import DrawConfig

MOST, MOST_IN_STEPS = 10_000, 500  # test images, and as many drawn ones
AFTER_STOP = 200
REACHED = 2_000  # of each set between which all distances are taken
SEED = 0
DIGITS = 5


def judge(material: Material, stopped: bool) -> Iterator[Event]:
    """Progress; a generator whose return value is what metrics.json begins with."""
    model, eye = material.model, choose(material.train)
    test = material.test.part(slice(0, min(AFTER_STOP, most(model)) if stopped else most(model)))
    yield Progress(0, 2, None, f"{len(test):,} images drawn")
    drawn = drawn_for(model, test)
    yield Progress(1, 2, None, f"Looked at by {eye.name}")
    found = {
        **figures(drawn, test, material.train, eye, told=bool(model.classes)),
        "judge": eye.name,
        "test_images": len(test),
        "code": {"size": model.coding},
    }
    return {name: _rounded(value) for name, value in found.items()}


def most(model: Drawer) -> int:
    """Images that are drawn for a verdict, at most: fewer by a model that takes many steps for each."""
    return MOST_IN_STEPS if isinstance(model, Diffusion) else MOST


def drawn_for(model: Drawer, test: Images, guidance: float = 1.0) -> np.ndarray:
    """As many images as there are in `test`, of a conditional model of the same classes."""
    return drawn_by(model, DrawConfig(n=len(test), seed=SEED, guidance=guidance), test.y if model.classes else None)


def figures(drawn: np.ndarray, test: Images, train: Images, eye: Eye, *, told: bool) -> dict:
    """`likeness`; where there are classes `of_classes` as classes, and `obeyed` as asked, of a model that is told them."""
    learnt = train.part(slice(0, max(len(test), REACHED)))
    seen = {"real": eye.of(test.x), "drawn": eye.of(drawn), "learnt": eye.of(learnt.x)}
    found = likeness(seen)
    if len(learnt.names) > 1:
        found["classes"] = of_classes(seen, learnt, test)
        found |= {"asked": obeyed(seen, learnt, test)} if told else {}
    return found


def likeness(seen: dict[str, torch.Tensor]) -> dict:
    """judge_fid; judge_fid_floor: of as many real images that were learnt from; precision, recall, variety, closeness (see measures)."""
    real, drawn, learnt = seen["real"], seen["drawn"], seen["learnt"]
    of_real = Moments.of(real)
    precision, recall = measures.precision_recall(real[:REACHED], drawn[:REACHED])
    return {
        "judge_fid": frechet_distance(of_real, Moments.of(drawn)),
        "judge_fid_floor": frechet_distance(of_real, Moments.of(learnt[: len(real)])),
        "precision": precision,
        "recall": recall,
        "variety": measures.variety(real, drawn),
        "closeness": measures.closeness(learnt[:REACHED], real[:REACHED], drawn[:REACHED]),
    }


def of_classes(seen: dict[str, torch.Tensor], learnt: Images, test: Images) -> list[dict]:
    """Of each class its name, its share among real images and among drawn ones, and whether it counts as covered."""
    count = len(learnt.names)
    real = (np.bincount(test.y, minlength=count) / len(test)).tolist()
    own = measures.shares(seen["learnt"], _classes(learnt), seen["drawn"], count)
    covered = measures.covered(own, real)
    return [
        {"name": name, "real": round(among, DIGITS), "drawn": round(share, DIGITS), "covered": bool(there)}
        for name, among, share, there in zip(learnt.names, real, own, covered, strict=True)
    ]


def obeyed(seen: dict[str, torch.Tensor], learnt: Images, test: Images) -> dict:
    """Share of images that are of the class that they are said to be of, by the nearest ones that were learnt from: of drawn ones the class
    that was asked for (drawn), of unseen real ones their own (real)."""
    said = _classes(test)

    def right(features: torch.Tensor) -> float:
        return float((measures.voted(seen["learnt"], _classes(learnt), features, len(learnt.names)) == said).float().mean())

    return {"drawn": right(seen["drawn"]), "real": right(seen["real"])}


def lost(classes: Sequence[dict]) -> list[str]:
    """The names of classes that are hardly drawn."""
    return [each["name"] for each in classes if not each["covered"]]


def _classes(images: Images) -> torch.Tensor:
    return torch.from_numpy(images.y.astype(np.int64))


def _rounded(value):
    if isinstance(value, float):
        return round(value, DIGITS)
    return {name: _rounded(one) for name, one in value.items()} if isinstance(value, dict) else value
