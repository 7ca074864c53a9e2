"""What a training from scratch leaves in its run folder: model/, the passport, the card and the figures.

model/ is a plain folder of transformers for a GPT, one of `char_rnn` for an RNN, with its tokeniser. metrics.json comes last, so a
folder that has it is complete.
"""

import shutil

import torch

from genhub.jobs.folder import RunFolder
from genhub.text import char_rnn
from genhub.text.adapting.outcome import TOLD, save_figures
from genhub.text.causal import Causal
from genhub.text.generator import FORMAT
from genhub.training import outcome
from genhub.training.configs import ScratchConfig

__all__ = ["save_figures", "save_model"]


def save_model(run: RunFolder, model: Causal, config: ScratchConfig, metrics: dict) -> dict:
    """The weights and passport.json, which tells those of the `metrics` that are in TOLD; what an earlier stop left goes first."""
    outcome.set_aside(run)
    folder = run.path / outcome.MODEL
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if config.architecture == "rnn":
        variant = char_rnn.STATEFUL if config.stateful else char_rnn.STATELESS
        char_rnn.save(folder, {variant: model.model.rnn}, torch.float32)
    else:
        model.model.save_pretrained(folder)
    model.tokenizer.save_pretrained(folder)
    facts = {"format": FORMAT, "task": "scratch", "adapter": "model", "window": config.window}
    facts["metrics"] = {name: metrics[name] for name in TOLD if name in metrics}
    return outcome.write_passport(run, model, config, facts)
