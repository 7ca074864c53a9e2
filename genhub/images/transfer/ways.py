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

from genhub.images.pixels import Examples, shifted
from genhub.images.plans import batch_size, enough
from genhub.images.task import ALL, JudgeTask
from genhub.images.transfer.material import Material
from genhub.images.transfer.networks import Network
from genhub.training.configs import TransferConfig
from genhub.training.plan import Phase, Plan

SCRATCH_RATE = 2e-3  # with which the embedded bases learnt
LORA = "lora_"  # in the names of adapters


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

    def settled(self) -> Network:
        """The network as it is used, adapters merged into what they stand beside."""
        merge = getattr(self.network, "merge_and_unload", None)
        return (merge() if merge else self.network).eval().cpu()


class TransferTask(JudgeTask):
    """Cross-entropy; only what is named learns."""

    def __init__(self, network: nn.Module, train: Examples, validation: Examples, learns: Sequence[str]):
        network.requires_grad_(False)
        super().__init__(network, train, validation)
        self.groups = {ALL: [name for name, _ in self.model.named_parameters() if any(part in name for part in learns)]}


def learner(way: str, config: TransferConfig, material: Material, begun: Mapping[str, Network]) -> Learner:
    """`begun`: the models of ways that are done; "fine-tune" and "lora" go on from the one of "frozen"."""
    torch.manual_seed(config.seed)
    network = _network(way, config, material, begun)
    train = Examples(material.train, (lambda x: shifted(x, config.shift)) if config.shift else None)
    head = material.base.network.head
    learns = {"frozen": (head,), "lora": (LORA, head)}.get(way, ("",))  # parts of names; the empty one is part of all
    task = TransferTask(network, train, Examples(material.validation), learns)
    return Learner(way, network, task, plan(way, config, material))


def plan(way: str, config: TransferConfig, material: Material) -> Plan:
    count, batch = epochs(config, material), batch_size(config, len(material.train))
    rates = {"frozen": config.head_rate, "fine-tune": config.learning_rate, "lora": config.lora_rate, "scratch": SCRATCH_RATE}
    return Plan.of(config, (Phase(2 * count if way == "scratch" else count, {ALL: rates[way]}),), batch, part=way)


def epochs(config: TransferConfig, material: Material) -> int:
    """The user's, or as many as take the steps that suit a way."""
    images = len(material.train)
    return config.epochs or enough(material.base.network.steps, batch_size(config, images), images, least=1)


def _network(way: str, config: TransferConfig, material: Material, begun: Mapping[str, Network]) -> nn.Module:
    base, classes = material.base.network, len(material.names)
    if way == "scratch":
        return base.drawn(classes)
    if way == "frozen":
        return base.with_head(classes)
    network = copy.deepcopy(begun["frozen"])
    return network if way == "fine-tune" else adapted(network, config.rank)


def adapted(network: Network, rank: int) -> nn.Module:
    """The same with low-rank adapters beside the layers that take them: at first they add nothing."""
    from peft import LoraConfig, get_peft_model

    return get_peft_model(network, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=network.adapts()))
