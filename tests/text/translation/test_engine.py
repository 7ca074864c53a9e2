"""The eight-bit engine finds what `generate` finds, with its scores, in any order and company."""

import pytest
import torch
from transformers import MarianConfig, MarianMTModel

from genhub.text.lm import MATRICES, REST
from genhub.text.translation.engine import Engine, convert
from genhub.text.translation.seq2seq import Pairs, Seq2SeqLogits, Special, TranslationTask, start_row
from genhub.training.loop import fit
from genhub.training.plan import Phase, Plan, Session, make_accelerator
from genhub.zoo.recipes import publish, subwords

WHO = (("Tom", "Tom"), ("she", "ella"), ("the cat", "el gato"), ("the dog", "el perro"))
DOES = (("sees", "ve"), ("likes", "quiere"), ("wants", "desea"))
WHAT = (("a house", "una casa"), ("the sun", "el sol"), ("my book", "mi libro"), ("bread", "pan"))
PAIRS = [tuple(" ".join(words) + "." for words in zip(who, does, what, strict=True)) for who in WHO for does in DOES for what in WHAT]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A tiny model that has learnt its few pairs, its tokeniser and its folder."""
    tokenizer = subwords.learn([text for pair in PAIRS for text in pair], 110)
    torch.manual_seed(0)
    sides = {
        f"{side}_{part}": size for side in ("encoder", "decoder") for part, size in (("layers", 1), ("attention_heads", 2), ("ffn_dim", 64))
    }
    pad = tokenizer.pad_token_id
    config = MarianConfig(
        vocab_size=len(tokenizer), d_model=32, **sides, dropout=0.0, scale_embedding=True, init_std=32**-0.5, max_position_embeddings=64,
        pad_token_id=pad, eos_token_id=0, decoder_start_token_id=pad, forced_eos_token_id=None, activation_function="relu",
    )  # fmt: skip
    model = MarianMTModel(config)
    model.generation_config.bad_words_ids = [[pad]]
    pairs = Pairs([tuple(tokenizer(text)["input_ids"][:-1] for text in pair) for pair in PAIRS], Special.of(config))
    plan = Plan((Phase(40, {MATRICES: 4e-3, REST: 4e-3}),), batch_size=12, muon=(MATRICES,), precision="fp32")
    for _ in fit(TranslationTask(Seq2SeqLogits(model), pairs, pairs, zero=start_row(model)), plan, Session(make_accelerator())):
        pass
    folder = tmp_path_factory.mktemp("model")
    publish.save_transformer(folder, model, tokenizer)
    return MarianMTModel.from_pretrained(folder).eval(), tokenizer, folder


@pytest.fixture(scope="module")
def engine(trained, tmp_path_factory):
    into = tmp_path_factory.mktemp("engine") / "converted"
    convert(trained[2], into)
    return Engine(into, threads=1)


def rows(tokenizer) -> list[list[str]]:
    return [tokenizer.convert_ids_to_tokens(tokenizer(source)["input_ids"]) for source, _ in PAIRS]


def test_it_translates_what_was_learnt(trained, engine):
    _, tokenizer, _ = trained
    found = engine.translate(rows(tokenizer), beams=4)
    written = [tokenizer.decode(tokenizer.convert_tokens_to_ids(one[0].pieces)) for one in found]
    assert sum(text == target for text, (_, target) in zip(written, PAIRS, strict=True)) >= 0.9 * len(PAIRS)


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_hypotheses_and_scores_are_those_of_generate(trained, engine, penalty):
    model, tokenizer, _ = trained
    told = engine.translate(rows(tokenizer)[:6], beams=3, penalty=penalty, best=2)
    asked = {"num_beams": 3, "num_return_sequences": 2, "length_penalty": penalty, "max_length": 32, "early_stopping": False}
    for row, (source, _) in zip(told, PAIRS, strict=False):
        ids = tokenizer(source, return_tensors="pt")["input_ids"]
        answer = model.generate(ids, return_dict_in_generate=True, output_scores=True, do_sample=False, **asked)
        texts = [tokenizer.decode(one, skip_special_tokens=True) for one in answer.sequences]
        assert tokenizer.decode(tokenizer.convert_tokens_to_ids(row[0].pieces)) == texts[0]
        assert row[0].score == pytest.approx(float(answer.sequences_scores[0]), abs=0.05)
        assert row[0].score >= row[1].score


def test_order_and_company_change_nothing_here(trained, engine):
    _, tokenizer, _ = trained
    asked = rows(tokenizer)
    together = [one[0].pieces for one in engine.translate(asked, beams=4)]
    assert [engine.translate([row], beams=4)[0][0].pieces for row in asked[::7]] == together[::7]
    assert [one[0].pieces for one in engine.translate(asked[::-1], beams=4)] == together[::-1]


def test_a_forced_beginning_is_not_part_of_the_answer(trained, engine):
    _, tokenizer, _ = trained
    row = rows(tokenizer)[0]
    (free,), (forced,) = engine.translate([row], beams=2), engine.translate([row], beams=2, first=["▁el"])
    assert forced[0].pieces != ["▁el", *free[0].pieces]
    assert len(forced) == len(free) == 1
