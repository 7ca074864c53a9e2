"""The loss in pieces is the loss: value and gradients, for every architecture."""

import pytest
import torch

from genhub import catalog
from genhub.text.adapting import chunked, learner
from genhub.text.adapting.learner import AdaptTask
from genhub.text.causal import load_causal
from genhub.text.lm import LanguageTask, Logits, Windows
from genhub.training.configs import AdaptConfig
from tests.serving.tiny_language import tiny_causal


@pytest.fixture(autouse=True)
def _however_few_tokens(monkeypatch):
    monkeypatch.setattr(chunked, "LEAST", 1)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("rows", [1, 255, 600])
def test_agrees_with_torch(rows, bias):
    torch.manual_seed(0)
    states = torch.randn(rows, 16, dtype=torch.float64, requires_grad=True)
    weight, shift = torch.randn(50, 16, dtype=torch.float64), torch.randn(50, dtype=torch.float64) if bias else None
    labels = torch.randint(0, 50, (rows,))
    expected = torch.nn.functional.cross_entropy(torch.nn.functional.linear(states, weight, shift), labels, reduction="sum")
    (gradient,) = torch.autograd.grad(expected, states)
    found = chunked.loss(states, labels, (weight, shift))
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    (again,) = torch.autograd.grad(3 * found, states)
    assert torch.allclose(again, 3 * gradient, atol=1e-5)
    with torch.inference_mode():
        assert chunked.loss(states, labels, (weight, shift)).item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("kind", catalog.CAUSAL_TYPES)
def test_every_architecture_has_the_states_that_its_head_reads(tmp_path, kind):
    torch.manual_seed(0)
    windows = Windows(torch.randint(1, 100, (200,)), 16)
    model = learner.adapted(load_causal(tiny_causal(tmp_path, kind)), AdaptConfig(rank=2), 10).model.eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.2 * torch.randn_like(parameter))
    batch = windows.batch(range(4))
    whole, pieces = LanguageTask(Logits(model), windows, windows), AdaptTask(model, windows, windows)
    assert pieces.chunked
    found = []
    for task in (whole, pieces):
        model.zero_grad()
        total = task.loss(task.model(batch), batch)
        total.backward()
        found.append((total.item(), [tensor.grad.clone() for tensor in model.parameters() if tensor.requires_grad]))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-5)
    assert all(torch.allclose(one, two, atol=1e-4, rtol=1e-3) for one, two in zip(found[0][1], found[1][1], strict=True))
    assert learner.validation_loss(pieces, 3) == pytest.approx(learner.validation_loss(whole, 5), rel=1e-5)


def test_a_head_that_learns_is_not_cut(tmp_path):
    windows = Windows(torch.randint(1, 100, (200,)), 16)
    model = learner.adapted(load_causal(tiny_causal(tmp_path, "gpt2")), AdaptConfig(method="full"), 10).model
    task = AdaptTask(model, windows, windows)
    assert not task.chunked
    task.loss(task.model(windows.batch([0])), windows.batch([0])).backward()
    assert model.lm_head.weight.grad is not None


def test_over_few_tokens_the_whole_is_quicker(tmp_path, monkeypatch):
    monkeypatch.setattr(chunked, "LEAST", 1_000)
    assert not chunked.fits(learner.adapted(load_causal(tiny_causal(tmp_path, "gpt2")), AdaptConfig(), 10).model)


def test_in_bfloat16_states_come_in_it(tmp_path):
    windows = Windows(torch.randint(1, 100, (200,)), 16)
    model = learner.adapted(load_causal(tiny_causal(tmp_path, "gpt2")), AdaptConfig(), 10).model
    task, batch = AdaptTask(model, windows, windows), windows.batch([0, 1])
    exact = task.loss(task.model(batch), batch).item()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = task.model(batch)
    assert states.dtype == torch.bfloat16
    assert task.loss(states, batch).item() == pytest.approx(exact, rel=0.02)
