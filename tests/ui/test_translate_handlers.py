"""What the handlers of the tab *Translate* answer, with a tiny model that knows 48 sentences; no browser."""

import json
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

from genhub import hub
from genhub.errors import UserError
from genhub.lab.pairs import COPY
from genhub.training.configs import TranslateConfig
from genhub.ui.learning.kinds import TUNE
from genhub.ui.translate import attention, by_length, chooser, evaluate, files, state, tab, tree, write
from genhub.ui.wiring import Wires
from tests.inline_worker import InlineWorker
from tests.serving.tiny_runs import store
from tests.tiny_translators import MODEL, PAIRS, trained_translator

SESSION = {"visitor": "v" * 43}
FIELDS = {"tr_model": MODEL, **{f"tr_{name}": TranslateConfig.option(name).default for name in chooser.OPTIONS}}
TEXT = "Tom sees bread. The dog wants bread."
PLACE = {"tr_layer": attention.BEST, "tr_head": attention.MEAN, "tr_merged": True}


@pytest.fixture
def lab(lab):
    store(MODEL, "c" * 40, trained_translator)
    lab.worker = InlineWorker()
    return lab


def translated(lab, text=TEXT, **more) -> list[dict]:
    return list(write.translate(lab, SESSION, text, **{**FIELDS, **more}))


@pytest.fixture
def shown(lab) -> dict:
    return translated(lab, tr_hypotheses=3)[-1]["tr_state"]


# ---- stage 1 --------------------------------------------------------------------------------------------------------


def test_sentences_come_one_after_the_other(lab):
    frames = translated(lab)
    counts = [len(frame["tr_state"]["told"]["sentences"]) for frame in frames if "tr_state" in frame]
    assert counts == [1, 2, 2]
    last = frames[-1]
    assert last["tr_state"]["told"]["translation"] == "Tom ve pan. El perro desea pan."
    assert last["tr_state"]["values"]["source_language"] == "en"
    assert 'data-pick="word:1:2"' in last["tr_text"]
    assert last["tr_go"]["interactive"]
    assert not frames[0]["tr_go"]["interactive"]


def test_a_text_is_escaped(lab):
    frames = translated(lab, "<b>Tom sees bread.</b>")
    assert "<b>" not in "".join(str(frame.get(name, "")) for frame in frames for name in ("tr_text", "tr_told", "tr_best"))


def test_nothing_to_translate_is_said(lab):
    with pytest.raises(UserError, match="text"):
        translated(lab, "   ")


def test_a_text_in_the_other_language_offers_to_turn(lab, monkeypatch):
    last = translated(lab, "Mi hermano tiene un perro blanco y una casa muy grande en la playa.")[-1]
    assert last["tr_state"]["told"]["stranger"] == "es"
    assert "looks like Spanish; the model translates from English" in last["tr_told"]
    monkeypatch.setattr(lab, "opposite", lambda values: "tests/opus-mt-es-en")
    assert write.choose(lab, "swap:", last["tr_state"], **FIELDS) == {"tr_model": "tests/opus-mt-es-en"}


def test_what_stop_cut_off_stays(lab):
    growing = next(frame for frame in translated(lab) if frame.get("tr_state", {}).get("told", {}).get("growing"))["tr_state"]
    ended = write.settle(lab, growing)
    assert "Stopped after 1 sentence." in ended["tr_told"]
    assert not ended["tr_state"]["told"]["growing"]
    assert write.settle(lab, ended["tr_state"]) == write.IDLE
    assert write.choose(lab, "word:0:0", growing, **FIELDS) == {}


def test_a_pressed_word_brings_its_sentence_into_view(lab, shown):
    chosen = write.choose(lab, "word:1:2", shown, **FIELDS)["tr_state"]
    assert (chosen["sentence"], chosen["word"], chosen["hypothesis"]) == (1, 2, 0)
    other = write.choose(lab, "hypothesis:2", chosen, **FIELDS)
    assert (other["tr_state"]["hypothesis"], other["tr_state"]["word"]) == (2, None)
    assert "Hypotheses of sentence 2" in other["tr_best"]
    for wrong in ("word:2:0", "word:0:99", "word:x", "hypothesis:9", "sentence:7", "", "word:" + "9" * 5_000):
        assert write.choose(lab, wrong, shown, **FIELDS) == {}


def test_the_opposite_direction_is_refused_where_there_is_none(lab, shown):
    with pytest.raises(UserError, match="No model here translates the other way"):
        write.swap(lab, TEXT, shown, **FIELDS)


def test_swapping_takes_the_translation_along(lab, shown, monkeypatch):
    monkeypatch.setattr(lab, "opposite", lambda values: "tests/opus-mt-es-en")
    assert write.swap(lab, TEXT, shown, **FIELDS) == {"tr_model": "tests/opus-mt-es-en", "tr_source": "Tom ve pan. El perro desea pan."}
    assert write.swap(lab, "Another text.", shown, **FIELDS) == {"tr_model": "tests/opus-mt-es-en"}


def test_translating_back_says_how_much_is_as_it_was(lab, shown, monkeypatch):
    monkeypatch.setattr(lab, "opposite", lambda values: MODEL)
    back = write.return_back(lab, SESSION, shown, True)["tr_returned"]
    assert "Back in English" in back
    assert "of 100 to what you wrote" in back
    assert write.return_back(lab, SESSION, shown, False) == {"tr_returned": ""}


# ---- stage 2 --------------------------------------------------------------------------------------------------------


def test_attention_is_drawn_for_the_sentence_in_view(lab, shown, monkeypatch):
    monkeypatch.setattr(lab, "has_recurrent", lambda: False)
    drawn = attention.redraw(lab, SESSION, {**shown, "word": 1}, **PLACE)
    assert 'data-pick="hide:0"' in drawn["tr_pair"]
    assert 'data-pick="look:3"' in drawn["tr_pair"]
    assert "the mean of all layers" in drawn["tr_map"]
    assert "Nobody has measured" in drawn["tr_map"]
    assert (drawn["tr_recurrent"], drawn["tr_hidden"]) == ("", "")
    head = attention.redraw(lab, SESSION, shown, "1", "2", False)
    assert "head 2 of layer 1" in head["tr_map"]


def test_a_hidden_word_changes_the_translation(lab, shown, monkeypatch):
    asked, grow = [], lab.translation_tree

    def watched(*args, **known):
        asked.append((known["hidden"], grown := grow(*args, **known)))
        return grown

    monkeypatch.setattr(lab, "translation_tree", watched)
    pressed = attention.press(lab, "hide:2", shown)["tr_state"]
    assert pressed["hidden"] == [2]
    drawn = attention.redraw(lab, SESSION, pressed, **PLACE)
    assert "Without “bread”" in drawn["tr_hidden"]
    assert "Tom ve pan." in drawn["tr_hidden"]
    assert "1 word hidden" in drawn["tr_hidden"]
    (none, _), (hidden, less) = asked
    places = lab.attend(SESSION["visitor"], state.pair(shown), shown["values"], shown["run"])["source_places"]
    assert (none, hidden) == ([], places[2])
    assert less["hypotheses"][0]["text"].split()[-1] in drawn["tr_hidden"]
    assert attention.press(lab, "hide:2", pressed)["tr_state"]["hidden"] == []
    assert attention.press(lab, "look:1", shown)["tr_state"]["word"] == 1
    assert attention.press(lab, "look:x", shown) == attention.press(lab, "look:1", None) == {}


RECURRENT = {
    "source_words": ["Tom", "sees", "bread", ".", "(end)"],
    "plain": {"text": "Tom pan."},
    "attention": {"text": "Tom ve pan.", "words": ["Tom", "ve", "pan", "."], "weights": [[0.6, 0.1, 0.1, 0.1, 0.1]] * 4},
}


@pytest.mark.parametrize(("words", "beside"), [(RECURRENT["source_words"], True), (["Tom", "see", "s", "bread", "."], False)])
def test_the_recurrent_translators_stand_beside_where_their_words_are_the_same(lab, shown, monkeypatch, words, beside):
    asked = []
    less = {"attention": {"text": "Tom ve sol."}}
    other = {**RECURRENT, "source_words": words}
    monkeypatch.setattr(lab, "has_recurrent", lambda: True)
    monkeypatch.setattr(lab, "recurrent", lambda visitor, text, hidden=(): asked.append((text, hidden)) or (less if hidden else other))
    shown["told"]["languages"] = list(attention.RECURRENT)
    pressed = attention.press(lab, "hide:2", shown)["tr_state"]
    drawn = attention.redraw(lab, SESSION, pressed, **PLACE)
    assert "RNN with attention" in drawn["tr_recurrent"]
    assert ("<mark>sol.</mark>" in drawn["tr_hidden"]) == beside
    assert ("RNN without attention" in drawn["tr_hidden"]) == beside
    assert asked == [("Tom sees bread.", ()), *[("Tom sees bread.", [2])] * beside]


def test_what_changed_is_marked_word_by_word():
    assert attention.changes("me gusta el sol", "me gusta la luna") == "me gusta <mark>la luna</mark>"
    assert attention.changes("me gusta el sol", "me gusta") == 'me gusta <mark title="left out">…</mark>'
    assert "<b>" not in attention.changes("a", "<b>")


# ---- stage 3 --------------------------------------------------------------------------------------------------------


def test_the_tree_is_of_the_sentence_in_view(lab, shown):
    grown = tree.grow(lab, SESSION, {**shown, "sentence": 1}, 3, "", 12)
    assert "El perro desea pan." in grown["tr_tree_best"]
    assert "continuations were looked at" in grown["tr_tree_told"]
    assert "The dog want …" in grown["tr_tree_plot"]["value"].to_json().encode().decode("unicode_escape").encode("latin1").decode()


@pytest.mark.parametrize(
    ("given", "said"), [((None, 3, "", 12), "No sentence"), (("shown", 3, "", 99), "A tree of 99"), (("shown", 99, "", 12), "Beams")]
)
def test_a_tree_that_cannot_be_is_refused(lab, shown, given, said):
    with pytest.raises(UserError, match=said):
        tree.grow(lab, SESSION, shown if given[0] else None, *given[1:])


# ---- stages 4 and 5 -------------------------------------------------------------------------------------------------


def judged(lab, **more) -> list[dict]:
    given = {
        "tr_judged": [MODEL],
        "tr_pairs_source": evaluate.PASTED,
        "tr_pairs_pasted": "\n".join(f"{here}\t{there}" for here, there in PAIRS),
        "tr_pairs_file": None,
        "tr_source_column": "",
        "tr_target_column": "",
    }
    return list(evaluate.judge(lab, SESSION, **{**given, **FIELDS, **more}))


def test_two_runs_of_one_name_are_told_apart(lab, monkeypatch):
    monkeypatch.setattr(lab, "run", lambda visitor, run: SimpleNamespace(name="mine"))
    monkeypatch.setattr(lab, "_judge", lambda visitor, model, values: lab._translator(visitor, {**values, "model": MODEL}))
    told = judged(lab, tr_judged=["run:a", "run:b", MODEL])[-1]["tr_judge_state"]["told"]
    assert [one["name"] for one in told["systems"]] == ["mine", "mine (2)", MODEL, COPY]


def test_no_name_is_given_twice(lab, monkeypatch):
    names = {"a": "mine", "b": "mine (2)", "c": "mine", "d": COPY}
    monkeypatch.setattr(lab, "run", lambda visitor, run: SimpleNamespace(name=names[run]))
    monkeypatch.setattr(lab, "_judge", lambda visitor, model, values: lab._translator(visitor, {**values, "model": MODEL}))
    told = judged(lab, tr_judged=[f"run:{run}" for run in names])[-1]["tr_judge_state"]["told"]
    assert [one["name"] for one in told["systems"]] == ["mine", "mine (2)", "mine (3)", f"{COPY} (2)", COPY]


def test_a_model_is_judged_beside_copying(lab):
    frames = judged(lab)
    last = frames[-1]
    assert "the source as it is" in last["tr_judge_scores"]
    assert "Fewer than a hundred sentences" in last["tr_judge_scores"]
    systems = last["tr_judge_state"]["told"]["systems"]
    assert systems[0]["bleu"]["score"] > 90
    assert systems[1]["difference"]["bleu"]["high"] < 0
    said = "".join(str(frame.get("tr_judge_told")) for frame in frames)
    assert f"{MODEL} translates." in said
    assert f"{COPY} is judged." in said
    assert "Worst sentences first" in evaluate.choose_system(lab, "system:1", last["tr_judge_state"])["tr_judge_worst"]
    assert evaluate.choose_system(lab, "system:9", last["tr_judge_state"]) == {}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"tr_judged": []}, "0 models"),
        ({"tr_judged": [MODEL, "a/b", "c/d", "e/f", "g/h"]}, "5 models"),
        ({"tr_pairs_source": evaluate.FILE}, "No file"),
        ({"tr_pairs_pasted": " "}, "empty|Nothing|text"),
    ],
)
def test_what_cannot_be_judged_is_refused(lab, more, said):
    with pytest.raises(UserError, match=said):
        judged(lab, **more)


def test_a_file_comes_back_line_by_line(lab, tmp_path):
    path = tmp_path / "letters.txt"
    path.write_text("Tom sees bread.\n\nShe likes my book.\n" * 50, encoding="utf-8")
    frames = list(files.translate(lab, SESSION, str(path), "", **FIELDS))
    last = frames[-1]
    assert "All of it is done." in last["tr_file_told"]
    out = Path(last["tr_file_out"]["value"])
    assert out.name == "letters-opus-mt-en-es.txt"
    assert out.read_text(encoding="utf-8") == "Tom ve pan.\n\nElla quiere mi libro.\n" * 50
    halfway = next(frame["tr_file_state"] for frame in frames if (frame.get("tr_file_state") or {}).get("done") == 64)
    assert "the first 64 of 150 lines" in files.settle(lab, halfway)["tr_file_told"]
    assert files.settle(lab, None) == files.IDLE


def test_without_a_file_nothing_is_done(lab):
    with pytest.raises(UserError, match="No file"):
        list(files.translate(lab, SESSION, None, "", **FIELDS))


def test_the_page_has_every_stage(lab):
    with gr.Blocks():
        wires = Wires(lab)
        wires.add(session=gr.State({}), run=gr.State(""), learn=gr.State({}), learn_pulse=gr.Timer(active=False))
        tab.layout(wires)
        tab.wire(wires)
    stages = [wires.parts[name].label for name in wires.parts if name.endswith("_stage")]
    assert sorted(stages) == sorted([*(part.STAGE for part in tab.SECTIONS), TUNE.stage])
    assert [stage.partition(" ")[0] for stage in sorted(stages)] == [str(number) for number in range(1, 7)]


def test_words_of_the_state_are_found_only_where_they_are(shown):
    assert state.picked_word("word:0:1", shown) == (0, 1)
    assert state.picked_word("word:0:", shown) is None


# ---- what attention changed -----------------------------------------------------------------------------------------


def test_what_attention_changed_is_read_from_what_was_measured(lab, monkeypatch, tmp_path):
    monkeypatch.setattr(hub, "ZOO", tmp_path)
    assert by_length.exhibit(lab) == ""
    one, more = ({"from": least, "to": most, "sentences": 10, "chrf": 50.0} for least, most in ((1, 5), (16, None)))
    figures = {
        name: {"test": {"by_length": [{**one, "bleu": first}, {**more, "bleu": last}]}}
        for name, first, last in (("transformer", 60.0, 40.0), ("attention", 50.0, 30.0), ("plain", 45.0, 5.0))
    }
    (tmp_path / "en-es").mkdir()
    (tmp_path / "en-es" / "figures.json").write_text(json.dumps(figures.pop("transformer")))
    assert by_length.exhibit(lab) == ""
    (tmp_path / "en-es-rnn").mkdir()
    (tmp_path / "en-es-rnn" / "figures.json").write_text(json.dumps(figures))
    shown = by_length.exhibit(lab)
    assert "those of 1 to 5 words and those of 16 and more" in shown
    assert "Transformer from 60.0 to 40.0; RNN with attention from 50.0 to 30.0; RNN without attention from 45.0 to 5.0." in shown
    assert shown.count("<polyline") == 3
    assert "1 to 5: 10, 16 and more: 10" in shown
