"""The lean way of LoRA computes what PEFT computes, gradients too, and leaves PEFT's layers as they were."""

import pytest
import torch

from genhub.text.adapting import learner
from genhub.text.adapting.lean import lean
from genhub.text.causal import load_causal
from genhub.training.configs import AdaptConfig
from tests.serving.tiny_language import tiny_causal


def adapted(folder, kind: str, method: str):
    torch.manual_seed(0)
    model = learner.adapted(load_causal(tiny_causal(folder, kind)), AdaptConfig(method=method, rank=4), 10).model.eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def computed(model) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    model.zero_grad()
    logits = model(input_ids=torch.tensor([[1, 2, 3, 4], [5, 6, 7, 8]])).logits
    logits.square().mean().backward()
    return logits.detach(), {name: tensor.grad.clone() for name, tensor in model.named_parameters() if tensor.grad is not None}


@pytest.mark.parametrize("kind", ["gpt2", "llama", "opt", "gpt_neox"])
@pytest.mark.parametrize("method", ["lora", "rslora"])
def test_the_same_logits_and_gradients(tmp_path, kind, method):
    model = adapted(tmp_path, kind, method)
    expected, gradients = computed(model)
    with lean(model) as layers:
        assert layers == 2 * {"gpt2": 4, "llama": 7, "opt": 6, "gpt_neox": 4}[kind]
        found, again = computed(model)
    assert torch.allclose(found, expected, atol=1e-5)
    assert again.keys() == gradients.keys()
    assert all(torch.allclose(again[name], gradients[name], atol=1e-6, rtol=1e-4) for name in gradients)
    assert torch.equal(computed(model)[0], expected)


@pytest.mark.parametrize("method", ["dora", "adalora", "ia3", "full"])
def test_other_methods_are_left_alone(tmp_path, method):
    model = adapted(tmp_path, "gpt2", method)
    with lean(model) as layers:
        assert layers == 0


def test_layers_are_put_back_after_an_error(tmp_path):
    model = adapted(tmp_path, "gpt2", "lora")
    expected = computed(model)[0]
    with pytest.raises(RuntimeError), lean(model):
        raise RuntimeError
    with model.disable_adapter():
        assert not torch.allclose(computed_without_gradients(model), expected, atol=1e-3)
    assert torch.equal(computed(model)[0], expected)


@torch.inference_mode()
def computed_without_gradients(model) -> torch.Tensor:
    return model(input_ids=torch.tensor([[1, 2, 3, 4], [5, 6, 7, 8]])).logits
