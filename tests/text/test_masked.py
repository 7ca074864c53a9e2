"""The masked-language model: what is hidden, what is learnt, and that a stored one says what it said."""

import copy

import pytest
import torch

from genhub.text import masked
from genhub.text.encoder import load_encoder
from genhub.text.masked import IGNORED, Head, MaskedLM, MaskedTask, Sentences, hidden
from genhub.training.loop import fit
from genhub.training.plan import Phase, Plan, Session, make_accelerator
from tests.tiny import tiny_encoder

SPECIAL = {"pad": 0, "unk": 1, "cls": 2, "sep": 3, "mask": 4}
VOCABULARY = 50


def test_the_recipe_of_bert_hides_what_it_says():
    torch.manual_seed(0)
    tokens = torch.randint(5, VOCABULARY, (400, 60))
    tokens[:, 0], tokens[:, -10:] = 2, 0
    batch = hidden(tokens, SPECIAL, VOCABULARY)
    gaps = batch["labels"] != IGNORED
    assert gaps[:, 1:-10].float().mean() == pytest.approx(0.15, abs=0.01)
    assert not gaps[:, 0].any()
    assert not gaps[:, -10:].any()
    assert (batch["labels"][gaps] == tokens[gaps]).all()
    shown, there = batch["input_ids"][gaps], tokens[gaps]
    assert (shown == SPECIAL["mask"]).float().mean() == pytest.approx(0.8, abs=0.02)
    assert (shown == there).float().mean() == pytest.approx(0.1, abs=0.02)
    assert (batch["input_ids"][~gaps] == tokens[~gaps]).all()
    assert (batch["attention_mask"] == (tokens != 0)).all()


def test_a_row_of_one_word_has_a_gap_and_one_of_none_has_none():
    batch = hidden(torch.tensor([[2, 17, 3], [2, 3, 0]]), SPECIAL, VOCABULARY)
    assert (batch["labels"] != IGNORED).tolist() == [[False, True, False], [False, False, False]]


def test_what_is_not_learnt_from_is_always_hidden_alike():
    rows = [[2, *range(5, 30), 3]] * 8
    held = Sentences(rows, SPECIAL, VOCABULARY, seed=1)
    assert (held.batch([0, 1])["input_ids"] == held.batch([0, 1])["input_ids"]).all()
    training = Sentences(rows, SPECIAL, VOCABULARY)
    assert (training.batch([0, 1])["input_ids"] != training.batch([0, 1])["input_ids"]).any()
    assert training.weight([0, 1]) == pytest.approx(0.15 * 54)


def test_it_learns_with_an_adapter_is_stored_and_says_the_same(tmp_path):
    from peft import LoraConfig, get_peft_model

    base = load_encoder(tiny_encoder(tmp_path / "base"))
    special, size = masked.special_of(base.tokenizer), len(base.tokenizer)
    torch.manual_seed(0)
    encoder = get_peft_model(copy.deepcopy(base.model), LoraConfig(r=4, target_modules=["query", "value"]))
    model = MaskedLM(encoder, Head(base.hidden, base.model.config.vocab_size))
    words = [token for token in range(size) if token not in special.values()]
    rows = [[special["cls"], *(words[(start + step) % len(words)] for step in range(8)), special["sep"]] for start in range(64)]
    task = MaskedTask(model, Sentences(rows, special, size), Sentences(rows[:16], special, size, seed=0))
    before = task.summary(_measured(task))
    plan = Plan((Phase(30, {"encoder": 1e-2, "head": 1e-2}),), 8, precision="fp32", weight_decay=0.0)
    for _ in fit(task, plan, Session(make_accelerator(), lambda: False, None)):
        pass
    after = task.summary(_measured(task))
    assert (
        after["val_loss"] < before["val_loss"] - 0.15
    )  # the table of embeddings is the tiny base's own, drawn at random: it limits what can be learnt
    assert after["val_top5"] >= after["val_top1"]
    masked.save(tmp_path / "kept", model)
    again = masked.load(tmp_path / "kept", copy.deepcopy(base.model))
    batch = task.validation.batch(range(4))
    with torch.inference_mode():
        assert torch.allclose(again(batch), model.eval()(batch), atol=0.05)


@torch.inference_mode()
def _measured(task: MaskedTask) -> list[float]:
    task.model.eval()
    batch = task.validation.batch(range(16))
    return task.measure(task.model(batch), batch).tolist()
