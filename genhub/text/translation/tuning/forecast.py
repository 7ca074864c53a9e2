"""What tuning a translator will cost, from real work on the user's own pairs, before anything is committed.

Reading, opening the model, optimiser steps, validations and the verdict's translations are each done for a moment, timed and scaled.
"""

from pathlib import Path

from genhub.text import methods
from genhub.text.adapting import costs
from genhub.text.adapting.forecast import MORE, SECONDS, START_SECONDS
from genhub.text.adapting.lean import lean
from genhub.text.translation import writing
from genhub.text.translation.tuning import learner, material, verdict
from genhub.text.translation.tuning.material import Material
from genhub.training import outcome
from genhub.training.configs import TuneConfig
from genhub.training.loop import time_steps
from genhub.training.plan import Session, make_accelerator

TRIED = 16  # sources that are translated


def forecast(request: dict) -> dict:
    """The cost of a run, from {"config", "rows_path"}: trainable_parameters, total_parameters, trainable_percent, steps, seconds
    (validations and verdict included), memory_mb, precision, and on what it rests: measured_steps. Raises UserError as the training
    would."""
    config = TuneConfig.from_dict(request["config"])
    accelerator = make_accelerator()
    memory = outcome.Memory(accelerator.device)
    known, start = costs.timed(lambda: material.gather(config, material.read(Path(request["rows_path"]))))
    plan = learner.plan(config, len(known.train.pairs))
    steps = plan.steps(len(known.train.pairs))
    model = learner.tuned(known.base, config, steps)
    trainable, total = methods.counts(model.model)
    with lean(model.model):
        timed = time_steps(learner.task(model, known), plan, Session(accelerator), SECONDS)
    model.model.eval()
    read = timed.step_seconds * sum(known.train.lengths) + timed.forward_seconds * sum(known.validation.lengths)
    own = methods.get(config.method).storage == "peft"
    return {
        "trainable_parameters": trainable,
        "total_parameters": total,
        "trainable_percent": round(100 * trainable / total, 4),
        "steps": steps,
        "seconds": round(START_SECONDS + start + config.epochs * read + 2 * _judging(known, model), 1),
        "memory_mb": round(MORE * (memory.peak_mb() + 4e-6 * (trainable if own else 2 * total)), 1),
        "precision": timed.precision,
        "measured_steps": timed.steps,
    }


def _judging(known: Material, model) -> float:
    """Translating what one contender has to, from a few of the sources that are to be learnt from."""
    sources = [model.text([*source, model.special.end]) for source, _ in known.train.pairs[:TRIED]]
    _, seconds = costs.timed(lambda: list(writing.write(model, sources, known.config.beams)))
    asked = min(verdict.MOST, len(known.test)) + len(known.general)
    return seconds * asked / len(sources)
