"""The embedded recurrent translators as the model worker is asked of them: two translations, an alignment, words hidden from it."""

import pytest

from genhub.errors import UserError
from genhub.serving import recurrent

TEXT = "I like soccer and also going to the beach."


def ask(text: str = TEXT, **more) -> dict:
    return recurrent.recurrent(None, {"text": text, **more})


def test_both_translate_and_attention_tells_what_it_looked_at():
    told = ask()
    assert told["source_words"][:3] == ["I", "like", "soccer"]
    assert told["source_words"][-1] == "(end)"
    written = told["attention"]
    assert written["text"].startswith("Me gusta el fútbol")
    assert len(written["weights"]) == len(written["words"])
    assert all(len(row) == len(told["source_words"]) and sum(row) == pytest.approx(1, abs=0.01) for row in written["weights"])
    looked = written["weights"][written["words"].index("fútbol")]
    assert told["source_words"][looked.index(max(looked))] == "soccer"
    assert told["plain"]["text"] != written["text"]


def test_a_word_that_is_hidden_is_not_looked_at_and_the_translation_changes():
    whole, less = ask()["attention"], ask(hidden=[2])["attention"]
    assert all(row[2] == 0 for row in less["weights"])
    assert "fútbol" not in less["text"]
    assert "fútbol" in whole["text"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"text": "word " * 500}, "tokens"),
        ({"hidden": list(range(11))}, "cannot be hidden"),
        ({"hidden": [99]}, "cannot be hidden"),
        ({"hidden": "2"}, "cannot be hidden"),
    ],
)
def test_what_is_refused(args, said):
    with pytest.raises(UserError, match=said):
        ask(**args)


def test_without_the_models_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(recurrent.hub, "ZOO", tmp_path)
    with pytest.raises(UserError, match="is not here"):
        ask()
