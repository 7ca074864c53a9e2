"""What the training of an image model will cost, from real work on the user's own images, before anything is committed."""

import time
from collections.abc import Callable
from pathlib import Path

from genhub import tasks
from genhub.images import figures, kinds, material, verdict
from genhub.images.coder import parameters
from genhub.images.drawn import verdict as drawn
from genhub.images.eye import choose
from genhub.training import outcome
from genhub.training.loop import time_steps
from genhub.training.plan import Session, make_accelerator

SECONDS = 1.5  # of measured steps
START_SECONDS = 0.5  # a process forked, its folder written
JUDGED, FEW = 200, 20  # images reconstructed or drawn for the measurement; FEW: of a model that takes many steps for each
DRAWN = ("gan", "diffusion")  # whose verdict is on drawn images
PASSES = {"autoencoder": 2, "vae": 6}  # over the test images for the verdict: reconstructions, codes, and a VAE's bound
MORE = 1.1  # times the memory reckoned


def forecast(request: dict) -> dict:
    """The cost of a run, from {"config", "rows_path", "task"}: trainable_parameters, total_parameters, trainable_percent, steps, seconds
    (validations and verdict included), memory_mb, precision, and on what it rests: measured_steps. Raises UserError as the training
    would."""
    config = tasks.get(request["task"]).config.from_dict(request["config"])
    accelerator = make_accelerator()
    memory = outcome.Memory(accelerator.device)
    gathered, start = _timed(lambda: material.gather(config, material.read_rows(Path(request["rows_path"]))))
    kind = kinds.of(config)
    plan, learnt = kind.plan(config, gathered), parameters(gathered.model)
    task = kind.task(config, gathered, plan)
    timed = time_steps(task, plan, Session(accelerator), SECONDS)
    gathered.model.eval()
    judged, sizes = _judged(gathered, request["task"]), gathered.sizes()
    steps = timed.step_seconds * sizes["train"] + timed.forward_seconds * sizes["validation"]
    return {
        "trainable_parameters": learnt,
        "total_parameters": learnt,
        "trainable_percent": 100.0,
        "steps": plan.steps(sizes["train"]),
        "seconds": round(START_SECONDS + start + plan.epochs * steps + judged, 1),
        "memory_mb": round(MORE * (memory.peak_mb() + 4e-6 * learnt), 1),
        "precision": timed.precision,
        "measured_steps": timed.steps,
    }


def _judged(gathered: material.Material, task: str) -> float:
    """Seconds that the verdict takes."""
    gathered.model.cpu()
    if task in DRAWN:
        few = gathered.test.part(slice(0, FEW if drawn.most(gathered.model) < drawn.MOST else JUDGED))
        _, seconds = _timed(lambda: drawn.drawn_for(gathered.model, few))
        _, looked = _timed(lambda: drawn.figures(few.x, few, gathered.train, choose(gathered.train), told=False))
        return looked + seconds / len(few) * min(len(gathered.test), drawn.most(gathered.model))
    few = gathered.test.part(slice(0, JUDGED))
    _, read = _timed(lambda: figures.errors(gathered.model, few))
    _, lines = _timed(lambda: verdict.base_lines(gathered, few, stopped=False))
    return read / len(few) * min(len(gathered.test), verdict.MOST) * PASSES[task] + lines


def _timed(work: Callable):
    start = time.perf_counter()
    return work(), time.perf_counter() - start
