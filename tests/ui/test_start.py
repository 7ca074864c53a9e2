"""The tab *Start* and the course index, without a browser: what a press opens, in which state, and that all of it is on the page."""

import html
import re
from html import unescape

import gradio as gr
import pytest

from genhub import settings
from genhub.augment.chain import generator
from genhub.errors import UserError
from genhub.jobs.folder import RunFolder
from genhub.lab import EXAMPLES, Lab
from genhub.training.configs import DrawConfig, GenerateConfig, ScratchConfig
from genhub.ui import app, course, forms, links, start, tiles, ways
from genhub.ui.augment import images as pictures
from genhub.ui.augment import stored as varying
from genhub.ui.augment import tab as augment
from genhub.ui.classify import data, exhibit, tab
from genhub.ui.course import formulas
from genhub.ui.generate import decode, stored, tree, writer
from genhub.ui.generate import tab as generate
from genhub.ui.generate.inside import heads, section, shared
from genhub.ui.images import stored as drawing
from genhub.ui.images import tab as images
from genhub.ui.learning import options
from genhub.ui.learning.kinds import ADAPT, KINDS, SCRATCH
from genhub.ui.translate import state as translating
from genhub.ui.translate import tab as translate
from genhub.ui.visit import empty
from genhub.ui.wiring import Wires

VISITOR = "v" * 43
HELD = {"session": {**empty(), "visitor": VISITOR, "run": "example-cured"}, "decode_kept": [0, 0], "cheat_score": [0, 0]}
PICKED = stored.example()["picked"]
EXPLAINED = {"words": [{"text": "ab", "start": 0, "end": 2, "score": 1.0}], "left_out": [], "label": "x", "steps": 16, "delta": 0.0}
DRAWING = {
    "model": "embedded/mnist-vae-classes",
    "values": {"n": 3},
    "drawn": {"picture": "aGk=", "columns": 10, "side": 28, "count": 3, "classes": ["0", "1", "2"], "seconds": 0.01},
}
SENTENCE = {
    "source": "Tom sees.",
    "gap": "",
    "words": [{"text": word, "probability": 0.5, "blank": True} for word in ("Tom", "ve.")],
    "hypotheses": [{"ids": [3, 4], "text": "Tom ve.", "score": -0.1}],
    "source_ids": [1, 2],
    "doubts": [],
}
TRANSLATING = {
    "text": "Tom sees.",
    "values": {"model": "embedded/en-es"},
    "told": {"sentences": [SENTENCE], "translation": "Tom ve.", "languages": ["en", "es"], "seconds": 0.1},
    "word": 1,
    "attention": {
        "attention": [[0.9, 0.1], [0.2, 0.8]],
        "probability": [0.5, 0.5],
        "source_words": ["Tom", "sees."],
        "source_places": [[0], [1]],
        "target_words": ["Tom", "ve."],
        "layers": 3,
        "heads": 4,
        "layer": -1,
        "head": -1,
        "errors": {},
    },
    "recurrent": None,
}
REFUSAL = UserError("It is gone.", "It was deleted.", "Choose another.")


@pytest.fixture
def lab(home):
    """The real Lab; nothing is started, and no model answers."""
    made = Lab(settings.get())
    made.worker.call = lambda *_, **__: pytest.fail("a model was asked")
    yield made
    made.close()


CHAINS = ("image_chain", "text_chain", "measured")


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The components of Start and of the tabs by name; as they are built, for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"GENHUB_HOME": str(tmp_path_factory.mktemp("home")), "GENHUB_OFFLINE": "1", "GENHUB_PROFILE": ""}.items():
            patch.setenv(name, value)
        lab = Lab(settings.get())
    wires = Wires(lab)
    with gr.Blocks():
        wires.add(
            **{name: gr.State() for name in ("session", "run", "learn", "method_form", "learn_pulse", "pulse", "runs_clock", *CHAINS)}
        )
        with gr.Tabs() as tabs, gr.Tab("Start", id="start"):
            links.layout(wires)
            start.layout(wires)
        tab.layout(wires)
        generate.layout(wires)
        translate.layout(wires)
        images.layout(wires)
        augment.layout(wires)
    wires.add(tabs=tabs)
    yield wires.parts
    lab.close()


def opened(drawn: dict) -> tuple[str, set[str]]:
    """The tab that an answer opens, and the stages that are open there."""
    stages = {stage.component: name for name, stage in ways.STAGES.items()}
    return drawn["tabs"]["selected"], {stages[name] for name, value in drawn.items() if name in stages and value["open"]}


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


# ---- tiles ----------------------------------------------------------------------------------------------------------


def test_there_are_nine_tiles_and_each_can_be_poked(lab, monkeypatch):
    monkeypatch.setattr(drawing, "example", lambda: DRAWING)
    monkeypatch.setattr(translating, "example", lambda: TRANSLATING)
    drawn = tiles.render(lab).split('<section class="gh-tile">')[1:]
    titles = [re.search(r"<h3>([^<]*)", tile)[1] for tile in drawn]
    assert titles == ["Classify", "Write", "Translate", "Draw", "Augment", "Look inside", "Compare", "Explain", "Catch it cheating"]
    for tile in drawn:
        picks = re.findall(r'data-pick="([^"]*)"', tile)
        assert picks
        assert {pick.partition(":")[0] for pick in picks} <= set(start.POKES)


def test_every_figure_on_a_tile_is_the_stored_one(lab):
    shown, told = words(tiles.render(lab)), stored.example()
    for name in ("support", "shortcut"):
        assert f"{RunFolder(EXAMPLES / name).read('metrics.json')['accuracy']:.3f}"[2:4] in shown
    best = told["why"]["candidates"][0]
    assert f"{best['raw']:.2g}"[1:] in shown
    assert "In one of them “it” looks at “animal”" in shown
    assert shown.count("Greedy") == 1


def test_a_tile_whose_file_is_missing_is_left_out(lab, monkeypatch, tmp_path):
    monkeypatch.setattr(tiles, "EXAMPLES", tmp_path)
    monkeypatch.setattr(stored, "example", dict)
    monkeypatch.setattr(drawing, "example", dict)
    monkeypatch.setattr(translating, "example", dict)
    monkeypatch.setattr(varying, "example", dict)
    monkeypatch.setattr("genhub.lab.insides.stored", dict)
    assert tiles.render(lab).count("gh-tile") == 1  # the grid alone


@pytest.mark.parametrize(
    ("pick", "tab", "stages"),
    [
        ("train:open", "classify", {"data"}),
        ("cell:0:1", "classify", {"verdict"}),
        ("word:1", "classify", {"try"}),
        ("guess:praise", "classify", {"cheat"}),
        ("token:3", "generate", {"why", "write"}),
        ("way:1", "generate", {"decode"}),
        ("head:5", "generate", {"inside"}),
        ("look:0", "translate", {"translate", "attention"}),
        ("hide:1", "translate", {"translate", "attention"}),
        ("drawn:5", "images", {"play"}),
        ("varied:3", "augment", {"pictures"}),
    ],
)
def test_a_press_opens_its_stage_before_a_model_is_asked(lab, parts, pick, tab, stages, monkeypatch):
    monkeypatch.setattr(translating, "example", lambda: TRANSLATING)
    drawn = start.poke(lab, pick, **HELD)
    assert opened(drawn) == (tab, stages)
    poke = start.POKES[pick.partition(":")[0]]
    assert set(drawn) <= {*ways.OPENED, "start_pick", *poke.outputs}
    assert {*poke.outputs, *filter(None, (poke.waits, poke.problem))} <= set(parts)


@pytest.mark.parametrize("pick", ["", "nothing", "nothing:1", "line:1"])
def test_a_press_on_nothing_opens_nothing(lab, pick):
    assert start.poke(lab, pick, **HELD) == {"start_pick": ""}
    assert start.answer(lab, pick, **HELD) == {}


@pytest.mark.parametrize("pick", ["token:x", "token:9999999999", "way:77", "head:-1", "guess:neither", "cell:a:b", "cell:99:99"])
def test_a_press_on_what_is_not_there_still_opens_the_stage(lab, pick):
    assert opened(start.poke(lab, pick, **HELD))[1] >= {start.POKES[pick.partition(":")[0]].way.stage}


def test_a_drawn_image_comes_with_its_model_and_is_looked_at(lab, monkeypatch):
    monkeypatch.setattr(drawing, "example", lambda: DRAWING)
    answers = {
        "images.about": {
            "names": ["0"],
            "size": 2,
            "side": 8,
            "channels": 1,
            "conditional": True,
            "draws": True,
            "reads": True,
            "denoises": False,
            "parameters": 12_345,
            "slow": False,
            "mapped": False,
            "damage": None,
        },
        "images.draw": DRAWING["drawn"],
        "images.look": {"picture": "aGk=", "code": [0.5, 1.0], "size": 2, "class": "0", "alike": "aGk="},
    }
    asked = []
    monkeypatch.setattr(lab, "_painter", lambda visitor, model: model)
    monkeypatch.setattr(lab.worker, "call", lambda op, args, **_: asked.append((op, args)) or answers[op])
    told = start.answer(lab, "drawn:2", **HELD)
    assert asked[-1][1]["of"] == {"drawn": DrawConfig(**DRAWING["values"]).to_dict(), "index": 2}
    assert (told["im_model"], told["play_problem"], told["im_known"]["model"]) == (DRAWING["model"], "", DRAWING["model"])
    assert "More like this" in told["play_look"]
    assert told["play_sheet"].count('aria-pressed="true"') == 1
    assert set(told) <= {*start.POKES["drawn"].outputs, "play_problem"}
    for pick in ("drawn:40", "drawn:x", "drawn:"):
        assert set(start.answer(lab, pick, **HELD)) == {"play_problem"}


def test_a_word_of_the_stored_translation_is_looked_at_and_one_of_its_source_hidden(lab, monkeypatch):
    monkeypatch.setattr(translating, "example", lambda: TRANSLATING)
    assert "At “ve.” it looked at “sees.” most" in words(tiles.translate())
    looked = start.poke(lab, "look:0", **HELD)
    assert (looked["tr_state"]["word"], looked["tr_source"], looked["tr_model"]) == (0, "Tom sees.", "embedded/en-es")
    assert 'data-pick="look:0" aria-pressed="true"' in looked["tr_pair"]
    assert start.answer(lab, "look:0", **HELD) == {}
    asked = []
    less = {"hypotheses": [{"text": "Tom va."}]}
    monkeypatch.setattr(lab, "has_recurrent", lambda: False)
    monkeypatch.setattr(lab, "attend", lambda *args, **_: TRANSLATING["attention"])
    monkeypatch.setattr(lab, "translation_tree", lambda *args, hidden: asked.append(hidden) or (less if hidden else SENTENCE))
    hidden = start.poke(lab, "hide:1", **HELD)
    assert (hidden["tr_state"]["hidden"], hidden["tr_state"]["word"]) == ([1], None)
    assert start.READING in hidden["tr_hidden"]
    answer = start.answer(lab, "hide:1", **HELD)
    assert asked == [[], [1]]
    assert "Tom va." in words(answer["tr_hidden"])
    assert set(answer) <= {*start.POKES["hide"].outputs, "attention_problem"}
    for pick in ("look:2", "hide:9", "look:x"):
        assert start.poke(lab, pick, **HELD)["tr_state"]["word"] == TRANSLATING["word"]
    monkeypatch.setattr(translating, "example", dict)
    assert "tr_state" not in start.poke(lab, "look:0", **HELD)


def test_the_tab_waits_for_an_image_that_was_pressed(lab):
    assert images.arrive(lab, HELD["session"], None, None, "drawn:2") == {}
    assert "im_about" in images.arrive(lab, HELD["session"], None, None, "token:2")
    assert "im_about" in images.arrive(lab, HELD["session"], None, {"model": "x"}, "drawn:2")


def test_a_cell_leads_to_its_rows_under_that_runs_own_heading(lab):
    drawn = start.poke(lab, "cell:0:1", **HELD)
    metrics = RunFolder(EXAMPLES / "support").read("metrics.json")
    assert drawn["run"] == "example-support"
    assert f"{metrics['accuracy']:.3f}" in drawn["verdict_stage"]["label"]
    assert f"{metrics['confusion'][0][1]} rows labelled “{metrics['labels'][0]}”" in words(drawn["verdict_cell"])


def test_a_cell_that_was_pressed_before_the_page_had_arrived_stays(lab):
    drawn = start.poke(lab, "cell:0:1", **HELD)
    assert not set(app.find_run(lab, HELD["session"], drawn["start_pick"])) & set(tab.RUN_VIEW)
    for pick in ("", "token:1"):
        assert "verdict_head" in app.find_run(lab, HELD["session"], pick)


def test_the_framed_token_is_explained_from_what_is_stored(lab):
    drawn = start.poke(lab, f"token:{PICKED}", **HELD)
    assert drawn["gen_state"]["picked"] == PICKED
    assert words(drawn["gen_why"]).count("branch here") == len(stored.example()["why"]["candidates"]) - 1
    assert start.READING not in drawn["gen_why_head"]
    assert set(start.answer(lab, f"token:{PICKED}", **HELD)) == {"why_problem"}


def test_any_other_token_is_explained_by_the_model_that_wrote_it(lab, monkeypatch):
    told, other = stored.example(), (PICKED + 1) % len(stored.example()["told"]["tokens"])
    asked = []
    monkeypatch.setattr(lab, "inspect", lambda *args, **_: asked.append(args) or {**told["why"], "entropy": 0.0})
    drawn = start.poke(lab, f"token:{other}", **HELD)
    assert start.READING in drawn["gen_why_head"]
    assert drawn["gen_why"] == ""
    assert f'data-pick="token:{other}" aria-pressed="true"' in drawn["gen_text"]
    answer = start.answer(lab, drawn["start_pick"], **HELD)
    assert "0.00 bits" in words(answer["gen_why_head"])
    assert answer["gen_state"]["picked"] == other
    (visitor, ids, place, values, *_) = asked[0]
    assert (visitor, place, values) == (VISITOR, len(told["told"]["prompt_ids"]) + other, told["values"])
    assert ids == told["told"]["prompt_ids"] + [token["id"] for token in told["told"]["tokens"]]


@pytest.mark.parametrize("pick", ["token:0" if PICKED else "token:1", "word:1", "guess:praise"])
def test_a_refusal_stands_where_the_visitor_is_by_then_and_nothing_waits_any_more(lab, monkeypatch, pick):
    def refuse(*_, **__):
        raise REFUSAL

    for name in ("inspect", "predict", "explain"):
        monkeypatch.setattr(lab, name, refuse)
    poke = start.POKES[pick.partition(":")[0]]
    assert start.READING in start.poke(lab, pick, **HELD)[poke.waits]
    answer = start.answer(lab, pick, **HELD)
    assert "It is gone." in answer[poke.problem]
    assert answer[poke.waits] == ""


def test_a_word_is_asked_about_in_the_run_of_the_tile(lab, monkeypatch):
    asked = []
    told = {"labels": ["x", "y"], "predicted": ["x"], "scores": [[0.75, 0.25]]}
    monkeypatch.setattr(lab, "predict", lambda visitor, run, texts: asked.append((run, texts)) or told)
    monkeypatch.setattr(lab, "explain", lambda *_, **__: EXPLAINED)
    monkeypatch.setattr(lab, "base_lines", lambda *_: {"tfidf": told, "majority": {"label": "y"}})
    drawn = start.poke(lab, "word:1", **HELD)
    assert drawn["run"] == "example-support"
    assert "0.75" in start.answer(lab, "word:1", **HELD)["try_bars"]
    assert asked == [("example-support", [drawn["try_text"]])]


def test_a_guess_counts_in_the_score_of_the_visit(lab, monkeypatch):
    seen = []
    monkeypatch.setattr(exhibit, "ask", lambda lab, session, text, guess, score, cured: seen.append((guess, score)) or {})
    drawn = start.poke(lab, "guess:complaint", **HELD)
    assert drawn["cheat_guess"] == "complaint"
    start.answer(lab, "guess:complaint", **{**HELD, "cheat_score": [1, 2]})
    assert seen == [("complaint", [1, 2])]


def test_the_stored_comparison_answers_a_guess_and_keeps_score(lab):
    repeats = [told["repetition"] for told in stored.example()["compared"]]
    best, other = repeats.index(max(repeats)), repeats.index(min(repeats))
    right = start.poke(lab, f"way:{best}", **HELD)
    assert "You were right: 1 of 1 so far." in words(right["decode_score"])
    assert right["decode_guess"]["value"] == decode.PRESETS[decode.FIRST][best].label
    assert f"{max(repeats):.0%}" in right["decode_table"]
    wrong = start.poke(lab, f"way:{other}", **{**HELD, "decode_kept": right["decode_kept"]})
    assert "1 of 2 so far." in words(wrong["decode_score"])


def test_a_head_is_drawn_large_on_the_stored_sentence(lab):
    drawn = start.poke(lab, "head:2", **HELD)
    assert drawn["inside_tabs"]["selected"] == "heads"
    assert "layer 4 of 6, head 2" in words(drawn["inside_map"])
    assert "“it” at “animal”" in words(drawn["inside_map"])
    # the part is selected by that and asks whether it has been drawn: it has
    fields = {name: drawn[name] for name in heads.FIELDS}
    told = section.opened(lab, HELD["session"], drawn["inside_asked"], drawn["inside_drawn"], "heads", **fields)
    assert told == {"inside_tab": "heads"}
    assert drawn["inside_asked"] == shared.FIRST


# ---- the course -----------------------------------------------------------------------------------------------------

BOUNDED = {name: GenerateConfig.option(option) for name, option in tree.OWN.items()}
BOUNDED |= {f"gen_{name}": GenerateConfig.option(name) for name in writer.OPTIONS}
BOUNDED |= {kind.name(name): kind.config.option(name) for kind in KINDS for name in kind.options}
LINES = [pytest.param(f"line:{number}", line, id=line.topic) for number, line in enumerate(course.LINES)]


@pytest.mark.parametrize(("pick", "line"), LINES)
def test_a_line_opens_what_is_there_in_a_state_that_can_be(parts, pick, line):
    drawn = course.go(pick)
    assert set(drawn) <= {*ways.OPENED, *course.FIELDS, "link_shown"}
    assert set(drawn) <= set(parts)
    assert html.escape(line.question, quote=False) in drawn["link_shown"].replace("&#x27;", "'").replace("&quot;", '"')
    selected, stages = opened(drawn)
    assert selected == ways.STAGES[line.way.stage].tab
    assert stages == {line.way.stage, *filter(None, [line.way.beside])}
    for name, value in line.way.values.items():
        part = parts[name]
        part.preprocess(value)  # refuses what is no choice of a Radio, a Dropdown, a Checkbox group
        if name in BOUNDED:
            BOUNDED[name].check(forms.value(BOUNDED[name], value))
        if isinstance(part, gr.Dropdown | gr.Radio | gr.CheckboxGroup):
            asked = set(value) if isinstance(value, list) else {value}
            assert asked <= {choice for _, choice in part.choices}
    if line.way.part:
        assert drawn["inside_tabs"]["selected"] in section.PARTS


@pytest.mark.parametrize(("pick", "line"), LINES)
def test_a_line_asks_one_thing_and_says_where_it_leads(pick, line):
    assert line.question.count("?") == 1
    assert line.told.endswith(".")
    assert f'data-pick="{pick}">Open {line.way.name}</button>' in course.render()
    assert not line.way.name[0].isdigit()


def test_a_line_says_two_sentences_and_its_formula():
    shown = course.render()
    assert formulas.MORE.keys() == {line.topic for line in course.LINES}
    for more, formula in formulas.MORE.values():
        assert more.endswith(".")
        assert more[0].isupper() or more[0].isdigit()
        assert 3 < len(formula) < 110
    assert shown.count('class="gh-formula"') == shown.count('class="gh-commit"') == len(course.LINES)


def test_the_lines_stand_under_the_headings_of_the_course():
    shown = course.render()
    assert re.findall(r"<h4>([^<]*)</h4>", shown) == list(course.COURSE)
    assert shown.count("<li>") == len(course.LINES) == len({line.topic for line in course.LINES})


@pytest.mark.parametrize("pick", ["", "line", "line:", "line:-1", "line:999", "go:data"])
def test_a_press_beside_the_lines_goes_nowhere(pick):
    assert course.go(pick) == {}


def values(topic: str) -> dict:
    return dict(next(line for line in course.LINES if line.topic == topic).way.values)


def test_the_table_that_a_line_names_is_read_and_no_other_line_reads_one(lab):
    chosen = [f"line:{number}" for number, line in enumerate(course.LINES) if "data_sample" in line.way.values]
    assert [course.LINES[int(pick.partition(":")[2])].topic for pick in chosen] == ["Sentiment with a sentence encoder"]
    went = start.go(lab, chosen[0])
    assert (went["start_line"], went["data_sample"], went["data_source"]) == (chosen[0], "reviews", "A sample")
    read = start.read_sample(lab, HELD["session"], chosen[0], **dict.fromkeys(data.OPTIONS))
    assert read["session"]["table"]
    assert "442" in words(read["data_report"])
    assert read["data_use"]["interactive"]
    again = start.read_sample(lab, read["session"], chosen[0], **dict.fromkeys(data.OPTIONS))
    assert again["session"]["table"] != read["session"]["table"]  # a sample makes way for a sample
    own = data.take_pasted(lab, HELD["session"], "text,label\n" + "good,a\nbad,b\nodd,a\n" * 9, **dict.fromkeys(data.OPTIONS))
    assert start.read_sample(lab, own["session"], chosen[0], **dict.fromkeys(data.OPTIONS)) == {}
    for pick in ("", "line:0", "line:999", "token:3", "train:open"):
        assert start.read_sample(lab, HELD["session"], pick, **dict.fromkeys(data.OPTIONS)) == {}


def test_a_line_on_augmentation_brings_its_chain_and_the_tab_draws_it(lab, monkeypatch):
    """The variants of the chain before it do not stay under the new one."""
    asked = []
    brought = values("Texts: there and back")
    assert [step["name"] for step in brought["text_chain"]["steps"]] == ["back-translation"]
    assert "There and back" in brought["text_editor"]
    assert (brought["text_made"], words(brought["text_shown"])) == (None, "Press “Make variants”.")
    brought = values("Images: noise and blur")
    chain = pictures.KIND.held(brought["image_chain"])
    among_sixteen = {place for variant in range(16) for place in chain.drawn(generator(chain.seed, 0, variant))}
    assert len(among_sixteen) == len(chain.steps) == 5  # "which of the five" can be seen
    monkeypatch.setattr(lab, "vary_photo", lambda visitor, photo, chain: asked.append(chain) or {"variants": [], "seconds": 0.1})
    given = {"image_photo": varying.example()["photo"], "image_own": "", "image_chain": brought["image_chain"]}
    drawn = augment.arrive(lab, HELD["session"], values("Texts")["text_chain"], brought["augment_arrived"], **given)
    assert asked == [brought["image_chain"]]
    assert "Gaussian noise" in drawn["image_editor"]
    assert "Similar words" in drawn["text_editor"]


@pytest.mark.parametrize(("topic", "stateful"), [("Character RNN on plays", False), ("Stateless and stateful training", True)])
def test_the_character_rnn_is_that_of_the_course(parts, topic, stateful):
    given = {name: part.value for name, part in parts.items() if name in SCRATCH.fields} | values(topic)
    config = ScratchConfig(**options.values(SCRATCH, given))
    assert (config.architecture, config.embedding, config.width, config.layers, config.window) == ("rnn", 16, 128, 1, 100)
    assert config.stateful is stateful


@pytest.mark.parametrize(("topic", "kind"), [("Limits of recurrence", SCRATCH), ("GPT: fine-tuning", ADAPT)])
def test_a_preset_that_a_line_names_is_what_its_fields_hold(topic, kind):
    held = values(topic)
    preset = held.pop(kind.name("preset"))
    assert held == {kind.name(name): value for name, value in kind.presets[preset].items()}
