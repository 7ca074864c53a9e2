"""The recurrent translators: padding changes nothing, beams find more than greedy, what is stored opens again."""

import math

import pytest
import torch

from genhub.text.translation.rnn import ATTENTION, PLAIN, RNNTranslator, Shape, as_batch, load, save, translate
from genhub.text.translation.seq2seq import Pairs, Special

SPECIAL = Special(end=0, pad=11, start=11)


def model(attention: bool, seed: int = 0) -> RNNTranslator:
    torch.manual_seed(seed)
    return RNNTranslator(Shape(12, 8, 16), SPECIAL, attention).eval()


@pytest.mark.parametrize("attention", [False, True])
def test_a_row_in_a_batch_is_the_row_alone(attention):
    pairs = Pairs([([3, 4, 5, 6], [6]), ([7], [1, 2, 3])], SPECIAL)
    translator = model(attention)
    together = translator(pairs.batch([0, 1]))
    assert together.shape == (2, 4, 12)
    for row, size in ((0, 2), (1, 4)):
        torch.testing.assert_close(together[row, :size], translator(pairs.batch([row]))[0])


def test_without_attention_the_context_never_changes_and_with_it_it_does():
    ids, mask = as_batch([[3, 4, 5]], SPECIAL)
    for attention in (False, True):
        translator = model(attention)
        memory = translator.read(ids, mask)
        hidden = torch.randn(1, 16), torch.randn(1, 16)
        first, second = (translator.context(one, memory)[0] for one in hidden)
        assert torch.equal(first, second) is not attention
    weights = translator.context(hidden[0], memory)[1]
    assert weights.shape == (1, 4)
    assert float(weights.sum()) == pytest.approx(1)


@pytest.mark.parametrize("attention", [False, True])
def test_the_score_is_the_sum_of_log_probabilities_and_more_beams_find_no_worse(attention):
    translator = model(attention, seed=3)
    ids, mask = as_batch([[3, 4, 5], [6, 7]], SPECIAL)
    greedy, wide = (translate(translator, ids, mask, beams, limit=20) for beams in (1, 8))
    for row, source in enumerate(([3, 4, 5], [6, 7])):
        best = wide[row]
        shares = translator(Pairs([(source, best.ids)], SPECIAL).batch([0])).log_softmax(-1)[0]
        ended = [*best.ids, SPECIAL.end]
        assert best.score == pytest.approx(sum(float(shares[at, token]) for at, token in enumerate(ended)), abs=1e-4)
        if len(greedy[row].ids) < 20:
            assert best.score / len(ended) >= greedy[row].score / (len(greedy[row].ids) + 1) - 1e-6
        if attention:
            assert len(best.weights) == len(ended)
            assert all(len(line) == len(source) + 1 and math.isclose(sum(line), 1, abs_tol=1e-5) for line in best.weights)
        else:
            assert best.weights is None


def test_what_is_stored_opens_again(tmp_path):
    models = {PLAIN: model(False), ATTENTION: model(True)}
    save(tmp_path, models)
    batch = Pairs([([3, 4], [5, 6])], SPECIAL).batch([0])
    for part, one in models.items():
        torch.testing.assert_close(load(tmp_path, part)(batch), one(batch), atol=5e-3, rtol=5e-3)
    with pytest.raises(ValueError, match="holds no rnn-translator"):
        load(tmp_path, "other")
