"""Bottleneck adapters: near the identity at first, trainable, saved and put back, taken off without a trace."""

import pytest
import torch

from genhub import catalog
from genhub.errors import UserError
from genhub.text import bottleneck
from genhub.text.encoder import load_encoder
from genhub.text.layouts import layout
from tests.tiny import tiny_encoder

IDS = torch.tensor([[2, 9, 12, 30, 3]])


def states(encoder) -> torch.Tensor:
    with torch.no_grad():
        return encoder.model.eval()(input_ids=IDS, attention_mask=torch.ones_like(IDS)).last_hidden_state


def moved(encoder) -> None:
    with torch.no_grad():
        for tensor in bottleneck.tensors(encoder.model).values():
            tensor.add_(torch.randn_like(tensor) * 0.2)


@pytest.mark.parametrize("kind", catalog.ENCODER_TYPES)
def test_stands_after_both_parts_of_each_layer(tmp_path, kind):
    encoder = load_encoder(tiny_encoder(tmp_path, kind))
    before = states(encoder)
    bottleneck.add(encoder.model, layout(kind).ends, 8)
    adapters = encoder.model.get_submodule(bottleneck.NAME)
    assert len(adapters) == (2 if kind == "albert" else 4)  # ALBERT's layers share one set of weights
    assert torch.allclose(states(encoder), before, atol=1e-2)
    moved(encoder)
    assert not torch.allclose(states(encoder), before, atol=1e-1)
    bottleneck.remove(encoder.model)
    assert torch.equal(states(encoder), before)


def test_leaves_no_trace(tmp_path):
    encoder = load_encoder(tiny_encoder(tmp_path))
    names, before = list(encoder.model.state_dict()), states(encoder)
    attributes = set(vars(encoder.model))
    for _ in range(3):
        bottleneck.add(encoder.model, layout("bert").ends, 8)
        moved(encoder)
        bottleneck.remove(encoder.model)
    assert list(encoder.model.state_dict()) == names
    assert set(vars(encoder.model)) == attributes
    assert not any(module._forward_hooks for module in encoder.model.modules())
    assert torch.equal(states(encoder), before)


def test_a_base_shared_with_an_adapted_twin_answers_as_before(tmp_path):
    encoder = load_encoder(tiny_encoder(tmp_path))
    before, twin = states(encoder), encoder.twin()
    bottleneck.add(twin.model, layout("bert").ends, 8)
    moved(twin)
    assert not torch.allclose(states(twin), before, atol=1e-1)
    assert torch.equal(states(encoder), before)


def test_two_adapters_on_one_base_do_not_mix(tmp_path):
    encoder = load_encoder(tiny_encoder(tmp_path))
    twins = [encoder.twin(), encoder.twin()]
    for twin in twins:
        bottleneck.add(twin.model, layout("bert").ends, 8)
        moved(twin)
    first = states(twins[0])
    assert not torch.allclose(first, states(twins[1]), atol=1e-2)
    assert torch.equal(states(twins[0]), first)


def test_saved_and_put_back(tmp_path):
    folder = tiny_encoder(tmp_path / "base")
    encoder, other = load_encoder(folder), load_encoder(folder)
    bottleneck.add(encoder.model, layout("bert").ends, 8)
    moved(encoder)
    bottleneck.save(encoder.model, tmp_path)
    bottleneck.load(other.model, tmp_path, layout("bert").ends, 8)
    assert torch.equal(states(other), states(encoder))


def test_another_width_and_a_damaged_file_are_refused(tmp_path):
    folder = tiny_encoder(tmp_path / "base")
    encoder = load_encoder(folder)
    bottleneck.add(encoder.model, layout("bert").ends, 8)
    bottleneck.save(encoder.model, tmp_path)
    with pytest.raises(UserError, match="does not fit"):
        bottleneck.load(load_encoder(folder).model, tmp_path, layout("bert").ends, 16)
    path = tmp_path / bottleneck.FILE
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match="cannot be read"):
        bottleneck.load(load_encoder(folder).model, tmp_path, layout("bert").ends, 8)
