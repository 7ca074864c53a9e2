"""Translating through the worker's operations, with a tiny model that knows 48 sentences."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from genhub import catalog, hub
from genhub.errors import UserError
from genhub.serving import ops, translating
from genhub.text.translation import measured
from genhub.text.translation.translator import load_translator
from tests.serving.tiny_runs import store
from tests.tiny_translators import MODEL, PAIRS, trained_translator

REVISION = "c" * 40
RIGHT = dict(PAIRS)


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENHUB_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("GENHUB_OFFLINE", "1")
        store(MODEL, REVISION, trained_translator)
        yield ops.context(0, {})


def run(op: str, context, **args):
    """(events, result)."""
    answer, events = translating.OPS[op](context, {"model": MODEL, **args}), []
    if isinstance(answer, dict):
        return events, answer
    while True:
        try:
            events.append(next(answer))
        except StopIteration as end:
            return events, end.value


def test_a_text_comes_back_with_its_blanks(context):
    text = " Tom sees bread.  She likes my book.\n\nThe dog wants bread."
    events, told = run("translate.write", context, text=text)
    assert told["translation"] == " Tom ve pan.  Ella quiere mi libro.\n\nEl perro desea pan."
    assert [event["sentence"]["source"] for event in events] == ["Tom sees bread.", "She likes my book.", "The dog wants bread."]
    assert told["languages"] == ["en", "es"]
    sentence = events[0]["sentence"]
    assert [word["text"] for word in sentence["words"]] == ["Tom", "ve", "pan", "."]
    assert [word["blank"] for word in sentence["words"]] == [True, True, True, False]
    assert all(0.5 < word["probability"] <= 1 for word in sentence["words"])
    assert sentence["source_words"] == ["Tom", "sees", "bread", ".", "(end)"]


def test_the_best_hypotheses_come_with_scores_best_first(context):
    events, _ = run("translate.write", context, text="Tom sees bread.", config={"beams": 4, "hypotheses": 3})
    hypotheses = events[0]["sentence"]["hypotheses"]
    assert len({one["text"] for one in hypotheses}) == 3
    assert [one["score"] for one in hypotheses] == sorted((one["score"] for one in hypotheses), reverse=True)


def test_a_line_in_is_a_line_out(context):
    lines = ["Tom sees bread.", "", "She likes bread. Tom wants the sun.", "   "]
    events, told = run("translate.lines", context, lines=lines)
    assert told["translations"] == ["Tom ve pan.", "", "Ella quiere pan. Tom desea el sol.", ""]
    assert (events[-1]["done"], events[-1]["total"]) == (4, 4)
    assert [one for event in events for one in event["translations"]] == told["translations"]


def test_a_sentence_without_end_is_cut_and_nothing_is_dropped(context):
    events, told = run("translate.write", context, text="the cat sees bread, " * 60)
    assert len(events) > 5
    assert all(len(event["sentence"]["source_ids"]) <= 64 for event in events)
    assert " ".join(event["sentence"]["source"] for event in events) == ("the cat sees bread, " * 60).strip()
    assert all(event["sentence"]["translation"] for event in events)
    assert told["translation"] == " ".join(event["sentence"]["translation"] for event in events) + " "


def test_attention_has_a_row_a_word_and_hiding_a_word_takes_its_column(context):
    events, _ = run("translate.write", context, text="The cat wants bread.")
    sentence = events[0]["sentence"]
    pair = {"source": sentence["source_ids"], "target": [*sentence["hypotheses"][0]["ids"], 0]}
    _, told = run("translate.attend", context, **pair, layer=0, head=1)
    assert told["target_words"] == ["El", "gato", "desea", "pan", ".", "(end)"]
    assert all(sum(row) == pytest.approx(1, abs=1e-3) for row in told["attention"])
    assert (told["layers"], told["heads"]) == (1, 2)
    hidden = told["source_places"][told["source_words"].index("wants")]
    _, masked = run("translate.attend", context, **pair, hidden=hidden)
    assert all(row[told["source_words"].index("wants")] == 0 for row in masked["attention"])
    _, pieces = run("translate.attend", context, **pair, merged=False)
    assert len(pieces["attention"]) == len(pair["target"])
    assert len(pieces["attention"][0]) == len(pair["source"])


def test_the_tree_of_a_decoder_that_cannot_see_a_word(context):
    translator = load_translator(Path(context.models.translator(MODEL).folder), id=MODEL)
    source = translator.encode("The cat wants bread.")
    _, plain = run("translate.beams", context, source=source)
    _, masked = run("translate.beams", context, source=source, hidden=list(range(len(source) - 1)))
    assert plain["hypotheses"][0]["text"] == "El gato desea pan."
    assert masked["hypotheses"][0]["score"] != plain["hypotheses"][0]["score"]
    assert plain["nodes"][0]["parent"] == -1
    assert any(node["greedy"] for node in plain["nodes"])


def test_the_tree_finds_what_the_engine_finds(context):
    for source, target in PAIRS[::11]:
        translator = context.models.translator(MODEL)
        _, tree = run("translate.beams", context, source=translator.encode(source), config={"beams": 4})
        assert tree["hypotheses"][0]["text"] == target == RIGHT[source]


@pytest.mark.parametrize(
    ("op", "args", "field"),
    [
        ("translate.write", {"text": " \n"}, "text"),
        ("translate.write", {"text": 3}, "text"),
        ("translate.write", {"text": "x" * 200_001}, "text"),
        ("translate.write", {"text": "a", "config": {"beams": 9}}, "beams"),
        ("translate.write", {"text": "a", "config": {"beams": 2, "hypotheses": 3}}, "hypotheses"),
        ("translate.write", {"text": "a", "config": {"target_language": "de"}}, "target_language"),
        ("translate.write", {"text": "a", "model": ""}, "model"),
        ("translate.lines", {"lines": "a"}, "lines"),
        ("translate.attend", {"source": [], "target": [0]}, "source"),
        ("translate.attend", {"source": [1, 0], "target": [10**6]}, "target"),
        ("translate.attend", {"source": [1, 0], "target": [3, 0], "layer": 7}, "layer"),
        ("translate.beams", {"source": [5, 0], "hidden": [0, 1]}, "hidden"),
        ("translate.beams", {"source": [5, 0], "hidden": [9]}, "hidden"),
    ],
)
def test_bad_input_is_named(op, args, field, context):
    with pytest.raises(UserError) as caught:
        run(op, context, **args)
    assert caught.value.field == field
    assert caught.value.remedy


def test_an_unknown_pair_names_those_there_are(context):
    translator = context.models.translator(MODEL)
    with pytest.raises(UserError, match="It translates en to es"):
        translator.between("en", "fr")
    assert translator.between("", "") == dataclasses.replace(translator, source="en", target="es")


def test_a_run_is_shown_as_the_model_aligns_that_it_adapted(tmp_path, monkeypatch):
    errors = {"pairs": 9, "mean": 0.4, "layers": [0.3, 0.5], "heads": [[0.2, 0.3], [0.5, 0.6]], "best": {"layer": 0, "head": 0}}
    monkeypatch.setattr(hub, "ZOO", tmp_path)
    monkeypatch.setitem(catalog.MODELS, "embedded/en-xx", None)
    (tmp_path / "en-xx").mkdir()
    (tmp_path / "en-xx" / "figures.json").write_text(json.dumps({"alignment": errors}))
    run = SimpleNamespace(id="embedded/en-xx", folder=tmp_path / "run")
    found = translating._measured(run, 2, 2)
    assert found == {**errors, "of": "embedded/en-xx"}
    assert "head 1 of layer 1: 0.20, measured of embedded/en-xx, which was adapted, on 9 pairs" in measured.told(found, 0, 0)
    assert translating._measured(SimpleNamespace(id="x", folder=tmp_path / "en-xx"), 2, 2) == errors
    assert "adapted" not in measured.told(errors, 0, 0)
    assert translating._measured(run, 3, 2) is None
    for other in ("embedded/../en-xx", "owner/en-xx", ""):
        assert translating._measured(SimpleNamespace(id=other, folder=tmp_path / "run"), 2, 2) is None
