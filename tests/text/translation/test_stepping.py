"""An encoder–decoder step by step is the model at once; what is hidden from the decoder it does not see."""

import pytest
import torch
from transformers import M2M100Config, M2M100ForConditionalGeneration, MarianConfig, MarianMTModel, T5Config, T5ForConditionalGeneration

from genhub.text.decoding.beams import search
from genhub.text.translation.attending import by_words, look, words
from genhub.text.translation.stepping import Seq2SeqDecoder
from genhub.training.configs import GenerateConfig

SOURCE, END = [5, 6, 7, 8, 1], 1
SIDES = {
    f"{side}_{part}": size for side in ("encoder", "decoder") for part, size in (("layers", 2), ("attention_heads", 2), ("ffn_dim", 32))
}
SHARED = {"vocab_size": 20, "d_model": 16, "init_std": 0.5, "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}


def marian():
    return MarianMTModel(MarianConfig(**SHARED, **SIDES, max_position_embeddings=32, forced_eos_token_id=None))


def m2m():
    return M2M100ForConditionalGeneration(M2M100Config(**{**SHARED, "decoder_start_token_id": 2}, **SIDES, max_position_embeddings=32))


def t5():
    sizes = {"num_layers": 2, "num_heads": 2, "d_kv": 8, "d_ff": 32, "vocab_size": 20, "d_model": 16}
    return T5ForConditionalGeneration(T5Config(**sizes, pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, initializer_factor=5.0))


@pytest.fixture(params=[marian, m2m, t5], ids=["marian", "m2m", "t5"])
def model(request):
    torch.manual_seed(0)
    model = request.param().eval()
    model.set_attn_implementation("eager")
    return model


@pytest.fixture
def start(model) -> int:
    return model.config.decoder_start_token_id


def test_step_by_step_is_all_at_once(model, start):
    target = [9, 10, 11, 12]
    decoder = Seq2SeqDecoder(model, SOURCE)
    memory, logits = decoder.begin([start, target[0]])
    told = [logits]
    memory.keep([0, 0, 0])
    for token in target[1:]:
        told.append(decoder.step(torch.tensor([3, token, 4]), memory)[1:2])
        memory.keep([1, 1, 1])
    whole = model(input_ids=torch.tensor([SOURCE]), decoder_input_ids=torch.tensor([[start, *target]])).logits[0, 1:]
    torch.testing.assert_close(torch.cat(told), whole, atol=1e-4, rtol=1e-4)


def test_beams_are_those_of_generate(model, start):
    config = GenerateConfig(strategy="beam", beams=3, max_new_tokens=6, length_penalty=0.7)
    found = search(Seq2SeqDecoder(model, SOURCE), [start], config, frozenset([END]))
    tree = None
    while tree is None:
        try:
            next(found)
        except StopIteration as end:
            tree = end.value
    asked = {"num_beams": 3, "max_new_tokens": 6, "length_penalty": 0.7, "forced_bos_token_id": None, "forced_eos_token_id": None}
    best = model.generate(input_ids=torch.tensor([SOURCE]), do_sample=False, **asked)[0].tolist()[1:]
    assert tree.hypotheses[0].tokens == [token for token in best if token not in (start, END)] or tree.hypotheses[0].tokens == best


def test_a_look_tells_probabilities_and_attention(model, start):
    target = [9, 10, END]
    found = look(model, SOURCE, target, [start])
    assert found.attention.shape == (2, 2, 3, 5)
    torch.testing.assert_close(found.attention.sum(-1), torch.ones(2, 2, 3))
    whole = model(input_ids=torch.tensor([SOURCE]), decoder_input_ids=torch.tensor([[start, 9, 10]])).logits[0].log_softmax(-1)
    assert found.logprobs == pytest.approx([float(whole[place, token]) for place, token in enumerate(target)], abs=1e-4)
    assert all(int((whole[place] > whole[place, token]).sum()) == found.ranks[place] for place, token in enumerate(target))
    assert all(0 <= entropy <= 3 for entropy in found.entropies)


def test_what_is_hidden_gets_no_attention_and_changes_the_rest(model, start):
    target = [9, 10, END]
    seen, masked = look(model, SOURCE, target, [start]), look(model, SOURCE, target, [start], hidden={1, 2})
    assert float(masked.attention[..., 1:3].max()) < 1e-6
    assert seen.logprobs != pytest.approx(masked.logprobs, abs=1e-3)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["▁I", "▁do", "n", "'", "t", "▁know", ".", "</s>"], [[0], [1, 2], [3], [4], [5], [6], [7]]),
        (["▁¿", "Dón", "de", "▁está", "?", "</s>"], [[0], [1, 2], [3], [4], [5]]),
        (["▁", "Lu", "z", "</s>"], [[0, 1, 2], [3]]),
        ([], []),
    ],
)
def test_pieces_make_words(pieces, expected):
    assert words(pieces) == expected


def test_attention_of_words_still_sums_to_one():
    attention = torch.rand(2, 3, 4, 5).softmax(-1)
    merged = by_words(attention, [[0], [1, 2], [3]], [[0, 1], [2], [3, 4]])
    assert merged.shape == (2, 3, 3, 3)
    torch.testing.assert_close(merged.sum(-1), torch.ones(2, 3, 3))
    torch.testing.assert_close(merged[..., 1, 0], attention[..., 1:3, 0:2].sum(-1).mean(-1))
