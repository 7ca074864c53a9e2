"""Pairs as batches, the loss of a translation, and a tiny model that learns to translate."""

import pytest
import torch
from torch import nn

from genhub.text.lm import MATRICES, REST
from genhub.text.translation.seq2seq import IGNORED, Pairs, Seq2SeqLogits, Special, TranslationTask
from genhub.training.loop import fit
from genhub.training.plan import Phase, Plan, Session, make_accelerator

SPECIAL = Special(end=0, pad=9, start=8)


def test_a_batch_shifts_the_target_and_pads_both_sides():
    pairs = Pairs([([3, 4, 5], [6]), ([7], [1, 2])], SPECIAL)
    batch = pairs.batch([0, 1])
    assert batch["input_ids"].tolist() == [[3, 4, 5, 0], [7, 0, 9, 9]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 1], [1, 1, 0, 0]]
    assert batch["labels"].tolist() == [[6, 0, IGNORED], [1, 2, 0]]
    assert batch["decoder_input_ids"].tolist() == [[8, 6, 0], [8, 1, 2]]
    assert pairs.lengths == [6, 5]
    assert pairs.weight([0, 1]) == 5


def test_padding_costs_nothing_and_smoothing_is_for_training_only():
    pairs = Pairs([([3], [6]), ([7], [1, 2])], SPECIAL)
    batch = pairs.batch([0, 1])
    logits = torch.randn(2, 3, 10, generator=torch.Generator().manual_seed(0))
    plain, smooth = (TranslationTask(nn.Identity(), pairs, pairs, share) for share in (0.0, 0.1))
    shares = logits.log_softmax(-1)
    by_hand = -(shares[0, 0, 6] + shares[0, 1, 0] + shares[1, 0, 1] + shares[1, 1, 2] + shares[1, 2, 0])
    assert plain.loss(logits, batch) == pytest.approx(float(by_hand), rel=1e-5)
    assert smooth.loss(logits, batch) == pytest.approx(float(0.9 * by_hand - 0.1 * (shares.mean(-1).sum() - shares[0, 2].mean())), rel=1e-4)
    nats, right, tokens = smooth.measure(logits, batch).tolist()
    assert nats == pytest.approx(float(by_hand), rel=1e-5)
    assert (right, tokens) == (sum(int(row) for row in (logits.argmax(-1) == batch["labels"]).flatten()), 5)


def test_a_tiny_model_learns_to_turn_a_sentence_round():
    from transformers import MarianConfig, MarianMTModel

    torch.manual_seed(0)
    sides = {
        f"{side}_{part}": size for side in ("encoder", "decoder") for part, size in (("layers", 1), ("attention_heads", 2), ("ffn_dim", 32))
    }
    config = MarianConfig(
        vocab_size=10,
        d_model=32,
        **sides,
        dropout=0.0,
        scale_embedding=True,
        init_std=32**-0.5,
        pad_token_id=9,
        eos_token_id=0,
        decoder_start_token_id=8,
    )
    model = MarianMTModel(config)
    draw = torch.Generator().manual_seed(1)
    rows = [torch.randint(1, 8, (int(torch.randint(1, 4, (), generator=draw)),), generator=draw).tolist() for _ in range(256)]
    pairs = Pairs([(row, row[::-1]) for row in rows], Special.of(config))
    task = TranslationTask(Seq2SeqLogits(model), pairs, pairs, 0.05)
    assert any(name.endswith("shared.weight") for name in task.groups[REST])
    assert all("layers" in name for name in task.groups[MATRICES])
    plan = Plan((Phase(12, {MATRICES: 4e-3, REST: 4e-3}),), batch_size=16, muon=(MATRICES,), precision="fp32")
    events = [event for event in fit(task, plan, Session(make_accelerator())) if hasattr(event, "values") and "val_loss" in event.values]
    assert events[-1].values["token_accuracy"] > 0.9 > events[0].values["token_accuracy"]


@pytest.mark.parametrize("bias", [0.0, 0.5])
def test_logits_are_those_of_the_whole_model_with_and_without_a_bias(bias):
    from transformers import MarianConfig, MarianMTModel

    torch.manual_seed(0)
    sizes = {f"{side}_{part}": 2 for side in ("encoder", "decoder") for part in ("layers", "attention_heads")}
    sizes |= {"encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "max_position_embeddings": 16, "pad_token_id": 0, "decoder_start_token_id": 0}
    model = MarianMTModel(MarianConfig(vocab_size=12, d_model=8, eos_token_id=1, forced_eos_token_id=None, **sizes)).eval()
    model.final_logits_bias.fill_(bias)
    ids = torch.tensor([[3, 4, 5, 1], [6, 7, 1, 0]])
    batch = {"input_ids": ids, "attention_mask": (ids > 0).long(), "decoder_input_ids": torch.tensor([[0, 8, 9], [0, 10, 11]])}
    ours = Seq2SeqLogits(model)
    assert ours.unbiased is (bias == 0.0)
    assert torch.allclose(ours(batch), model(**batch, use_cache=False).logits, atol=1e-6)
