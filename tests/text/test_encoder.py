"""Encoders: every architecture on our list loads, pools and tokenises; twins share weights, clones do not."""

import json

import pytest
import torch

from genhub import catalog
from genhub.errors import UserError
from genhub.text.encoder import load_encoder, pool
from tests.tiny import tiny_encoder


@pytest.mark.parametrize("kind", catalog.ENCODER_TYPES)
def test_every_architecture_reads_a_text(tmp_path, kind):
    encoder = load_encoder(tiny_encoder(tmp_path, kind))
    ids = torch.tensor(encoder.tokenize(["the dog likes the cat"], 64))
    states = encoder.model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
    assert states.shape == (1, ids.shape[1], 32)
    assert (encoder.kind, encoder.hidden, encoder.max_length) == (kind, 32, 64)
    assert not any(parameter.requires_grad for name, parameter in encoder.model.named_parameters() if name.startswith("pooler."))


def test_texts_are_cut_to_the_shorter_of_both_lengths(tmp_path):
    encoder = load_encoder(tiny_encoder(tmp_path))
    long = "dog " * 200
    assert len(encoder.tokenize([long], 10)[0]) == 10
    assert len(encoder.tokenize([long], 500)[0]) == 64
    assert encoder.tokenize([], 10) == []


def test_mean_pooling_ignores_padding():
    states, mask = torch.randn(1, 3, 4), torch.tensor([[1, 1, 0]])
    vector = pool(states, mask, "mean", normalize=False)
    assert torch.allclose(vector, states[:, :2].mean(1), atol=1e-6)
    states[0, 2] = 1e6
    assert torch.allclose(pool(states, mask, "mean", normalize=False), vector)
    assert torch.allclose(pool(states, mask, "cls", normalize=False), states[:, 0])


def test_vectors_have_length_sixteen():
    vector = pool(torch.randn(5, 3, 8), torch.ones(5, 3, dtype=torch.int64), "mean")
    assert torch.allclose(vector.norm(dim=-1), torch.full((5,), 16.0))


def test_a_twin_shares_weights_and_keeps_its_changes_to_itself(tmp_path):
    encoder = load_encoder(tiny_encoder(tmp_path))
    twin, clone = encoder.twin(), encoder.clone()
    name, weight = next(iter(encoder.model.named_parameters()))
    assert dict(twin.model.named_parameters())[name] is weight
    assert dict(clone.model.named_parameters())[name] is not weight
    twin.model.encoder.layer[0].attention.output.dense = torch.nn.Identity()
    assert isinstance(encoder.model.encoder.layer[0].attention.output.dense, torch.nn.Linear)


@pytest.mark.parametrize(
    ("modes", "pooling"), [({"pooling_mode_cls_token": True}, "cls"), ({"pooling_mode_mean_tokens": True}, "mean"), (None, "mean")]
)
def test_pooling_is_what_the_encoder_was_trained_with(tmp_path, modes, pooling):
    folder = tiny_encoder(tmp_path)
    if modes is not None:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(modes))
    assert load_encoder(folder).pooling == pooling
    assert load_encoder(folder, pooling="cls").pooling == "cls"


def test_no_model_and_a_wrong_model_each_say_so(tmp_path):
    with pytest.raises(UserError, match="cannot be loaded"):
        load_encoder(tmp_path / "nothing")
    from transformers import GPT2Config, GPT2Model

    tiny_encoder(tmp_path)
    GPT2Model(GPT2Config(vocab_size=99, n_embd=16, n_layer=1, n_head=2)).save_pretrained(tmp_path)
    with pytest.raises(UserError, match="gpt2"):
        load_encoder(tmp_path)
