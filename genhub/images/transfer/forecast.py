"""What a transfer will cost, from real work on the user's own images, before anything is committed."""

import time
from pathlib import Path

from genhub.images.material import read_rows
from genhub.images.transfer import verdict, ways
from genhub.images.transfer.material import Material, gather
from genhub.images.transfer.networks import Network
from genhub.training import outcome
from genhub.training.configs import TransferConfig
from genhub.training.loop import time_steps
from genhub.training.plan import Session, make_accelerator

SECONDS = 0.6  # of measured steps of each way
START_SECONDS = 0.5  # a process forked, its folder written
JUDGED = 50  # test images told apart for the measurement
MORE = 1.1  # times the memory reckoned


def forecast(request: dict) -> dict:
    """The cost of a run, from {"config", "rows_path", "task"}: trainable_parameters of the way in which most learn, total_parameters,
    trainable_percent, steps and seconds of all ways (validations and verdict included), memory_mb, precision, and on what it rests:
    measured_steps. Raises UserError as the training would."""
    config = TransferConfig.from_dict(request["config"])
    accelerator = make_accelerator()
    memory, start = outcome.Memory(accelerator.device), time.perf_counter()
    material = gather(config, read_rows(Path(request["rows_path"])))
    seconds = START_SECONDS + time.perf_counter() - start
    begun = {"frozen": material.base.network.with_head(len(material.names))}
    sizes, steps, measured, most = material.sizes(), 0, 0, 0
    for way in config.ways:
        learner = ways.learner(way, config, material, begun)
        timed = time_steps(learner.task, learner.plan, Session(accelerator), SECONDS)
        seconds += learner.plan.epochs * (timed.step_seconds * sizes["train"] + timed.forward_seconds * sizes["validation"])
        steps, measured, most = steps + learner.plan.steps(sizes["train"]), measured + timed.steps, max(most, learner.trainable)
    total = sum(tensor.numel() for tensor in begun["frozen"].parameters())
    return {
        "trainable_parameters": most,
        "total_parameters": total,
        "trainable_percent": round(100 * min(most, total) / total, 4),
        "steps": steps,
        "seconds": round(seconds + _judged(material, begun["frozen"], len(config.ways)), 1),
        "memory_mb": round(MORE * (memory.peak_mb() + 4e-6 * most), 1),
        "precision": timed.precision,
        "measured_steps": measured,
    }


def _judged(material: Material, network: Network, count: int) -> float:
    """Seconds that the verdict takes: so many networks on the test images, and the baseline on pixels."""
    few, start = material.test.part(slice(0, JUDGED)), time.perf_counter()
    scores = verdict.probabilities(network.cpu(), few)
    own = (time.perf_counter() - start) / len(few) * len(material.test) * count
    start = time.perf_counter()
    verdict.base_lines(material, few, scores.argmax(1) == few.y, 0)
    return own + time.perf_counter() - start
