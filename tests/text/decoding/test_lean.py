"""The lean step of a GPT-2 is the model's own, alone and in company, with adapters and in eight bits; other models have none."""

import pytest
import torch
from peft import IA3Config, LoraConfig, PromptTuningConfig, get_peft_model

from genhub.text.causal import load_causal
from genhub.text.decoding.lean import LeanGPT2, lean
from genhub.text.decoding.memory import TransformerDecoder, at_most
from tests.serving.tiny_language import tiny_causal

TEXTS = ("the dog saw the cat", "refund my parcel", "a")


@pytest.fixture(scope="module")
def gpt(tmp_path_factory):
    return load_causal(tiny_causal(tmp_path_factory.mktemp("gpt"), "gpt2", n_embd=128))


def told(model, prompts: list[list[int]], steps: int = 4) -> tuple[torch.Tensor, list[list[int]]]:
    """Logits after some steps of several rows of different lengths, and what each row read."""
    decoder = TransformerDecoder(model, 64)
    (memory, _), *others = [decoder.begin(prompt) for prompt in prompts]
    for other, _ in others:
        memory.join(other)
    read = [list(prompt) for prompt in prompts]
    for step in range(steps):
        tokens = [(7 * step + row) % 50 for row in range(len(read))]
        logits = decoder.step(torch.tensor(tokens), memory)
        read = [[*row, token] for row, token in zip(read, tokens, strict=True)]
    return logits, read


def whole(model, ids: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        return model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]


@pytest.mark.parametrize("kind", ["plain", "lora", "ia3", "eight bits"])
def test_steps_are_the_models_own(gpt, kind):
    twin = gpt.twin().model
    if kind == "lora":
        config = LoraConfig(r=4, target_modules=["c_attn", "c_proj"], init_lora_weights=False, fan_in_fan_out=True)
        twin = get_peft_model(twin, config).eval()
    elif kind == "ia3":
        twin = get_peft_model(
            twin, IA3Config(target_modules=["c_attn"], feedforward_modules=[], init_ia3_weights=False, fan_in_fan_out=True)
        ).eval()
    elif kind == "eight bits":
        twin = gpt.quick().model
    assert isinstance(lean(twin), LeanGPT2)
    logits, read = told(twin, [gpt.encode(text) for text in TEXTS])
    for row, ids in zip(logits, read, strict=True):
        torch.testing.assert_close(row, whole(twin, ids), atol=2e-2 if kind == "eight bits" else 1e-4, rtol=1e-3)


def test_what_stands_between_the_modules_is_not_overlooked(gpt, tmp_path):
    assert lean(load_causal(tiny_causal(tmp_path, "opt")).model) is None
    prompts = get_peft_model(gpt.twin().model, PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=3))
    assert lean(prompts) is None
    hooked = gpt.twin().model
    hooked.transformer.h[0].register_forward_hook(lambda module, given, answer: None)
    assert lean(hooked) is None


def test_the_number_of_threads_comes_back():
    before = torch.get_num_threads()
    with at_most(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
