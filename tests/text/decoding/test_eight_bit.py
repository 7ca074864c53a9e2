import pytest
import torch
from peft import LoraConfig, get_peft_model

from genhub.text.causal import load_causal
from genhub.text.decoding.eight_bit import EightBit, eight_bit, packed_bytes
from tests.serving.tiny_language import tiny_causal

WIDE = {"gpt2": {"n_embd": 128}, "llama": {"hidden_size": 128, "intermediate_size": 256}}


@pytest.fixture(scope="module", params=WIDE)
def causal(request, tmp_path_factory):
    return load_causal(tiny_causal(tmp_path_factory.mktemp(request.param), request.param, **WIDE[request.param]))


def logits(model, ids) -> torch.Tensor:
    with torch.inference_mode():
        return model(input_ids=ids, use_cache=False).logits


def test_it_says_almost_the_same_and_leaves_the_model_as_it_was(causal):
    ids = torch.tensor([causal.encode("the dog saw the cat and went home")])
    before = logits(causal.model, ids)
    quick = causal.quick()
    assert any(isinstance(module, EightBit) for module in quick.model.modules())
    told = logits(quick.model, ids)
    assert not torch.equal(told, before)
    assert torch.nn.functional.cosine_similarity(told, before, dim=-1).mean() > 0.99
    assert torch.equal(logits(causal.model, ids), before)
    assert not any(isinstance(module, EightBit) for module in causal.model.modules())


def test_what_is_no_matrix_is_shared(causal):
    quick = causal.quick()
    mine = {tensor.data_ptr() for tensor in causal.model.parameters()}
    assert all(tensor.data_ptr() in mine for tensor in quick.model.parameters())
    assert 0 < packed_bytes(quick.model) < sum(4 * tensor.numel() for tensor in causal.model.parameters()) / 2


def test_an_adapter_is_melted_in_and_its_base_is_not(causal):
    base = causal.twin()
    targets = ["c_attn"] if causal.kind == "gpt2" else ["q_proj", "v_proj"]
    adapted = get_peft_model(
        base.model, LoraConfig(r=4, target_modules=targets, init_lora_weights=False, fan_in_fan_out=causal.kind == "gpt2")
    )
    ids = torch.tensor([causal.encode("the dog saw the cat")])
    before, plain = logits(adapted, ids), logits(causal.model, ids)
    quick = eight_bit(adapted)
    near, far = ((logits(quick, ids) - other).norm() for other in (before, plain))
    assert near < far / 3
    assert torch.equal(logits(adapted, ids), before)
    assert torch.equal(logits(causal.model, ids), plain)


def test_small_matrices_and_other_models_stay(tmp_path):
    tiny = load_causal(tiny_causal(tmp_path, "gpt2", n_embd=32))
    assert not any(isinstance(module, EightBit) and module.shape[0] * module.shape[1] < 64 * 64 for module in tiny.quick().model.modules())


def test_company_changes_a_row_by_rounding_only(causal):
    """Only the order of floating-point sums differs; the scales of others' rows do not reach into one's own."""
    quick = causal.quick()
    ids = torch.tensor([causal.encode("the dog saw the cat")])
    company = torch.cat([ids, ids.flip(1), (ids * 7 + 3) % 300])
    assert torch.allclose(logits(quick.model, ids)[0], logits(quick.model, company)[0], atol=1e-4)
