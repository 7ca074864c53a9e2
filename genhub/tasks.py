"""What can be trained: for each task its configuration and where its generator of events is. Data, imported lazily.

A trainer is called `train(config, run)` with a checked Config and a RunFolder that holds job.json and data/; it yields
events, ends with Done or raises, and looks at `run.stop_requested()` between steps.
"""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from genhub.errors import UserError
from genhub.events import Event
from genhub.options import Config
from genhub.training.configs import (
    AdaptConfig,
    AutoencoderConfig,
    ClassifyConfig,
    DiffusionConfig,
    GANConfig,
    MeasureImagesConfig,
    MeasureTablesConfig,
    MeasureTextsConfig,
    ScratchConfig,
    TransferConfig,
    TuneConfig,
    VAEConfig,
)


@dataclass(frozen=True)
class Task:
    name: str
    config: type[Config]
    trainer: str  # "module:function"
    forecaster: str = ""  # what a training will cost, in the same way
    family: str = ""  # of the pretrained model that its configuration names (see genhub.families); empty: none
    source: str = "text"  # what it learns from: table | numbers | text | pairs | images
    command: str = ""  # what follows `train` on the command line; empty: its name
    accelerated: bool = True  # it uses a GPU where there is one, and keeps checkpoints

    @property
    def words(self) -> str:
        """What follows `train` on the command line."""
        return self.command or self.name

    def load(self) -> Callable[..., Iterator[Event]]:
        return resolve(self.trainer)


TASKS = {
    task.name: task
    for task in (
        Task("classify", ClassifyConfig, "genhub.text.classify:train", "genhub.text.forecast:forecast", "encoder", "table"),
        Task("generate", AdaptConfig, "genhub.text.adapt:train", "genhub.text.adapting.forecast:forecast", "causal-lm"),
        Task("translate", TuneConfig, "genhub.text.tune:train", "genhub.text.translation.tuning.forecast:forecast", "seq2seq", "pairs"),
        Task(
            "autoencoder",
            AutoencoderConfig,
            "genhub.images.train:train",
            "genhub.images.forecast:forecast",
            source="images",
            command="images --family autoencoder",
        ),
        Task(
            "vae", VAEConfig, "genhub.images.train:train", "genhub.images.forecast:forecast", source="images", command="images --family vae"
        ),
        Task(
            "gan", GANConfig, "genhub.images.train:train", "genhub.images.forecast:forecast", source="images", command="images --family gan"
        ),
        Task(
            "diffusion",
            DiffusionConfig,
            "genhub.images.train:train",
            "genhub.images.forecast:forecast",
            source="images",
            command="images --family diffusion",
        ),
        Task(
            "transfer",
            TransferConfig,
            "genhub.images.transfer.train:train",
            "genhub.images.transfer.forecast:forecast",
            "image-classifier",
            source="images",
            command="images --family transfer",
        ),
        Task("measure-tables", MeasureTablesConfig, "genhub.augment.measure.train:train", source="numbers", accelerated=False),
        Task("measure-texts", MeasureTextsConfig, "genhub.augment.measure.train:train", "", "encoder", "table", accelerated=False),
        Task("measure-images", MeasureImagesConfig, "genhub.augment.measure.train:train", source="images", accelerated=False),
        Task("scratch", ScratchConfig, "genhub.text.scratch:train", "genhub.text.from_scratch.forecast:forecast"),
    )
}


def get(name: str) -> Task:
    if name not in TASKS:
        raise UserError(f"There is no task “{str(name)[:40]}”.", f"Tasks: {', '.join(TASKS)}.", "Choose one of them.", "task")
    return TASKS[name]


def resolve(path: str) -> Callable:
    """The function that "module:function" names; only modules of this package."""
    module, _, function = path.partition(":")
    if module.partition(".")[0] not in ("genhub", "tests"):
        raise ValueError(f"not ours: {path!r}")
    return getattr(importlib.import_module(module), function)
