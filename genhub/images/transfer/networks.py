"""The networks that are taught other classes: a judge of ours, or a ResNet or a vision transformer of the Hub, behind one face.

base = open_base("microsoft/resnet-18")     # what is taken over, and what a passport names it by
taught = base.network.with_head(5)          # its body under a new head
taught(x)                                   # (B, C, H, W) from 0 to 1 → (B, 5)
taught.save(folder, names); load(folder)
"""

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from genhub import families, hub, settings
from genhub.errors import UserError
from genhub.hub_choice import PREPROCESSOR
from genhub.images import stored
from genhub.images.coder import Shape
from genhub.images.eye import prepared
from genhub.images.judge import Judge
from genhub.images.variants import Blueprint

STEPS_OF_A_JUDGE, STEPS_OF_A_LARGE_ONE = 500, 100  # a large network knows more, and takes longer


class Network(nn.Module):
    """head: how the names of the last layer's parameters begin. reads: the shape of the images that it is shown. steps: of an optimiser that
    suit a way. still: what the base keeps count of (batch norms) stays as it is while it learns."""

    head: str
    reads: Shape
    steps: int
    still = True

    def with_head(self, classes: int) -> "Network":
        """A copy with a new last layer for so many classes, drawn from torch's generator."""
        raise NotImplementedError

    def drawn(self, classes: int) -> "Network":
        """The same network from drawn weights."""
        raise NotImplementedError

    def adapts(self) -> list[str]:
        """The names of the layers beside which low-rank adapters stand."""
        raise NotImplementedError

    def once(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) as far as it is prepared once, before the training; `forward` does the rest."""
        return x

    def save(self, folder: Path, names: Sequence[str]) -> None:
        """What `load` reads: a folder that the library of the network reads, too."""
        raise NotImplementedError

    def train(self, mode: bool = True) -> "Network":
        super().train(mode)
        if self.still:
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        return self


class Small(Network):
    """A judge: it reads small grey images."""

    head, steps = "judge.head.", STEPS_OF_A_JUDGE

    def __init__(self, judge: Judge):
        super().__init__()
        self.judge, self.reads = judge, judge.shape

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.judge(self.once(x))

    def once(self, x: torch.Tensor) -> torch.Tensor:
        return prepared(self.judge, x)

    def with_head(self, classes: int) -> "Small":
        judge = copy.deepcopy(self.judge)
        judge.head, judge.classes = nn.Linear(judge.head.in_features, classes), classes
        return Small(judge)

    def drawn(self, classes: int) -> "Small":
        return Small(Judge(self.judge.shape, classes))

    def adapts(self) -> list[str]:
        return [name for name, module in self.named_modules() if isinstance(module, nn.Conv2d)]

    def save(self, folder: Path, names: Sequence[str]) -> None:
        stored.save(folder, Blueprint(stored.JUDGE, stored.JUDGE, self.judge.shape, classes=len(names)), self.judge, names)


class Pretrained(Network):
    """A model that `AutoModelForImageClassification` loads: it reads coloured images of one size, their colours centred and scaled."""

    head, steps = "model.classifier.", STEPS_OF_A_LARGE_ONE

    def __init__(self, model: nn.Module, side: int, mean: Sequence[float], std: Sequence[float]):
        super().__init__()
        self.model, self.side, self.reads = model, side, Shape(3, side, side)
        self.register_buffer("mean", torch.tensor(mean).reshape(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).reshape(1, 3, 1, 1), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.expand(-1, 3, -1, -1)
        if x.shape[2:] != (self.side, self.side):
            x = F.interpolate(x, (self.side, self.side), mode="bilinear", antialias=True).clamp(0, 1)
        return self.model(pixel_values=(x - self.mean) / self.std).logits

    def with_head(self, classes: int) -> "Pretrained":
        made = copy.deepcopy(self)
        place, last = next(
            (name, module) for name, module in made.model.named_modules() if isinstance(module, nn.Linear) and "classifier" in name
        )
        made.model.set_submodule(place, nn.Linear(last.in_features, classes))
        made.model.config.num_labels = made.model.num_labels = classes
        return made

    def drawn(self, classes: int) -> "Pretrained":
        from transformers import AutoModelForImageClassification

        config = copy.deepcopy(self.model.config)
        config.num_labels = classes
        made = Pretrained(
            AutoModelForImageClassification.from_config(config), self.side, self.mean.flatten().tolist(), self.std.flatten().tolist()
        )
        made.still = False
        return made

    def adapts(self) -> list[str]:
        """The convolutions; of a vision transformer the queries and the values (Hu et al. 2022)."""
        if self.model.config.model_type == "vit":
            return [name for name, _ in self.named_modules() if name.rpartition(".")[2] in ("query", "value", "q_proj", "v_proj")]
        return [name for name, module in self.named_modules() if isinstance(module, nn.Conv2d)]

    def save(self, folder: Path, names: Sequence[str]) -> None:
        self.model.config.id2label = dict(enumerate(names))
        self.model.config.label2id = {name: number for number, name in enumerate(names)}
        self.model.save_pretrained(folder)
        write_preprocessor(folder, self.mean.flatten().tolist(), self.std.flatten().tolist(), self.side)


@dataclass(frozen=True)
class Base:
    """The network that is taken over, as a passport names it."""

    id: str
    revision: str
    sha256: str
    network: Network


def open_base(model: str) -> Base:
    """A model of the catalog or of the Hub that is on this machine. Raises UserError."""
    found = hub.model_folder(model, settings.get(), family=families.VISION.name)
    return Base(model, found.revision, found.sha256, load(found.path))


def load(folder: Path) -> Network:
    """What `Network.save` wrote, or a model folder of the store, ready to use. Raises UserError for a folder that holds neither."""
    if not is_pretrained(read(folder, stored.CONFIG)):
        judge = stored.load(folder)
        if not isinstance(judge, Judge):
            raise UserError(
                "This model tells no classes apart.", "It draws images, or gives them back.", "Choose a run of Transfer.", "run"
            )
        return Small(judge).eval()
    from transformers import AutoModelForImageClassification

    told = read(folder, PREPROCESSOR)
    options = {"dtype": torch.float32, "local_files_only": True, "use_safetensors": True, "ignore_mismatched_sizes": True}
    model = AutoModelForImageClassification.from_pretrained(folder, **options)
    return Pretrained(model, told["side"], told["image_mean"], told["image_std"]).eval().requires_grad_(False)


def is_pretrained(config: object) -> bool:
    """Is it the config.json of a model of transformers?"""
    return isinstance(config, dict) and config.get("model_type") in families.VISION.types


def names_of(folder: Path) -> tuple[str, ...]:
    """The classes, in the order of the head's rows."""
    config = read(folder, stored.CONFIG)
    if not is_pretrained(config):
        return stored.names_of(folder)
    return tuple(str(config["id2label"][str(number)]) for number in range(len(config["id2label"])))


def reads(folder: Path) -> Shape:
    """The shape of the images that a network in a folder is shown."""
    if not is_pretrained(read(folder, stored.CONFIG)):
        return stored.blueprint_of(folder).shape
    side = read(folder, PREPROCESSOR)["side"]
    return Shape(3, side, side)


def read(folder: Path, name: str) -> dict:
    """A JSON file of a model folder."""
    return json.loads((folder / name).read_text(encoding="utf-8"))


def write_preprocessor(folder: Path, mean: Sequence[float], std: Sequence[float], side: int) -> None:
    """How pictures are read, as transformers writes it, and `side`, as we read it."""
    told = {"image_processor_type": "ViTImageProcessor", "size": {"height": side, "width": side}, "resample": 2}
    told |= dict.fromkeys(("do_resize", "do_rescale", "do_normalize"), True)
    told |= {"image_mean": list(mean), "image_std": list(std), "side": side}
    (folder / PREPROCESSOR).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
