"""The eight-bit engine finds what `generate` finds, with its scores, in any order and company."""

import pytest
from transformers import AutoTokenizer, MarianMTModel

from genhub.text.translation.engine import Engine, convert
from tests.tiny_translators import PAIRS, trained_translator


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The tiny model, its tokeniser and its folder."""
    folder = trained_translator(tmp_path_factory.mktemp("model"))
    return MarianMTModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder), folder


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
    ((free,),) = engine.translate([row], beams=2)
    ((forced,),) = engine.translate([row], beams=2, first=free.pieces[:1])
    assert forced.pieces == free.pieces[1:] != []
