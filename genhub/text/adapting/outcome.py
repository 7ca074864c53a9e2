"""What an adaptation leaves in its run folder: adapter/ or model/, the passport, the card and the figures.

metrics.json comes last, so a folder that has it is complete.
"""

from genhub.jobs.folder import RunFolder, write_json
from genhub.text import card, methods
from genhub.text.causal import Causal
from genhub.text.generator import FORMAT
from genhub.training import outcome
from genhub.training.configs import AdaptConfig

TOLD = ("bits_per_character", "bits_per_character_low", "bits_per_character_high", "loss", "perplexity", "test_characters")


def save_model(run: RunFolder, model: Causal, config: AdaptConfig, window: int, metrics: dict) -> dict:
    """The weights and passport.json, which tells those of the `metrics` that are in TOLD; what an earlier stop left goes first."""
    outcome.set_aside(run)
    adapter = methods.save(model, config, run.path)
    facts = {"format": FORMAT, "task": "generate", "adapter": adapter, "window": window}
    facts["metrics"] = {name: metrics[name] for name in TOLD if name in metrics}
    return outcome.write_passport(run, model, config, facts)


def save_figures(run: RunFolder, metrics: dict, passport: dict) -> None:
    """The card, and metrics.json as the last."""
    card.write(run, metrics, passport)
    write_json(run.path / "metrics.json", metrics)
