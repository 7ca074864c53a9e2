import re

import pytest

from genhub import catalog
from genhub.errors import UserError


@pytest.mark.parametrize("model", catalog.MODELS.values(), ids=lambda model: model.id)
def test_every_entry_is_complete(model):
    assert re.fullmatch(r"[\w.-]+/[\w.-]+", model.id)
    assert model.parameters > 0
    # fp32 weights: four bytes a parameter, within a few per cent.
    assert model.megabytes == pytest.approx(model.parameters * 4 / 1e6, rel=0.02)
    assert model.source.startswith("https://huggingface.co/")
    assert model.licence
    assert model.note.endswith(".")
    assert model.languages
    assert model.pooling in ("mean", "cls")


def test_embedded_models_say_where_they_come_from_and_what_they_must_hash_to():
    for model in catalog.MODELS.values():
        if model.id.startswith("embedded/"):
            assert model.source.endswith(model.hub_id)
            assert re.fullmatch(r"[0-9a-f]{40}", model.revision)
            assert re.fullmatch(r"[0-9a-f]{64}", model.sha256)


def test_a_model_is_found_by_id_and_by_task():
    assert catalog.get("embedded/minilm-l6").hub_id == "sentence-transformers/all-MiniLM-L6-v2"
    assert "embedded/minilm-l6" in [model.id for model in catalog.of_task("encoder")]
    assert catalog.of_task("no such task") == []


def test_an_unknown_model_is_refused_with_the_choices():
    with pytest.raises(UserError, match=r"no model “embedded/nothing”.*embedded/minilm-l6") as caught:
        catalog.get("embedded/nothing")
    assert caught.value.field == "model"
