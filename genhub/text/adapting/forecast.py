"""What an adaptation will cost, from real work on the user's own text, before anything is committed.

Every kind of work that a run does is done here for a moment, timed and scaled: reading the text, opening the model, optimiser steps,
validations, samples, the verdict (`genhub.text.adapting.costs`). The most memory that this took is what the run will take, and the best
weights, and a tenth. Early stopping is not foreseen: a run may be shorter, it is hardly ever longer.
"""

from pathlib import Path

from genhub.text import corpus, methods
from genhub.text.adapting import costs, learner, material
from genhub.text.adapting.lean import lean
from genhub.text.adapting.learner import AdaptTask
from genhub.text.adapting.material import sampler
from genhub.training import outcome
from genhub.training.configs import AdaptConfig
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
    config = AdaptConfig.from_dict(request["config"])
    accelerator = make_accelerator()
    memory = outcome.Memory(accelerator.device)
    text, start = costs.timed(lambda: material.gather(config, corpus.read(Path(request["rows_path"]))))
    windows, held = text.windows()
    plan = learner.plan(config, len(windows.lengths))
    steps = plan.steps(len(windows.lengths))
    model = learner.adapted(text.base, config, steps)
    trainable, total = methods.counts(model.model)
    with lean(model.model):
        timed = time_steps(AdaptTask(model.model, windows, held), plan, Session(accelerator), SECONDS)
    model.model.eval()
    read = timed.step_seconds * config.epochs * sum(windows.lengths) + timed.forward_seconds * (config.epochs + 1) * sum(held.lengths)
    own = methods.get(config.method).storage == "peft"
    base = Contender(model, model.model.disable_adapter) if own else Contender(model)
    seconds = START_SECONDS + start + read + costs.sampling(sampler(text, model), config.samples)
    return {
        "trainable_parameters": trainable,
        "total_parameters": total,
        "trainable_percent": round(100 * trainable / total, 4),
        "steps": steps,
        "seconds": round(seconds + costs.judging(text, {"model": Contender(model), "base": base}), 1),
        "memory_mb": round(MORE * (memory.peak_mb() + 4e-6 * (trainable if own else 2 * total)), 1),
        "precision": timed.precision,
        "measured_steps": timed.steps,
    }
