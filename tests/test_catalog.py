import re

import pytest

from genhub import catalog
from genhub.errors import UserError


@pytest.mark.parametrize("model", catalog.MODELS.values(), ids=lambda model: model.id)
def test_every_entry_is_complete(model):
    assert re.fullmatch(r"[\w.-]+/[\w.-]+(:[a-z]+)?", model.id)
    assert model.parameters > 0
    assert model.megabytes == pytest.approx(model.variants * model.parameters * model.weight_bytes / 1e6 + model.mask_megabytes, rel=0.02)
    assert model.weight_bytes in (2, 4)
    assert model.licence
    assert model.note.endswith(".")
    assert model.languages
    endless = model.id.startswith("embedded/char-rnn") or model.task.startswith("image-")  # a state has no length, nor has an image
    assert (model.max_length > 0) != endless
    assert model.pooling in (("mean", "cls") if model.task == "encoder" else ("",))


def test_masks_are_those_of_every_layer_over_all_positions():
    """The files of GPT-2 hold a float a pair of positions, those of Pythia a byte."""
    masks = {"openai-community/gpt2": 12 * 4, "distilbert/distilgpt2": 6 * 4, "EleutherAI/pythia-70m": 6 * 1}
    for model in catalog.MODELS.values():
        assert model.mask_megabytes == pytest.approx(masks.get(model.id, 0) * model.max_length**2 / 1e6, abs=0.1)


def test_what_is_on_the_hub_says_where_and_an_embedded_copy_what_it_must_hash_to():
    for model in catalog.MODELS.values():
        embedded = model.id.startswith("embedded/")
        if not embedded or model.hub_id:
            assert model.source == f"https://huggingface.co/{catalog.hub_id(model.id)}"
        if model.hub_id:
            assert embedded
            assert re.fullmatch(r"[0-9a-f]{40}", model.revision)
            assert re.fullmatch(r"[0-9a-f]{64}", model.sha256)


def test_a_model_is_found_by_id_and_by_task():
    assert catalog.get("embedded/minilm-l6").hub_id == "sentence-transformers/all-MiniLM-L6-v2"
    assert "embedded/minilm-l6" in [model.id for model in catalog.of_task("encoder")]
    assert "openai-community/gpt2" in [model.id for model in catalog.of_task("causal-lm")]
    assert not {model.id for model in catalog.of_task("causal-lm")} & {model.id for model in catalog.of_task("encoder")}
    assert catalog.of_task("no such task") == []


def test_an_unknown_model_is_refused_with_the_choices():
    with pytest.raises(UserError, match=r"no model “embedded/nothing”.*embedded/minilm-l6") as caught:
        catalog.get("embedded/nothing")
    assert caught.value.field == "model"


def test_the_choices_are_those_for_the_task():
    with pytest.raises(UserError) as caught:
        catalog.get("embedded/nothing", "encoder")
    assert "google-bert/bert-base-uncased" in caught.value.remedy
    assert "gpt2" not in caught.value.remedy
