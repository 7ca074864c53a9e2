"""Each layer's answer through the model's own norm and head; the last row is the model's."""

import pytest
import torch

from genhub import catalog
from genhub.errors import UserError
from genhub.text.inside import lens
from tests.text.inside.models import IDS, inputs, language


@torch.inference_mode()
def answer(model) -> torch.Tensor:
    return model.model(**inputs()).logits[0].softmax(-1)


@pytest.mark.parametrize("kind", catalog.CAUSAL_TYPES)
def test_the_last_row_is_the_models_own_answer(kind):
    model = language(kind)
    rows = list(lens.rows(model, IDS, top=5))
    theirs = answer(model)
    best = theirs.topk(5)
    assert rows[-1].ids == best.indices.tolist()
    assert torch.allclose(torch.tensor(rows[-1].probabilities), best.values, atol=1e-5)
    own = [float(theirs[place, token]) for place, token in enumerate(IDS[1:])]
    assert rows[-1].own == pytest.approx(own, abs=1e-5)
    assert len(rows) == model.model.config.num_hidden_layers + 1


@torch.inference_mode()
def test_the_first_row_reads_the_embeddings():
    model = language("gpt2")
    parts = model.model.transformer
    state = parts.wte(torch.tensor(IDS)) + parts.wpe(torch.arange(len(IDS)))
    told = model.model.lm_head(parts.ln_f(state)).softmax(-1).topk(3)
    first = next(iter(lens.rows(model, IDS, top=3)))
    assert first.ids == told.indices.tolist()
    assert torch.allclose(torch.tensor(first.probabilities), told.values, atol=1e-5)


def test_a_head_that_does_not_fit_is_refused(monkeypatch):
    monkeypatch.setitem(lens.NORMS, "gpt2", "transformer.h.1.ln_1")
    with pytest.raises(UserError, match="cannot be read by its head alone"):
        list(lens.rows(language("gpt2"), IDS))
    monkeypatch.setitem(lens.NORMS, "gpt2", "transformer.nowhere")
    with pytest.raises(UserError, match="cannot be read by its head alone"):
        list(lens.rows(language("gpt2"), IDS))


def test_one_token_has_nothing_after_it():
    assert next(iter(lens.rows(language("gpt2"), [5]))).own == []
