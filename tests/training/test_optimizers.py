"""AdamW and Muon side by side: who steps what, how large a step is, what each remembers."""

import pytest
import torch
from torch import nn

from genhub.training.optimizers import Optimizers
from genhub.training.plan import Phase, Plan


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(64, 16)
        self.hidden = nn.Linear(16, 32)

    def forward(self):
        return self.hidden(self.table.weight).square().sum()


def optimizers(net: Net, **more) -> Optimizers:
    named = dict(net.named_parameters())
    group_of = {name: "matrices" if name == "hidden.weight" else "rest" for name in named}
    made = Optimizers(named, group_of, Plan((Phase(1, {}),), 4, **more), torch.device("cpu"))
    for group in made.param_groups:
        group["lr"] = 0.01
    return made


@pytest.mark.parametrize("muon", [(), ("matrices",), ("matrices", "rest")])
def test_only_the_named_groups_are_muons(muon):
    net = Net()
    if "rest" in muon:
        with pytest.raises(ValueError, match="2D"):  # torch's Muon refuses biases: a plan that asks for it is wrong
            optimizers(net, muon=muon)
        return
    made = optimizers(net, muon=muon, betas=(0.8, 0.95))
    net().backward()
    made.step()
    assert set(made.state(net.hidden.weight)) == ({"momentum_buffer"} if muon else {"step", "exp_avg", "exp_avg_sq"})
    assert set(made.state(net.hidden.bias)) == {"step", "exp_avg", "exp_avg_sq"}
    assert all(group["betas"] == (0.8, 0.95) for group in made.param_groups if "betas" in group)
    assert {group["name"] for group in made.param_groups} == {"matrices", "rest"}


def test_a_step_of_muon_is_as_large_as_one_of_adamw_and_uses_every_direction():
    """Adam's updates have a root mean square of about 0.2 once it runs, so Muon's are scaled to that (Liu et al. 2025)."""
    torch.manual_seed(0)
    net = Net()
    before = net.hidden.weight.detach().clone()
    made = optimizers(net, muon=("matrices",), weight_decay=0.0)
    net().backward()
    made.step()
    moved = (net.hidden.weight.detach() - before) / 0.01
    assert moved.square().mean().sqrt().item() == pytest.approx(0.2, rel=0.25)
    spread = torch.linalg.svdvals(moved)
    assert spread.min() > 0.5 * spread.max()


def test_biases_and_norms_do_not_decay_and_gradients_are_cleared():
    net = Net()
    made = optimizers(net, muon=("matrices",), weight_decay=0.1)
    decays = {id(tensor): group["weight_decay"] for group in made.param_groups for tensor in group["params"]}
    assert (decays[id(net.hidden.bias)], decays[id(net.hidden.weight)], decays[id(net.table.weight)]) == (0.0, 0.1, 0.1)
    net().backward()
    made.zero_grad()
    assert all(tensor.grad is None for tensor in net.parameters())
    with pytest.raises(KeyError):
        made.state(nn.Parameter(torch.zeros(1)))
