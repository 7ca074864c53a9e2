"""Texts in bulk through a model that has really learnt a toy language."""

import pytest

from genhub.text.translation.bulk import LONGEST, Bulk, open_engine, room
from genhub.text.translation.engine import Found
from genhub.text.translation.passages import Piece
from genhub.text.translation.translator import load_translator
from tests.tiny_translators import PAIRS, trained_translator


@pytest.fixture(scope="module")
def bulk(tmp_path_factory) -> Bulk:
    translator = load_translator(trained_translator(tmp_path_factory.mktemp("model")))
    return Bulk(translator, open_engine(translator))


def test_each_text_gives_one_line_and_none_an_empty_one(bulk):
    texts = [f"{PAIRS[0][0]} {PAIRS[7][0]}", "", f"  {PAIRS[20][0]}\n{PAIRS[3][0]} ", " \n "]
    assert bulk.lines(texts) == [f"{PAIRS[0][1]} {PAIRS[7][1]}", "", f"{PAIRS[20][1]} {PAIRS[3][1]}", ""]
    assert bulk.lines([]) == []


def test_ways_are_the_hypotheses_in_their_order(bulk):
    [ways, none] = bulk.ways([f"{PAIRS[0][0]} {PAIRS[1][0]}", ""], best=3)
    assert len(set(ways)) == len(ways) == 3
    assert ways[0] == bulk.lines([f"{PAIRS[0][0]} {PAIRS[1][0]}"])[0]
    assert none == [""]
    [found] = bulk.search([bulk.translator.encode(PAIRS[0][0])], 3)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert ways[0].startswith(bulk.translator.text(bulk.ids(found[0])))


def test_hypotheses_that_read_alike_are_one(bulk):
    [found] = bulk.search([bulk.translator.encode(PAIRS[0][0])], 2)
    again = [found[0], Found(found[0].pieces, -9.0), found[1]]
    assert bulk.distinct(again) == found


def test_a_long_sentence_is_cut_where_the_model_ends(bulk):
    limit = min(LONGEST, bulk.translator.positions or LONGEST)
    parts = bulk.fitting(Piece("Tom sees bread, " * 60, ""))
    assert len(parts) > 1
    assert "".join(part.text + part.gap for part in parts).split() == ("Tom sees bread, " * 60).split()
    assert all(len(bulk.translator.encode(part.text)) <= limit for part in parts)


def test_a_translation_has_room(bulk):
    assert room(10) == 36
