"""Texts into another language and back, drawn among several ways, by stand-ins for both translators."""

import numpy as np
import pytest

from genhub.augment.texts import tools
from genhub.augment.texts.tools import LEAVE_OUT, THERE_AND_BACK, WAYS, Tools
from genhub.errors import UserError


class Spoken:
    """Says where it has been, and asks only for what it is asked."""

    def __init__(self, name: str):
        self.name, self.asked = name, []

    def ways(self, texts, best):
        self.asked.append(list(texts))
        return [[f"{text} {self.name}{way}" if text else "" for way in range(best)] for text in texts]


@pytest.fixture
def both(monkeypatch, tmp_path) -> tuple[Tools, list[Spoken]]:
    opened = []
    for name in THERE_AND_BACK:
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tools, "ZOO", tmp_path)

    def open_one(model_id):
        opened.append(Spoken(model_id[-2:]))
        return opened[-1]

    return Tools(translator=open_one), opened


def test_a_way_is_drawn_for_each_and_all_go_at_once(both):
    found, opened = both
    asked = [(f"text {number}", np.random.default_rng(number)) for number in range(40)]
    back = found.there_and_back(asked)
    for place, language in ((2, "es"), (3, "en")):
        assert {text.split()[place] for text in back} == {f"{language}{way}" for way in range(WAYS)}
    assert all(text.split()[:2] == ["text", str(number)] for number, text in enumerate(back))
    assert [len(one.asked) for one in opened] == [1, 1]
    again = found.there_and_back([(text, np.random.default_rng(number)) for number, (text, _) in enumerate(asked)])
    assert again == back
    assert len(opened) == 2  # each was opened once


def test_what_comes_back_as_nothing_stays(both):
    assert both[0].there_and_back([("", np.random.default_rng(0))]) == [""]
    assert both[0].there_and_back([]) == []


def test_without_the_models_it_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(tools, "ZOO", tmp_path)
    with pytest.raises(UserError, match="no translator back into English here") as raised:
        Tools().there_and_back([("A text.", np.random.default_rng(0))])
    assert raised.value.remedy == LEAVE_OUT
