"""What we take out of a layer is what the layer works with: the model's own eager attention is the judge."""

import pytest
import torch

from genhub import catalog
from genhub.text.inside import attention
from genhub.text.inside.steps import SHOWN, steps
from tests.text.inside.models import CLOSED, IDS, drawn, inputs

KINDS = [(kind, False) for kind in catalog.ENCODER_TYPES] + [(kind, True) for kind in catalog.CAUSAL_TYPES]
OPEN = [(kind, causal) for kind, causal in KINDS if kind not in CLOSED]


@torch.inference_mode()
def eager(model) -> list[torch.Tensor]:
    before = model.config._attn_implementation
    model.set_attn_implementation("eager")
    try:
        return list(model(**inputs(), output_attentions=True).attentions)
    finally:
        model.set_attn_implementation(before)


@pytest.mark.parametrize(("kind", "causal"), OPEN)
def test_weights_are_those_of_the_models_own_eager_attention(kind, causal):
    model = drawn(kind, causal)
    told = attention.trace(model, inputs())
    for layer, theirs in zip(told.layers, eager(model), strict=True):
        assert torch.allclose(layer.weights, theirs[0], atol=1e-5)
        assert torch.allclose(layer.weights.sum(-1), torch.ones(4, len(IDS)), atol=1e-5)
    assert told.difference < 1e-4
    assert max(float(layer.weights.max()) for layer in told.layers) > 0.3  # not a nearly even spread (1/7), which anything would match


def contexts(model, name: str) -> list[torch.Tensor]:
    """What each layer hands to the module that ends with `name`, in the model's own eager pass: (T, H·d)."""
    caught = []
    hooks = [
        module.register_forward_pre_hook(lambda _, given: caught.append(given[0][0]))
        for path, module in model.named_modules()
        if path.endswith(name)
    ]
    eager(model)
    for hook in hooks:
        hook.remove()
    return caught


@pytest.mark.parametrize(
    ("kind", "causal", "projection"),
    [
        ("bert", False, "attention.output.dense"),
        ("gpt2", True, "attn.c_proj"),
        ("llama", True, "self_attn.o_proj"),
        ("opt", True, "out_proj"),
    ],
)
def test_context_vectors_are_what_the_layer_projects(kind, causal, projection):
    model = drawn(kind, causal)
    told = attention.trace(model, inputs())
    theirs = contexts(model, projection)
    assert len(theirs) == len(told.layers)
    for layer, context in zip(told.layers, theirs, strict=True):
        assert torch.allclose(layer.context.transpose(0, 1).flatten(1), context, atol=1e-5)


@torch.inference_mode()
def test_queries_keys_and_values_are_the_projections_of_bert():
    model = drawn("bert", False)
    told = attention.trace(model, inputs())
    module = model.encoder.layer[1].attention.self
    for name, states in (("query", told.layers[1].q), ("key", told.layers[1].k), ("value", told.layers[1].v)):
        projected = getattr(module, name)(told.states[1])
        assert torch.allclose(states.transpose(0, 1).flatten(1), projected, atol=1e-5)


@torch.inference_mode()
def test_queries_keys_and_values_are_the_projections_of_gpt_2():
    model = drawn("gpt2", True)
    told = attention.trace(model, inputs())
    block = model.transformer.h[1]
    projected = block.attn.c_attn(block.ln_1(told.states[1])).split(32, dim=-1)
    for theirs, states in zip(projected, (told.layers[1].q, told.layers[1].k, told.layers[1].v), strict=True):
        assert torch.allclose(states.transpose(0, 1).flatten(1), theirs, atol=1e-5)


@pytest.mark.parametrize("kind", ["bert", "gpt2", "llama"])
def test_the_shared_model_is_as_it_was(kind):
    model = drawn(kind, kind != "bert")
    before = model.config._attn_implementation
    with torch.inference_mode():
        usual = model(**inputs())[0]
        attention.trace(model, inputs())
        assert torch.equal(model(**inputs())[0], usual)
    with pytest.raises(RuntimeError), attention.recording(model):
        raise RuntimeError
    assert model.config._attn_implementation == before == "sdpa"


@pytest.mark.parametrize("kind", CLOSED)
def test_closed_architectures_show_their_weights_alone(kind):
    model = drawn(kind, kind in catalog.CAUSAL_TYPES)
    assert attention.trace(model, inputs()) is None
    told = attention.heat(model, inputs(), kind in catalog.CAUSAL_TYPES)
    for layer, theirs, allowed in zip(told.weights, eager(model), told.allowed, strict=True):
        assert torch.allclose(layer, theirs[0], atol=1e-6)
        assert float(layer[:, ~allowed].sum()) == 0.0


def test_masks_are_those_of_bert_and_gpt():
    count = len(IDS)
    assert attention.trace(drawn("bert", False), inputs()).layers[0].allowed.all()
    seen = attention.trace(drawn("gpt2", True), inputs()).layers[0].allowed
    assert torch.equal(seen, torch.ones(count, count).tril().bool())


@pytest.mark.parametrize(("kind", "causal"), [("bert", False), ("gpt2", True), ("llama", True), ("opt", True)])
def test_the_four_steps_lead_from_each_number_to_the_next(kind, causal):
    told = attention.trace(drawn(kind, causal), inputs())
    layer, head, query = 1, 2, 4
    shown = steps(told, layer, head, query)
    assert len(shown.q) == min(SHOWN, shown.width) == 8
    assert [seen.allowed for seen in shown.seen] == [place <= query or not causal for place in range(len(IDS))]
    for seen in shown.seen:
        assert seen.scaled == pytest.approx(seen.dot / shown.width**0.5, rel=1e-4, abs=1e-6)
        assert seen.dot == pytest.approx(seen.cosine * shown.query_norm * seen.key_norm, rel=1e-3, abs=1e-5)
    scores = torch.tensor([seen.scaled if seen.allowed else float("-inf") for seen in shown.seen])
    weights = torch.tensor([seen.weight for seen in shown.seen])
    assert torch.allclose(scores.softmax(0), weights, atol=1e-5)
    assert torch.allclose(torch.tensor(shown.context), (weights @ told.layers[layer].v[head])[:SHOWN], atol=1e-5)
    assert shown.x == told.states[layer][query][:SHOWN].tolist()
