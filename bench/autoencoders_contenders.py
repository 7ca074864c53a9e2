"""What bench/autoencoders.py compares, each in a process of its own: `python bench/autoencoders_contenders.py NAME JSON` → one JSON object."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

MAP_IMAGES = 10_000
NEIGHBOURS = 5
SIDE, SURE = 28, 0.9
JUDGE = Path(__file__).parent.parent / "genhub" / "zoo" / "mnist-judge"


def _mnist(images: int):
    """(to learn from, to choose the best epoch by)."""
    from genhub.zoo.recipes import images as recipe

    train, held, _ = recipe.read("mnist")
    return train.part(slice(0, images)), held.part(slice(0, 2_000))


def _model(seed: int):
    import torch

    from genhub.images.variants import Blueprint, build
    from genhub.zoo.recipes.images import SHAPE

    torch.manual_seed(seed)
    return build(Blueprint("vae", "conv", SHAPE, 2))


def plain(args: dict) -> dict:
    """The loop of a tutorial: fp32, a DataLoader, the default layout, Adam."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    from genhub.images import figures
    from genhub.images.pixels import tensor

    train, held = _mnist(args["images"])
    model, batches = _model(args["seed"]), DataLoader(TensorDataset(tensor(train.x).contiguous()), batch_size=128, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=args["rate"])
    began = time.perf_counter()
    for _ in range(args["epochs"]):
        for (x,) in batches:
            terms = model.terms(x)
            loss = (terms["reconstruction"] + terms["kl"]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    seconds = time.perf_counter() - began
    return {"images_per_second": args["epochs"] * len(train) / seconds, "nats": figures.nats(model.eval(), held)["total"]}


def _fitted(args: dict):
    """Our loop as a job has it: (model, what came of it, images to judge it on)."""
    from genhub.jobs.launcher import waiting

    os.environ.update(waiting(slots=1))
    from genhub import steps
    from genhub.allocator import keep_blocks
    from genhub.images.pixels import Examples
    from genhub.images.task import ALL, CoderTask
    from genhub.training.loop import fit
    from genhub.training.plan import Phase, Plan, Session, make_accelerator

    keep_blocks()
    train, held = _mnist(args["images"])
    model = _model(args["seed"])
    task = CoderTask(model, Examples(train), Examples(held))
    plan = Plan(
        (Phase(args["epochs"], {ALL: args["rate"]}),),
        batch_size=128,
        warmup=0.05,
        weight_decay=0.0,
        precision=args["precision"],
        seed=args["seed"],
    )
    return model, steps.result(fit(task, plan, Session(make_accelerator()))), held


def ours(args: dict) -> dict:
    """The same model on the same images through our loop: bf16 where it is faster, channels last."""
    from genhub.images import figures

    model, fitted, held = _fitted({**args, "precision": "bf16"})
    nats = figures.nats(model.cpu().float().eval(), held)["total"]
    return {"images_per_second": fitted.rows / fitted.seconds, "nats": nats, "precision": fitted.precision}


def mapped(args: dict) -> dict:
    """A whole training as the page starts it, seen by its film: [seconds since the first frame, share of the images on the map whose five nearest
    neighbours name their class, digits that the judge is sure of among the images drawn] of each frame."""
    from sklearn.model_selection import LeaveOneOut, cross_val_score
    from sklearn.neighbors import KNeighborsClassifier

    train, _ = _mnist(MAP_IMAGES)
    with tempfile.TemporaryDirectory() as scratch:
        data, out = Path(scratch) / "mnist.npz", Path(scratch) / "run"
        np.savez(data, x=train.x, y=train.y)
        options = ["--family", "vae", "--variant", "conv-wide", "--coding", "2", "--data", str(data), "--out", str(out)]
        subprocess.run([sys.executable, "-m", "genhub", "train", "images", *options], check=True, stdout=subprocess.DEVNULL)
        frames = sorted(out.glob("frames/*.json"))
        began, seen = frames[0].stat().st_mtime, []
        for frame in frames:
            told = json.loads(frame.read_text())
            near = cross_val_score(KNeighborsClassifier(NEIGHBOURS), told["places"], told["classes"], cv=LeaveOneOut())
            seen.append((frame.stat().st_mtime - began, float(near.mean()), _digits(frame.with_suffix(".png"))))
    return {"seen": seen}


def _digits(frame: Path) -> int:
    """How many of the ten digits the judge is sure of among the images drawn in a frame."""
    import torch
    from PIL import Image

    from genhub.images import stored
    from genhub.images.film import DRAWN, SHOWN
    from genhub.images.pixels import tensor

    with Image.open(frame) as picture:
        pixels = np.asarray(picture)
    gap = (pixels.shape[1] - SHOWN * SIDE) // (SHOWN - 1)
    step = SIDE + gap
    drawn = [pixels[row * step :, column * step :][:SIDE, :SIDE] for row in range(2, 2 + DRAWN // SHOWN) for column in range(SHOWN)]
    with torch.inference_mode():
        sure = stored.load(JUDGE)(tensor(np.stack(drawn))).softmax(1)
    return len({int(row.argmax()) for row in sure if row.max() >= SURE})


def answers(args: dict) -> dict:
    """Seconds of the page's questions to the model worker, warm: 64 images drawn, a place of the map decoded, a way of ten images."""
    from genhub import settings
    from genhub.lab import Lab

    lab = Lab(settings.get())
    lab.worker.start()
    visitor, model = "v" * 43, args["model"]
    asked = {
        "64 images drawn": lambda seed: lab.draw(visitor, model, {"n": 64, "seed": seed}),
        "a place decoded": lambda seed: lab.images_at(visitor, model, [[seed / 50, 0.0]]),
        "a way of ten images": lambda seed: lab.images_at(visitor, model, [[seed / 50, step / 10] for step in range(10)]),
        "the neighbours of a code": lambda seed: lab.look(visitor, model, {"place": [seed / 50, 0.0]}),
    }
    found = {}
    for name, ask in asked.items():
        for seed in range(3):
            ask(seed)
        times = []
        for seed in range(30):
            began = time.perf_counter()
            ask(seed)
            times.append(time.perf_counter() - began)
        found[name] = statistics.median(times)
    lab.close()
    return {"seconds": found}


CONTENDERS = {function.__name__: function for function in (plain, ours, mapped, answers)}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(CONTENDERS[sys.argv[1]](json.loads(sys.argv[2]))) + "\n")
