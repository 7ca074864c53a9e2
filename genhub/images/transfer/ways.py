"""The ways in which a network that knows some classes learns others: what each begins with, what learns in it, and how fast.

frozen      the base as it is, a new head            Yosinski et al. 2014
fine-tune   from there, every layer in small steps
lora        from there, beside every frozen convolution W a narrow one and one back, W + B A, and the head        Hu et al. 2022, as PEFT has it
scratch     the same network from drawn weights, for as many epochs as head and layers took together
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from genhub.images.judge import Judge
from genhub.images.pixels import Examples, shifted
from genhub.images.plans import batch_size, enough
from genhub.images.task import ALL, JudgeTask
from genhub.images.transfer.material import Material
from genhub.training.configs import TransferConfig
from genhub.training.plan import Phase, Plan

STEPS = 500  # of an optimiser that suit a way
SCRATCH_RATE = 2e-3  # with which the embedded bases learnt
HEAD = "head."


@dataclass(frozen=True)
class Learner:
    """A way about to learn. network: called with images. trainable: names of its parameters that learn. task, plan: for the loop."""

    way: str
    network: nn.Module
    task: JudgeTask
    plan: Plan

    @property
    def trainable(self) -> int:
        named = dict(self.task.model.named_parameters())
        return sum(named[name].numel() for names in self.task.groups.values() for name in names)

    @property
    def total(self) -> int:
        """Parameters, those of adapters too."""
        return sum(tensor.numel() for tensor in self.network.parameters())

    def settled(self) -> Judge:
        """The network as a judge again, adapters merged into what they stand beside."""
        merge = getattr(self.network, "merge_and_unload", None)
        return (merge() if merge else self.network).eval().cpu()


class TransferTask(JudgeTask):
    """Cross-entropy; only what is named learns."""

    def __init__(self, network: nn.Module, train: Examples, validation: Examples, learns: Sequence[str]):
        network.requires_grad_(False)
        super().__init__(network, train, validation)
        self.groups = {ALL: [name for name, _ in self.model.named_parameters() if any(part in name for part in learns)]}


def learner(way: str, config: TransferConfig, material: Material, begun: Mapping[str, Judge]) -> Learner:
    """`begun`: the models of ways that are done; "fine-tune" and "lora" go on from the one of "frozen"."""
    torch.manual_seed(config.seed)
    network = _network(way, config, material, begun)
    train = Examples(material.train, (lambda x: shifted(x, config.shift)) if config.shift else None)
    task = TransferTask(network, train, Examples(material.validation), LEARNS[way])
    return Learner(way, network, task, plan(way, config, len(material.train)))


# Parts of the names of what learns; the empty one is part of all.
LEARNS = {"frozen": (HEAD,), "fine-tune": ("",), "lora": ("lora_", HEAD), "scratch": ("",)}


def plan(way: str, config: TransferConfig, images: int) -> Plan:
    count, batch = epochs(config, images), batch_size(config, images)
    rates = {"frozen": config.head_rate, "fine-tune": config.learning_rate, "lora": config.lora_rate, "scratch": SCRATCH_RATE}
    return Plan.of(config, (Phase(2 * count if way == "scratch" else count, {ALL: rates[way]}),), batch, part=way)


def epochs(config: TransferConfig, images: int) -> int:
    """The user's, or as many as take the steps that suit a way."""
    return config.epochs or enough(STEPS, batch_size(config, images), images)


def _network(way: str, config: TransferConfig, material: Material, begun: Mapping[str, Judge]) -> nn.Module:
    base, classes = material.base.judge, len(material.names)
    if way == "scratch":
        return Judge(base.shape, classes)
    if way == "frozen":
        return with_head(base, classes)
    judge = copy.deepcopy(begun["frozen"])
    return judge if way == "fine-tune" else adapted(judge, config.rank)


def with_head(base: Judge, classes: int) -> Judge:
    """A copy with a new last layer, drawn from torch's generator."""
    judge = copy.deepcopy(base)
    judge.head, judge.classes = nn.Linear(base.head.in_features, classes), classes
    return judge


def adapted(judge: Judge, rank: int) -> nn.Module:
    """The same with a low-rank adapter beside every convolution: at first they add nothing."""
    from peft import LoraConfig, get_peft_model

    convolutions = [name for name, module in judge.named_modules() if isinstance(module, nn.Conv2d)]
    return get_peft_model(judge, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=convolutions))
