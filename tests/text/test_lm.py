"""Windows of a text, the loss over them, and the task that the training loop is given."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

from genhub.text.chars import char_tokenizer, unknown
from genhub.text.lm import MATRICES, REST, LanguageTask, Logits, Windows, groups, sliding_loss, sliding_windows, window_loss
from genhub.training.loop import fit
from genhub.training.plan import Phase, Plan, Session, make_accelerator

TEXT = "the cat sat on the mat and the dog sat on the cat; " * 12


def tiny(vocabulary: int, positions: int = 16) -> GPT2LMHeadModel:
    torch.manual_seed(0)
    return GPT2LMHeadModel(
        GPT2Config(vocab_size=vocabulary, n_positions=positions, n_embd=16, n_layer=2, n_head=2, bos_token_id=None, eos_token_id=None)
    )


class Always(nn.Module):
    """Predicts that a token follows itself, with the same confidence everywhere, and remembers what it was shown."""

    def __init__(self, vocabulary: int = 10):
        super().__init__()
        self.vocabulary, self.seen = vocabulary, []

    def forward(self, batch):
        self.seen += batch["input_ids"].tolist()
        return 3.0 * nn.functional.one_hot(batch["input_ids"], self.vocabulary).float()


def test_windows_predict_every_token_but_the_first_once():
    windows = Windows(range(21), length=5)
    batch = windows.batch(range(len(windows.lengths)))
    assert batch["input_ids"].tolist() == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11, 12, 13, 14], [15, 16, 17, 18, 19]]
    assert torch.equal(batch["labels"], batch["input_ids"] + 1)
    assert windows.lengths == [5] * 4
    assert windows.weight([0, 2]) == 10


@pytest.mark.parametrize(("tokens", "stride", "count"), [(6, 5, 1), (20, 5, 3), (21, 5, 4), (21, 1, 16), (21, 50, 1)])
def test_windows_fit_into_the_text(tokens, stride, count):
    windows = Windows(range(tokens), 5, stride)
    assert len(windows.lengths) == count
    assert windows.batch(range(count))["labels"].max() < tokens


def test_a_text_that_is_too_short_is_refused():
    with pytest.raises(ValueError, match="5 tokens are too few for a window of 5"):
        Windows(range(5), 5)


def test_wandering_windows_begin_anywhere_and_stay_inside():
    windows = Windows(range(103), 5, 20, wander=True)
    torch.manual_seed(0)
    batches = [windows.batch(range(len(windows.lengths))) for _ in range(200)]
    assert all(torch.equal(batch["labels"], batch["input_ids"] + 1) for batch in batches)
    begun = {start for batch in batches for start in batch["input_ids"][:, 0].tolist()}
    assert begun == set(range(98))
    torch.manual_seed(0)
    assert torch.equal(windows.batch(range(5))["input_ids"], batches[0]["input_ids"])


@pytest.mark.parametrize(
    ("tokens", "length", "context"), [(2, 4, 2), (4, 4, 2), (5, 4, 2), (37, 8, 5), (37, 8, 0), (37, 8, 7), (100, 8, 4)]
)
def test_sliding_windows_measure_each_token_once_with_its_context(tokens, length, context):
    measured = []
    for start, end, new in sliding_windows(tokens, length, context):
        assert end - start <= length
        assert new - start >= min(context, new)
        measured += range(new, end)
    assert measured == list(range(tokens - 1))


def test_a_context_as_long_as_the_window_leaves_nothing_to_measure():
    with pytest.raises(ValueError, match="unmeasured"):
        sliding_windows(20, 8, 8)


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_sliding_loss_is_the_loss_of_each_token_once(batch_size):
    ids = np.array([1, 1, 2, 3, 3, 3, 4, 5, 5, 1, 9, 9, 0])
    repeats = int((ids[1:] == ids[:-1]).sum())
    hit, miss = -3.0 + math.log(math.e**3 + 9), math.log(math.e**3 + 9)
    total, count = sliding_loss(Always(), ids, length=4, context=2, batch_size=batch_size)
    assert count == 12
    assert total == pytest.approx(repeats * hit + (12 - repeats) * miss, rel=1e-5)
    whole = window_loss(Always(), Windows(ids, 4), batch_size)
    assert whole == pytest.approx(total / count, rel=1e-5)  # 12 is a multiple of 4: the same tokens


def test_a_padded_row_does_not_change_what_a_causal_model_answers():
    model = Logits(tiny(12).eval())
    ids = torch.randint(12, (41,), generator=torch.Generator().manual_seed(1)).numpy()
    one, many = sliding_loss(model, ids, 16, 8, batch_size=1), sliding_loss(model, ids, 16, 8, batch_size=8)
    assert one[1] == many[1] == 40
    assert one[0] == pytest.approx(many[0], rel=1e-5)


def test_muon_gets_hidden_matrices_and_nothing_else():
    model = Logits(tiny(12))
    found = groups(model)
    assert len(found[MATRICES]) == 2 * 4
    assert all(".h." in name and name.endswith("weight") for name in found[MATRICES])
    assert {"language_model.transformer.wte.weight", "language_model.transformer.wpe.weight"} < set(found[REST])
    assert len(found[MATRICES]) + len(found[REST]) == len(list(model.named_parameters()))


@pytest.mark.parametrize("muon", [(), (MATRICES,)])
def test_learns_a_text(muon):
    tokenizer = char_tokenizer(TEXT)
    ids = tokenizer(TEXT)["input_ids"]
    model = Logits(tiny(len(tokenizer)))
    task = LanguageTask(model, Windows(ids[:500], 16, 8, wander=True), Windows(ids[500:], 16))
    plan = Plan((Phase(14, {MATRICES: 1e-2, REST: 1e-2}),), 8, precision="fp32", muon=muon)
    losses = [
        event.values["val_loss"] for event in fit(task, plan, Session(make_accelerator())) if "val_loss" in getattr(event, "values", {})
    ]
    assert losses[0] < math.log(len(tokenizer)) + 0.5
    assert losses[-1] < 1.0
    assert min(losses) == pytest.approx(window_loss(model.eval(), task.validation), rel=1e-4)  # the best weights are put back


def test_characters_are_tokens(tmp_path):
    tokenizer = char_tokenizer("hello\n World! ñ")
    text = "\n\nhello  World ñ!\n"
    ids = tokenizer(text)["input_ids"]
    assert len(ids) == len(text)
    assert tokenizer.decode(ids) == text
    assert [tokenizer.convert_tokens_to_ids(letter) for letter in sorted(set("hello\n World! ñ"))] == list(range(len(tokenizer)))
    tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert again(text)["input_ids"] == ids
    assert again.decode(ids) == text


def test_characters_it_does_not_know_are_named():
    tokenizer = char_tokenizer("abc")
    assert unknown(tokenizer, "abcab") == []
    assert unknown(tokenizer, "xaéx€") == ["x", "é", "€"]
    with pytest.raises(Exception, match="vocabulary"):
        tokenizer("axb")
