"""What a tuned translator leaves in its run folder: adapter/ or model/, the passport and the figures.

metrics.json comes last, so a folder that has it is complete.
"""

from genhub.jobs.folder import RunFolder, write_json
from genhub.text import card, methods
from genhub.text.formats import TRANSLATOR as FORMAT
from genhub.text.translation.translator import Translator
from genhub.training import outcome
from genhub.training.configs import TuneConfig

TOLD = ("bleu", "bleu_low", "bleu_high", "chrf", "chrf_low", "chrf_high", "test_sources")


def save_model(run: RunFolder, model: Translator, config: TuneConfig, metrics: dict) -> dict:
    """The weights and passport.json, which tells those of the `metrics` that are in TOLD; what an earlier stop left goes first."""
    outcome.set_aside(run)
    adapter = methods.save(model, config, run.path)
    facts = {"format": FORMAT, "task": "translate", "adapter": adapter, "languages": [model.source, model.target]}
    facts["metrics"] = {name: metrics[name] for name in TOLD if name in metrics}
    return outcome.write_passport(run, model, config, facts)


def save_figures(run: RunFolder, metrics: dict, passport: dict) -> None:
    """The card, and metrics.json as the last."""
    card.write(run, metrics, passport)
    write_json(run.path / "metrics.json", metrics)
