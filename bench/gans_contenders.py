"""What bench/gans.py compares, each in a process of its own: `python bench/gans_contenders.py NAME JSON` → one JSON object."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHOOSING = 200  # images that choose the best epoch
JUDGED = 2_000  # drawn images, and unseen ones
GAN, DIFFUSION = "embedded/fashion-gan-classes", "embedded/fashion-diffusion"
TIMES = {GAN: 20, DIFFUSION: 3}


def _mnist(images: int):
    """(to learn from, to judge by, to choose the best epoch by)."""
    from genhub.zoo.recipes import images as recipe

    train, held, _ = recipe.read("mnist")
    return train.part(slice(0, images)), held.part(slice(0, JUDGED)), held.part(slice(JUDGED, JUDGED + CHOOSING))


def _model(seed: int):
    import torch

    from genhub.images.variants import Blueprint, build
    from genhub.zoo.recipes.images import SHAPE

    torch.manual_seed(seed)
    return build(Blueprint("gan", "dcgan", SHAPE))


def _judged(model, held) -> float:
    """Judge FID of drawn images."""
    from genhub.images.drawing import drawn
    from genhub.images.eye import opened
    from genhub.images.measures import Moments, frechet_distance
    from genhub.training.configs import DrawConfig

    eye = opened("mnist-judge")
    x = drawn(model.eval(), DrawConfig(n=len(held), seed=1))
    return frechet_distance(Moments.of(eye.of(held.x)), Moments.of(eye.of(x)))


def plain(args: dict) -> dict:
    """The loop of a tutorial: fp32, a DataLoader, the default layout, Adam by Radford et al.; each batch is drawn once for both."""
    import torch
    from torch.nn import functional as F
    from torch.utils.data import DataLoader, TensorDataset

    from genhub.images.pixels import tensor

    train, held, _ = _mnist(args["images"])
    model = _model(args["seed"]).train()
    batches = DataLoader(TensorDataset(tensor(train.x).contiguous()), batch_size=args["batch"], shuffle=True, drop_last=True)
    of_d, of_g = (torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999)) for net in (model.discriminator, model.generator))
    began = time.perf_counter()
    for _ in range(args["epochs"]):
        for (x,) in batches:
            fake = model.generator(torch.randn(len(x), model.coding))
            real_says, fake_says = model.discriminator(x, None), model.discriminator(fake.detach(), None)
            loss = F.binary_cross_entropy_with_logits(real_says, torch.ones_like(real_says))
            loss = loss + F.binary_cross_entropy_with_logits(fake_says, torch.zeros_like(fake_says))
            of_d.zero_grad()
            loss.backward()
            of_d.step()
            fooled = model.discriminator(fake, None)
            of_g.zero_grad()
            F.binary_cross_entropy_with_logits(fooled, torch.ones_like(fooled)).backward()
            of_g.step()
    seconds = time.perf_counter() - began
    images = args["epochs"] * len(batches) * args["batch"]
    return {"images_per_second": images / seconds, "seconds": seconds, "judge_fid": _judged(model, held)}


def ours(args: dict) -> dict:
    """The same network on the same images as a job trains it."""
    from genhub.jobs.launcher import waiting

    os.environ.update(waiting(slots=1))
    from genhub import steps
    from genhub.allocator import keep_blocks
    from genhub.images.eye import opened
    from genhub.images.gans import plans
    from genhub.images.gans.task import AVERAGE, DISCRIMINATOR, GENERATOR, GANTask
    from genhub.training.configs import GANConfig
    from genhub.training.loop import fit
    from genhub.training.plan import Phase, Plan, Session, make_accelerator

    keep_blocks()
    train, held, few = _mnist(args["images"])
    model, config = _model(args["seed"]), GANConfig()
    task = GANTask(model, plans.rules(config), train, few, opened("mnist-judge"), args["epochs"])
    rates = {GENERATOR: plans.rate(config), DISCRIMINATOR: config.ratio * plans.rate(config), AVERAGE: 0.0}
    plan = Plan.of(config, (Phase(args["epochs"], rates),), args["batch"], precision="bf16", betas=plans.USUAL_BETAS)
    fitted = steps.result(fit(task, plan, Session(make_accelerator())))
    model.settle()
    return {
        "images_per_second": fitted.rows / fitted.seconds,
        "seconds": fitted.seconds,
        "judge_fid": _judged(model.float(), held),
        "precision": fitted.precision,
    }


def watched(args: dict) -> dict:
    """A training on the digits as the command line starts it: [seconds since it began, judge FID, digits drawn] of each validation."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "run"
        began = time.time()
        words = ["--family", "gan", "--data", "digits", "--out", str(out)]
        subprocess.run([sys.executable, "-m", "genhub", "train", "images", *words], check=True, stdout=subprocess.DEVNULL)
        seconds = time.time() - began
        events = [json.loads(line) for line in (out / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    metrics = [event for event in events if event["event"] == "Metric"]
    first = events[0]["t"]
    judged = [event for event in metrics if "judge_fid" in event["values"]]
    kept = judged[:: max(1, len(judged) // 12)]
    seen = [[event["t"] - first, event["values"]["judge_fid"], int(event["values"]["classes_drawn"])] for event in kept]
    return {"seen": seen, "seconds": seconds}


def drawing(args: dict) -> dict:
    """Seconds of 64 images through the model worker, warm."""
    from genhub import settings
    from genhub.lab import Lab

    lab = Lab(settings.get())
    lab.worker.start()
    found = {}
    for model, times in TIMES.items():
        took = []
        for seed in range(times + 1):
            began = time.perf_counter()
            lab.draw("v" * 43, model, {"n": 64, "seed": seed})
            took.append(time.perf_counter() - began)
        found[f"{model}, 64 images"] = statistics.median(took[1:])
    lab.close()
    return {"seconds": found}


CONTENDERS = {function.__name__: function for function in (plain, ours, watched, drawing)}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(CONTENDERS[sys.argv[1]](json.loads(sys.argv[2]))) + "\n")
