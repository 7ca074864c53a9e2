"""What a training from scratch will cost, from real work on the user's own text, before anything is committed.

Every kind of work that a run does is done here for a moment, timed and scaled: reading the text, optimiser steps, validations, samples,
the verdict (`genhub.text.adapting.costs`). The most memory that this took is what the run will take, and the best weights, and a tenth.
"""

from pathlib import Path

from genhub.text import corpus
from genhub.text.adapting import costs
from genhub.text.from_scratch import learner, material
from genhub.training import outcome
from genhub.training.configs import ScratchConfig
from genhub.training.loop import time_steps
from genhub.training.plan import Session, make_accelerator
from genhub.training.work import Contender

SECONDS = 1.5  # of measured steps
START_SECONDS = 0.5  # a process forked, its folder written
MORE = 1.1  # times the memory reckoned


def forecast(request: dict) -> dict:
    """The cost of a run, from {"config", "rows_path"}: trainable_parameters, total_parameters, trainable_percent, steps, seconds
    (samples, validations and verdict included), memory_mb, precision, and on what it rests: measured_steps. Raises UserError as the
    training would."""
    config = ScratchConfig.from_dict(request["config"])
    accelerator = make_accelerator()
    memory = outcome.Memory(accelerator.device)
    text, start = costs.timed(lambda: material.gather(config, corpus.read(Path(request["rows_path"]))))
    model = text.base
    parameters = sum(tensor.numel() for tensor in model.model.parameters())
    task = learner.task(model, config, text.train, text.validation)
    plan = learner.plan(config, len(task.train.lengths))
    timed = time_steps(task, plan, Session(accelerator), SECONDS)
    model.model.eval()
    read = timed.step_seconds * learner.STRETCHES * sum(task.train.lengths)
    read += timed.forward_seconds * learner.STRETCHES * sum(task.validation.lengths)
    seconds = START_SECONDS + start + read + costs.sampling(learner.sampler(config, model), config.samples)
    return {
        "trainable_parameters": parameters,
        "total_parameters": parameters,
        "trainable_percent": 100.0,
        "steps": plan.steps(len(task.train.lengths)),
        "seconds": round(seconds + costs.judging(text, {"model": Contender(model)}), 1),
        "memory_mb": round(MORE * (memory.peak_mb() + 4e-6 * parameters), 1),
        "precision": timed.precision,
        "measured_steps": timed.steps,
    }
