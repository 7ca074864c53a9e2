"""The section *Inside a transformer*, without a browser: its handlers over tiny models, and what they draw."""

import base64
import io
import json
import re
from html import unescape
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from genhub import settings
from genhub.errors import UserError
from genhub.lab.insides import CAUSAL, EXAMPLE, Insides
from genhub.lab.writing import Writing
from genhub.serving.insides import OPS
from genhub.text.causal import load_causal
from genhub.text.encoder import load_encoder
from genhub.ui import maps, theme
from genhub.ui.generate.inside import embeddings, heads, lens, masks, positions, section, shared, shuffled, steps, tokens
from genhub.ui.wiring import Wires
from tests.serving.tiny_language import MODEL, tiny_gpt
from tests.tiny import tiny_encoder

SESSION = {"visitor": "v" * 43}
TEXT = "the dog hates the red film"
ASKED = {"text": TEXT, "model": MODEL}
BERT = dict(zip(steps.FIELDS, ("encoder", 1, 2, 3, False), strict=True))
GPT = {**BERT, "inside_steps_family": "causal"}


class Reading(Insides, Writing):
    """Answers with tiny models, in this process; keeps what it was asked. `missing`: there is no GPT."""

    def __init__(self, bert, gpt):
        self.settings, self.asked, self.missing = settings.get(), [], False
        self.context = SimpleNamespace(models=SimpleNamespace(base=lambda _: bert, language=lambda _: gpt))

    def _inside(self, op, args):
        self.asked.append((op, args))
        if self.missing and args["family"] == "causal":
            raise UserError("There is no such model.", "It was never trained.", "Choose another.", "model")
        answer = OPS[op](self.context, args)
        if isinstance(answer, dict):
            return answer
        while True:
            try:
                next(answer)
            except StopIteration as end:
                return end.value


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return load_encoder(tiny_encoder(folder / "bert")), load_causal(tiny_gpt(folder / "gpt"))


@pytest.fixture
def lab(home, models):
    return Reading(*models)


def text_of(html: str) -> str:
    """What stands on the page, one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def test_the_section_can_be_built_and_opens_on_the_stored_example(lab):
    wires = Wires(lab)
    with gr.Blocks():
        wires.add(session=gr.State(), run=gr.State())
        section.layout(wires)
        section.wire(wires)
    shown = text_of(wires.parts["inside_pieces"].value + wires.parts["inside_piece"].value)
    assert "animal 4,111" in shown
    assert "mammal" in shown
    assert lab.asked == []
    assert {name for part in section.PARTS.values() for name in (*part.FIELDS, *part.OUTPUTS)} <= set(wires.parts)


def test_its_styles_are_part_of_the_page():
    assert ".gi-squares" in theme.css()


@pytest.mark.parametrize("name", section.PARTS)
def test_every_part_draws_itself_and_only_what_it_may(lab, name):
    fields = {**BERT, "inside_heads_family": "causal", "inside_heads_layer": 1, "inside_head": 1, "inside_second": "a cat"}
    fields |= {"inside_positions": 8, "inside_dimensions": 8, "inside_base": 10_000, "inside_guess": None, "inside_seed": 0}
    drawn = section.opened(lab, SESSION, ASKED, {}, name, **fields, inside_score=[0, 0])
    assert set(drawn) <= {"inside_tab", "inside_drawn", *section.PARTS[name].OUTPUTS}
    assert drawn["inside_drawn"] == {name: ASKED}


def test_a_part_that_has_read_the_sentence_is_left_as_it_is(lab):
    assert section.opened(lab, SESSION, ASKED, {"masks": ASKED}, "masks") == {"inside_tab": "masks"}
    assert lab.asked == []


def test_another_sentence_is_read_by_the_part_in_view(lab):
    drawn = section.look(lab, SESSION, "the cat", MODEL, "masks")
    assert drawn["inside_asked"] == {"text": "the cat", "model": MODEL}
    assert drawn["inside_drawn"] == {"masks": drawn["inside_asked"]}
    assert "16 of 16 pairs" in text_of(drawn["inside_masks"])


@pytest.mark.parametrize(("text", "what"), [("", "empty"), ("the " * 70, "tokens"), ("x" * 1_001, "1,001 characters"), (5, "not text")])
def test_a_sentence_that_cannot_be_read_is_refused_once(lab, text, what):
    with pytest.raises(UserError, match=what):
        section.look(lab, SESSION, text, MODEL, "masks")


def test_without_a_gpt_the_half_of_bert_is_drawn_and_the_other_says_why(lab):
    lab.missing = True
    for drawn in (masks.show(lab, SESSION, ASKED)["inside_masks"], tokens.show(lab, SESSION, ASKED)["inside_pieces"]):
        assert "There is no such model." in text_of(drawn)
        assert "dog" in text_of(drawn)


def test_a_press_on_a_piece_tells_of_it(lab):
    drawn = tokens.pick(lab, "encoder:2", SESSION, ASKED)
    told = lab.inside_tokens("", TEXT, "encoder")["pieces"][2]
    assert 'data-pick="encoder:2" aria-pressed="true"' in drawn["inside_pieces"]
    shown = text_of(drawn["inside_piece"])
    assert "“dog” in BERT" in shown
    assert f"bytes 64 6f 67 length of its embedding {told['norm']:.3f}" in shown
    assert all(other["shown"] in shown for other in told["neighbours"])


@pytest.mark.parametrize("pick", ["", "encoder:99", "encoder:x", "other:1", "cell:1:1"])
def test_a_press_on_nothing_changes_nothing(lab, pick):
    assert tokens.pick(lab, pick, SESSION, ASKED) == {}
    assert lens.pick(lab, pick.replace("1:1", "99:1"), SESSION, ASKED) == {}


def test_what_a_visitor_writes_is_text_on_the_page(lab):
    asked = {"text": "<u>the</u> dog", "model": "o/<u>x"}
    with pytest.raises(UserError):
        lab.inside_lens("", "the dog", asked["model"])
    for drawn in (tokens.show(lab, SESSION, asked)["inside_pieces"], masks.show(lab, SESSION, asked)["inside_masks"]):
        assert "<u>" not in drawn
    told = shuffled.shuffle(lab, SESSION, asked, shuffled.GUESSES[0], 0, [0, 0])["inside_shuffled"]
    assert "&lt;u&gt;the&lt;/u&gt;" in told


def test_the_steps_show_the_numbers_of_the_worker(lab):
    told = lab.inside_steps("", TEXT, {"family": "encoder", "layer": 1, "head": 2, "query": 3})
    drawn = steps.show(lab, SESSION, ASKED, **BERT)
    shown = text_of(drawn["inside_steps"])
    for number in (*told["q"], *(seen["dot"] for seen in told["seen"])):
        assert shared.signed(number) in shown
    assert f"Here q has length {told['query_norm']:.2f}" in shown
    assert "No token is masked." in shown
    assert "differs from its usual one by at most" in shown
    assert 'data-pick="query:3" aria-pressed="true"' in drawn["inside_queries"]


def test_gpt_masks_what_comes_after(lab):
    shown = text_of(steps.show(lab, SESSION, ASKED, **GPT)["inside_steps"])
    count = len(lab.inside_tokens("", TEXT, "causal", MODEL)["pieces"])
    assert shown.count("− ∞") == count - 3
    assert f"the scores of the {count - 3} tokens after it" in shown


def test_the_weights_wait_for_a_guess_and_the_guess_is_scored(lab):
    drawn = steps.show(lab, SESSION, ASKED, **{**BERT, "inside_steps_guess": True})
    weights = [seen["weight"] for seen in lab.inside_steps("", TEXT, {"family": "encoder", "layer": 1, "head": 2, "query": 3})["seen"]]
    assert f"{max(weights):.3f}" not in drawn["inside_steps"]
    best, worst = weights.index(max(weights)), weights.index(min(weights))
    for place in (best, worst):
        assert f'data-pick="guess:{place}"' in drawn["inside_steps"]
    right = steps.guess(lab, f"guess:{best}", SESSION, ASKED, [0, 0], **BERT)
    assert right["inside_score"] == [1, 1]
    assert "Right." in right["inside_steps"]
    wrong = steps.guess(lab, f"guess:{worst}", SESSION, ASKED, right["inside_score"], **BERT)
    assert wrong["inside_score"] == [1, 2]
    assert f"{min(weights):.3f}, number {len(weights)} of {len(weights)}. The largest weight, {max(weights):.3f}" in wrong["inside_steps"]
    assert steps.guess(lab, "guess:99", SESSION, ASKED, [0, 0], **BERT) == {}


def test_a_place_that_the_model_lacks_gives_way_to_one_that_it_has(lab):
    drawn = steps.show(lab, SESSION, ASKED, **{**BERT, "inside_steps_layer": 6, "inside_steps_head": 12, "inside_query": 60})
    assert (drawn["inside_steps_layer"]["value"], drawn["inside_steps_layer"]["maximum"]) == (1, 2)
    assert (drawn["inside_steps_head"]["value"], drawn["inside_query"]) == (1, 8)
    drawn = heads.show(lab, SESSION, ASKED, "encoder", 6, 12)
    assert drawn["inside_heads_layer"]["value"] == 1
    assert drawn["inside_head"] == heads.MEAN


def test_an_architecture_that_cannot_be_split_says_so(lab, monkeypatch):
    monkeypatch.setattr("genhub.text.inside.attention.splits", lambda model: False)
    shown = text_of(steps.show(lab, SESSION, ASKED, **BERT)["inside_steps"])
    assert "keeps its queries and keys to itself" in shown
    assert steps.guess(lab, "guess:1", SESSION, ASKED, [0, 0], **BERT) == {}


def values(html: str) -> np.ndarray:
    """What the squares of a map tell, row by row."""
    found = re.search(r'data-values="([^"]*)" data-rows="([^"]*)"', html)
    rows = len(json.loads(unescape(found[2])))
    return np.array(found[1].split(), dtype=float).reshape(rows, -1) / 1000


def inks(html: str) -> list[np.ndarray]:
    """The opacities of the pictures, 0 to 1."""
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))[..., 1] / 255 for data in re.findall(r"base64,([^)]*)\)", html)]


def test_a_map_shows_the_weights_and_tells_them(lab):
    told = lab.inside_attention("", TEXT, "encoder", 2)
    drawn = heads.pick(lab, "head:2", SESSION, ASKED, inside_heads_family="encoder", inside_heads_layer=2, inside_head=1)
    weights = np.array(told["weights"][1])
    assert values(drawn["inside_map"]) == pytest.approx(weights, abs=1e-3)
    assert inks(drawn["inside_map"])[0] == pytest.approx(weights, abs=1 / 255)
    small = inks(drawn["inside_heads"])
    assert len(small) == 1 + told["heads"]
    assert small[0] == pytest.approx(np.mean(told["weights"], axis=0), abs=2 / 255)
    assert 'data-pick="head:2" aria-pressed="true"' in drawn["inside_heads"]
    average = heads.pick(lab, "head:0", SESSION, ASKED, inside_heads_family="encoder", inside_heads_layer=2, inside_head=1)
    assert values(average["inside_map"]) == pytest.approx(np.mean(told["weights"], axis=0), abs=2e-3)
    assert "query:" not in average["inside_map"]


def test_a_row_of_a_map_leads_to_its_steps(lab):
    fields = {"inside_heads_family": "causal", "inside_heads_layer": 2, "inside_head": 2, "inside_steps_guess": False}
    drawn = section.follow(lab, "query:4", SESSION, ASKED, {}, **fields)
    assert drawn["inside_tab"] == "steps"
    assert drawn["inside_steps_family"] == "causal"
    assert (drawn["inside_steps_layer"]["value"], drawn["inside_steps_head"]["value"], drawn["inside_query"]) == (2, 2, 4)
    assert section.follow(lab, "nothing", SESSION, ASKED, {}, **fields) == {}


def test_negative_numbers_are_a_second_ink():
    drawn = maps.numbers([[1.0, -0.5], [0.0, -1.0]], ("row", "column"), "{value}", 8)
    plus, minus = inks(drawn)
    assert plus.tolist() == [[1, 0], [0, 0]]
    assert minus == pytest.approx(np.array([[0, 0.5], [0, 1]]), abs=1 / 255)
    assert values(drawn).tolist() == [[1, -0.5], [0, -1]]


def test_masks_stand_side_by_side(lab):
    shown = masks.show(lab, SESSION, ASKED)["inside_masks"]
    count = len(lab.inside_tokens("", TEXT, "causal", MODEL)["pieces"])
    assert "64 of 64 pairs" in text_of(shown)
    assert f"{count * (count + 1) // 2} of {count**2} pairs" in text_of(shown)
    assert inks(shown)[1].tolist() == np.tril(np.ones((count, count))).tolist()


def test_positional_encoding_is_run_both_ways(lab):
    fields = {"inside_positions": 64, "inside_dimensions": 64, "inside_base": 10_000}
    drawn = positions.draw(lab, SESSION, **fields)["inside_sinusoids"]
    assert "0 of 2,016 pairs" in text_of(drawn)
    assert "686 of 2,016 pairs" in text_of(drawn)
    assert "only 2 columns differ" in text_of(drawn)
    right = values(drawn)
    assert right[3, 2] == pytest.approx(np.sin(3 / 10_000 ** (2 / 64)), abs=1e-3)
    for name, value in (("inside_dimensions", 7), ("inside_positions", 1e9), ("inside_base", float("nan")), ("inside_base", 0)):
        with pytest.raises(UserError):
            positions.draw(lab, SESSION, **{**fields, name: value})


def test_learnt_positions_or_how_else(lab, monkeypatch):
    assert "of 66 positions" in text_of(positions.learned(lab, SESSION, ASKED, "encoder"))
    monkeypatch.setattr("genhub.text.inside.positions._table", lambda model: None)
    assert "no table of positions" in text_of(positions.learned(lab, SESSION, ASKED, "causal"))


def test_nothing_is_told_of_the_shuffled_words_before_a_guess(lab):
    assert "Choose what you expect" in shuffled.show(lab, SESSION, ASKED, None)["inside_shuffled"]
    assert shuffled.shuffle(lab, SESSION, ASKED, None, 0, [0, 0]) == {}
    assert lab.asked == []
    drawn = shuffled.shuffle(lab, SESSION, ASKED, shuffled.RIGHT, 0, [1, 1])
    assert drawn["inside_score"] == [2, 2]
    assert "1.000000" in drawn["inside_shuffled"]
    again = shuffled.shuffle(lab, SESSION, ASKED, shuffled.RIGHT, drawn["inside_seed"], drawn["inside_score"])
    assert again["inside_score"] == [2, 2]  # the answer is known by now
    assert [args["seed"] for _, args in lab.asked] == [0, 1]


def test_two_sentences_are_two_segments(lab):
    shown = text_of(embeddings.show(lab, SESSION, ASKED, "a cat")["inside_embeddings"])
    told = lab.inside_embeddings("", TEXT, "a cat")
    assert f"cat 9 B {told['parts']['token'][9]:.2f} {told['parts']['position'][9]:.2f} {told['parts']['segment'][9]:.2f}" in shown
    assert " B " not in text_of(embeddings.show(lab, SESSION, ASKED, "")["inside_embeddings"])


def test_a_cell_of_the_lens_tells_its_five(lab):
    told = lab.inside_lens("", TEXT, MODEL)
    drawn = lens.pick(lab, "cell:1:3", SESSION, ASKED)
    shown = text_of(drawn["inside_cell"])
    assert "after layer 1 of 2" in shown
    for token in told["rows"][1]["tokens"][3]:
        assert token["shown"] in shown
    assert 'data-pick="cell:1:3" aria-pressed="true"' in drawn["inside_lens"].replace("'", '"')
    framed = drawn["inside_lens"].count("class='comes'")
    coming = [(row["tokens"][place][0]["id"], told["ids"][place + 1]) for row in told["rows"] for place in range(len(told["ids"]) - 1)]
    assert framed == sum(said == comes for said, comes in coming)
    last = len(told["ids"]) - 1
    assert "Here the sentence ends." in lens.pick(lab, f"cell:0:{last}", SESSION, ASKED)["inside_cell"]


def test_the_first_sentence_is_the_stored_one():
    assert shared.FIRST == {"text": EXAMPLE, "model": CAUSAL}
