"""What the page's handlers answer, without a browser: each on a Lab that says just what the test needs."""

from types import SimpleNamespace

import gradio as gr
import pytest

from genhub import settings
from genhub.data.batch import Predicted
from genhub.errors import UserError
from genhub.events import Done, Note, Progress, Stage
from genhub.jobs import reading
from genhub.jobs.folder import RunFolder, write_json
from genhub.lab import EXAMPLES, Lab
from genhub.ui import app, header, run_view, runs
from genhub.ui.classify import data, method, tab, train, try_it, verdict
from genhub.ui.visit import empty
from genhub.ui.wiring import Wires, merged

VISITOR = "v" * 43


class Page:
    """One event of a page wired with `Wires.on`: `begin` reads what its components hold, `end` runs it and writes."""

    def __init__(self, handler, inputs, outputs, lab=None, **held):
        self.wires, self.held = Wires(lab), held
        with gr.Blocks() as blocks:
            self.wires.add(**{name: gr.State() for name in held})
            self.wires.on(gr.Button().click, handler, inputs, outputs)
        self.event = next(iter(blocks.fns.values()))
        self.names = {part._id: name for name, part in self.wires.parts.items()}

    def begin(self):
        return [self.held[self.names[part._id]] for part in self.event.inputs]

    def end(self, values):
        for part, value in self.event.fn(*values).items():
            self.held[self.names[part._id]] = value


def test_a_table_that_was_long_in_coming_leaves_the_run_that_was_chosen_meanwhile():
    def stream(lab, session):
        return {"session": {**session, "table": "t" * 32}}

    page = Page(stream, ["session"], ["session"], session={"visitor": VISITOR}, run="example-support")
    begun = page.begin()
    page.held["run"] = "example-cured"
    page.end(begun)
    assert page.held["run"] == "example-cured"
    assert page.held["session"]["table"] == "t" * 32
    assert "run" not in page.held["session"]


def test_a_run_that_was_long_in_coming_leaves_the_table_that_was_chosen_meanwhile():
    def open_run(lab, session):
        return {"run": session["run"] + "-2"}

    page = Page(open_run, ["session"], ["run"], session={"visitor": VISITOR}, run="example")
    begun = page.begin()
    page.held["session"] = {"visitor": VISITOR, "table": "t" * 32}
    page.end(begun)
    assert page.held == {"session": {"visitor": VISITOR, "table": "t" * 32}, "run": "example-2"}


def test_no_event_that_draws_a_run_writes_the_table_and_none_that_reads_a_table_writes_the_run():
    assert "session" not in tab.RUN_VIEW
    assert "run" in tab.RUN_VIEW
    assert "run" not in data.OUTPUTS


RUN, OTHER = "example-support", "a" * 32
SCORES = {"labels": ["x", "y"], "predicted": ["x"], "scores": [[0.75, 0.25]]}
WORDS = {"words": [{"text": "ab", "start": 0, "end": 2, "score": 1.0}], "left_out": [], "label": "x", "steps": 16, "delta": 0.0}
GONE = UserError("It is gone.", "It was deleted.", "Choose another.")


class Answering:
    """A Lab whose runs answer every text alike, but for those that `fail`, and whose `explain` and `base_lines` may."""

    def __init__(self, fail=(), explains=True, base=True):
        self.fail, self.explains, self.base = fail, explains, base

    def predict(self, visitor, run, texts):
        if run in self.fail:
            raise GONE
        return SCORES

    def explain(self, visitor, run, text, label):
        if not self.explains:
            raise GONE
        return WORDS

    def base_lines(self, visitor, run, text):
        if not self.base:
            raise GONE
        return {"tfidf": SCORES, "majority": {"label": "y"}}

    def folder(self, visitor, run):
        return RunFolder(EXAMPLES / "support")


def asked(lab, beside=()):
    return merged(*try_it.classify(lab, {"visitor": VISITOR, "run": RUN}, "ab", "", try_it.WAYS[0], list(beside)))


def test_a_run_that_cannot_answer_beside_costs_its_own_line_only():
    answer = asked(Answering(fail=[OTHER], base=False), [OTHER, "example-cured"])
    assert "0.75" in answer["try_bars"]
    assert 'data-pick="word:0"' in answer["try_words"]
    assert answer["try_beside_view"].count("It is gone.") == 2
    assert answer["try_beside_view"].count("<tr>") == 1 + 4  # the header, this run, baselines, both others


def test_words_that_cannot_be_explained_leave_the_answer():
    answer = asked(Answering(explains=False))
    assert "0.75" in answer["try_bars"]
    assert "It is gone." in answer["try_words_note"]
    assert answer["try_words"] == ""
    assert "TF-IDF" in answer["try_beside_view"]


def test_the_answer_is_drawn_before_anything_that_stands_beside_it():
    first = next(try_it.classify(Answering(fail=[OTHER], explains=False), {"visitor": VISITOR, "run": RUN}, "ab", "", try_it.WAYS[0], []))
    assert "0.75" in first["try_bars"]


@pytest.fixture
def lab(home):
    """The real Lab; nothing is started."""
    made = Lab(settings.get())
    yield made
    made.close()


def test_only_runs_with_a_model_are_offered_beside(lab, tmp_path):
    run_id = lab.runner.import_folder("local", EXAMPLES / "cured", "mine")
    drawn = tab.refresh(lab, {**empty(), "visitor": VISITOR})
    offered = {run for _, run in drawn["try_beside"]["choices"]}
    assert {run_id, "example-cured"} <= offered
    assert RUN not in offered
    (lab.folder(VISITOR, run_id).path / "passport.json").unlink()
    drawn = tab.refresh(lab, {**empty(), "visitor": VISITOR})
    assert run_id not in {run for _, run in drawn["try_beside"]["choices"]}
    assert run_id in {run for _, run in drawn["run_choice"]["choices"]}


def test_a_refused_table_of_texts_leaves_no_progress_and_no_stop():
    class Refusing(Answering):
        def predicting_table(self, visitor, run, path, threshold):
            raise GONE
            yield

    outputs = ["try_download", "try_table_note", "try_stop"]
    held = dict.fromkeys(["try_file", "threshold", *outputs, "try_problem"])
    wires = Wires(Refusing())
    with gr.Blocks() as blocks:
        wires.add(session=gr.State(), run=gr.State(), **{name: gr.State() for name in held})
        upload = gr.Button()
        wires.on_steps(upload.click, try_it.classify_table, ["session", "try_file", "threshold"], outputs, "try_problem", try_it.REFUSED)
    names = {part._id: name for name, part in wires.parts.items()}
    for answer in next(iter(blocks.fns.values())).fn({"visitor": VISITOR}, RUN, "texts.csv", 0.0):
        held |= {names[part._id]: value for part, value in answer.items()}
    assert "It is gone." in held["try_problem"]
    assert held["try_table_note"] == ""
    assert held["try_stop"]["visible"] is False


def test_another_run_takes_the_files_of_the_last_one_from_view(lab):
    drawn = tab.refresh(lab, {**empty(), "visitor": VISITOR})
    assert set(drawn) <= set(tab.RUN_VIEW)
    assert drawn["try_download"]["visible"] is False
    assert drawn["try_table_note"] == ""
    assert "is ready" not in drawn["home_note"]


def looked(*events, state="running"):
    """What stage 3 shows of a run in this state whose log holds `events`."""
    fold = reading.Fold()
    for event in events:
        fold._take(1.0, event)
    return run_view.render(SimpleNamespace(state=state, position=None, wait_seconds=None), fold.view())


def test_stage_three_says_what_it_does_while_nothing_is_counted():
    assert "Starting" in looked()
    told = looked(Stage("train", "Training"), Progress(5, 5, 0.0, ""), Stage("verdict", "Judging on unseen rows"))
    assert "Judging on unseen rows" in told
    assert "gh-track" not in told
    assert "Judging" not in looked(Stage("verdict", "Judging on unseen rows"), state="failed")


@pytest.mark.parametrize(("state", "told"), [("running", "when training has ended"), ("failed", "failed"), ("stopped", "was stopped")])
def test_a_stage_without_a_verdict_says_why(lab, monkeypatch, tmp_path, state, told):
    monkeypatch.setattr(lab, "folder", lambda *_: RunFolder(tmp_path))
    monkeypatch.setattr(lab, "run", lambda *_: SimpleNamespace(state=state))
    assert told in verdict.show(lab, {"visitor": VISITOR, "run": OTHER})["verdict_head"]


def test_train_downloads_no_encoder(lab, monkeypatch):
    monkeypatch.setattr(lab, "has_model", lambda model: False)
    monkeypatch.setattr(lab, "train", lambda *_: pytest.fail("it was queued"))
    answer = tab.start(lab, {**empty(), "visitor": VISITOR}, [], model="google-bert/bert-base-cased")
    assert "Fetch this encoder" in answer["method_problem"]
    assert answer["fetch"]["visible"] is True
    assert set(answer) == {"method_problem", "fetch", "forecast"}


def test_what_is_no_name_of_an_encoder_is_not_offered_to_be_fetched(lab):
    with pytest.raises(UserError, match="web address"):
        tab.start(lab, {**empty(), "visitor": VISITOR}, [], model="https://example.org/model")


@pytest.mark.parametrize(
    ("load", "left", "told"),
    [
        ((1, 0), 39.2, "1 job running, 40 s left"),
        ((1, 2), None, "1 job running, 2 waiting"),
        ((2, 1), 125.0, "2 jobs running, 2 min 5 s left, 1 waiting"),
        ((0, 0), None, ""),
    ],
)
def test_the_header_says_how_long_still(load, left, told):
    assert header.now(SimpleNamespace(runner=SimpleNamespace(load=lambda: load, seconds_left=lambda: left))) == told


def test_runs_follow_what_lives_and_stop_when_it_has_ended(lab):
    run_id = lab.runner.import_folder("local", EXAMPLES / "cured", "mine")
    session = {**empty(), "visitor": VISITOR}
    drawn = runs.show(lab, session, [run_id], "Validation loss")
    assert drawn["runs_clock"].active is False
    lab.runner._store.update(run_id, state="running")
    drawn = runs.show(lab, session, [run_id], "Validation loss")
    assert drawn["runs_clock"].active is True
    looked = runs.follow(lab, session, [run_id], "Validation loss", drawn["runs_table"])
    assert set(looked) == {"runs_curves"}  # the table is as it was; what is typed or picked is left alone
    lab.runner._store.update(run_id, state="finished")
    looked = runs.follow(lab, session, [run_id], "Validation loss", drawn["runs_table"])
    assert "finished" in looked["runs_table"]
    assert looked["runs_clock"].active is False


def test_any_cell_of_a_large_matrix_can_be_read(lab, monkeypatch, tmp_path):
    """As many classes as make no readable matrix: a cell outside the largest confusions is chosen by its two classes."""
    session = {**empty(), "visitor": VISITOR}
    small = verdict.show(lab, session)
    assert small["verdict_any"]["visible"] is False
    run_id = lab.runner.import_folder("local", EXAMPLES / "support", "mine")
    folder = lab.folder(VISITOR, run_id)
    metrics = folder.read("metrics.json")
    more = [f"class {number}" for number in range(31)]
    size = len(metrics["labels"]) + len(more)
    wider = [[*row, *[0] * len(more)] for row in metrics["confusion"]] + [[0] * size for _ in more]
    write_json(folder.path / "metrics.json", {**metrics, "labels": metrics["labels"] + more, "confusion": wider})
    session["run"] = run_id
    shown = verdict.show(lab, session)
    assert shown["verdict_any"]["visible"] is True
    assert shown["verdict_true"]["choices"][-1] == "class 30"
    first = metrics["labels"][0]
    told = verdict.choose_cell(lab, session, first, first)
    assert f"labelled “{first}”, predicted “{first}”" in told["verdict_cell"]
    assert "<td" in told["verdict_cell"]
    assert verdict.choose_cell(lab, session, first, None) == {}


def test_a_state_that_passes_is_not_part_of_a_runs_name(lab):
    run_id = lab.runner.import_folder("local", EXAMPLES / "cured", "mine")
    session = {**empty(), "visitor": VISITOR}
    assert tab.choices(lab, session)[0][0].endswith("· finished")
    lab.runner._store.update(run_id, state="queued")
    assert "queued" not in tab.choices(lab, session)[0][0]


@pytest.mark.parametrize(("part", "told"), [("final", "Loss of the final model:"), ("fold 2", "Loss of fold 2:")])
def test_curves_say_of_which_model_they_are(part, told):
    assert told in run_view.curves({part: {"loss": [(1, 0.5)]}})


def test_a_run_opened_from_a_zip_says_so(lab):
    run_id = lab.runner.import_folder("local", EXAMPLES / "cured", "mine")
    folder = lab.folder(VISITOR, run_id)
    folder.log.unlink()
    drawn = tab.refresh(lab, {**empty(), "visitor": VISITOR, "run": run_id})
    assert "opened from a zip" in drawn["run_note"]
    assert "figures that it was saved with" in drawn["run_note"]
    assert train.NO_CURVES in drawn["train_view"]
    assert drawn["run_choice"]["info"] == tab.OWN_INFO
    example = tab.refresh(lab, {**empty(), "visitor": VISITOR})
    assert example["run_choice"]["info"] == tab.EXAMPLE_INFO
    assert "comes with GenHub" in example["run_note"]
    assert "<svg" in example["train_view"]


def test_a_verdict_from_before_a_run_was_resumed_is_marked_until_the_new_one(lab):
    run_id = lab.runner.import_folder("local", EXAMPLES / "cured", "mine")
    session = {**empty(), "visitor": VISITOR, "run": run_id}
    shown = ("verdict_head", "verdict_matrix", "verdict_abstain", "verdict_more")
    lab.runner._store.update(run_id, state="running")
    drawn = verdict.show(lab, session)
    assert all("gh-old" in drawn[name] for name in shown)
    assert verdict.EARLIER in drawn["verdict_head"]
    assert "before it was resumed" in drawn["verdict_stage"]["label"]
    assert "gh-old" in verdict.pick_cell(lab, "cell:0:0", session)["verdict_matrix"]
    assert "gh-old" in verdict.abstain(lab, session, 0.7)["verdict_abstain"]
    lab.runner._store.update(run_id, state="finished")
    drawn = verdict.show(lab, session)
    assert not any("gh-old" in drawn[name] for name in shown)
    assert "resumed" not in drawn["verdict_stage"]["label"]


def test_notes_from_before_a_run_was_resumed_stand_apart():
    said = [Note("376 rows."), Note("Stopped after step 3."), Done({}, stopped=True), reading.RESUMING, Note("376 rows.")]
    now, _, earlier = looked(*said).partition("gh-old")
    assert "376 rows." in now
    assert "Stopped after step 3." in earlier
    assert "376 rows." not in earlier
    assert "Stopped after step 3." not in looked(*said, Done({}), state="finished")


STATE = {"text": "ab cd", "labels": ["x", "y"], "words": [{"text": "ab", "start": 0, "end": 2, "score": 1.0}], "label": "x"}


class Striking(Answering):
    """Without a word the answer is the other one; what is asked beside it is noted."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def without(self, visitor, run, text, drop):
        return {"text": "cd" if drop else text, "labels": ["x", "y"], "predicted": "y", "scores": [0.4, 0.6]}

    def predict(self, visitor, run, texts):
        self.asked += texts
        return super().predict(visitor, run, texts)

    def base_lines(self, visitor, run, text):
        self.asked.append(text)
        return super().base_lines(visitor, run, text)


def test_what_stands_beside_is_asked_without_the_struck_words_too():
    lab, session = Striking(), {"visitor": VISITOR, "run": RUN}
    state = {**STATE, "off": [], "first": [0.75, 0.25], "now": [0.75, 0.25]}
    answer = try_it.drop_word(lab, "word:0", session, state, ["example-cured"], 0.0)
    assert lab.asked == ["cd", "cd"]
    assert "Beside it, without 1 struck word" in answer["try_beside_view"]
    assert "0.600" in answer["try_beside_view"]
    assert "“y”</b>, 0.600, without 1 struck word" in answer["try_bars"]
    assert "as measured in the whole text" in answer["try_words"]
    back = try_it.drop_word(lab, "word:0", session, answer["try_state"], [], 0.0)
    assert "struck" not in back["try_bars"] + back["try_beside_view"]
    assert "whole text" not in back["try_words"]


def test_an_answer_below_the_threshold_is_none():
    lab, session = Answering(), {"visitor": VISITOR, "run": RUN}
    answer = merged(*try_it.ask(lab, session, 0.8, try_text="ab", try_label="", try_way=try_it.WAYS[0], try_beside=[]))
    assert "0.750 is below your threshold of 0.80: abstain." in answer["try_bars"]
    assert "abstain" not in try_it.reweigh(lab, answer["try_state"], 0.7)["try_bars"]
    assert "abstain" in try_it.reweigh(lab, answer["try_state"], 0.76)["try_bars"]
    assert try_it.reweigh(lab, None, 0.9) == {}


def test_another_run_drops_what_was_asked_of_the_one_before(lab):
    page = app.build(lab)
    run = next(block for block in page.blocks.values() if getattr(block, "storage_key", "") == app.RUN_KEY)
    changed = [event for event in page.fns.values() if (run._id, "change") in event.targets and event.cancels]
    assert len(changed) == 1
    assert len(changed[0].cancels) == 5 + 1 + 1  # five ways to ask, a struck word, a table of texts


def test_a_table_that_came_back_is_counted_and_what_abstains_is_named(tmp_path):
    class Reading(Answering):
        def predicting_table(self, visitor, run, path, threshold):
            yield 1, 2
            yield Predicted(tmp_path / "t-predicted.csv", 206, {"delivery": 120, "billing": 80}, 6 if threshold else 0)

    asked = [{"visitor": VISITOR, "run": RUN}, "t.csv"]
    *_, last = try_it.classify_table(Reading(), *asked, 0.7)
    assert "206 rows: delivery 120, billing 80. Below your threshold of 0.70: 6, marked" in last["try_table_note"]
    *_, last = try_it.classify_table(Reading(), *asked, 0.0)
    assert "threshold" not in last["try_table_note"]


def test_a_frozen_encoder_takes_no_steps_and_the_page_says_so():
    cost = {"trainable_percent": 0.01, "trainable_parameters": 2_310, "total_parameters": 22_715_526, "steps": 0, "seconds": 5.0}
    cost |= {"memory_mb": 640.0, "precision": "fp32", "measured_steps": 0, "measured_rows": 128, "limit_seconds": 0}
    told = method.render_forecast(cost)
    assert "none: the features are computed once" in told
    assert "Measured on 128 rows of your own;" in told
    assert "Measured on 20 steps with your own rows;" in method.render_forecast(cost | {"steps": 131, "measured_steps": 20})


def test_deleting_runs_asks_once_more(lab, monkeypatch):
    gone = []
    monkeypatch.setattr(lab, "delete", lambda visitor, run: gone.append(run))
    session = {**empty(), "visitor": "a" * 32}
    assert runs.delete(lab, session, ["b" * 32], "Validation loss", "Delete") == {"runs_delete": "Really delete"}
    assert gone == []
    runs.delete(lab, session, ["b" * 32], "Validation loss", "Really delete")
    assert gone == ["b" * 32]


def test_the_method_form_comes_back_and_what_does_not_fit_is_left(lab):
    stored = {"preset": "My own", "method": "bottleneck", "epochs": 7, "class_weights": "balanced", "folds": "", "more_method": "dora"}
    recalled = method.recall(lab, {**stored, "seed": -5, "rank": "many", "model": None, "dropout": [], "heat": 1})
    assert recalled == stored
    for broken in (None, [], "x", {"method": {"a": 1}, "preset": 3}):
        assert method.recall(lab, broken) == {}


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ({"accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 0.95, "test_rows": 1200}, "accuracy 0.900 [0.800–0.950], 1,200 rows"),
        ({"accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 0.95, "test_images": 90}, "accuracy 0.900 [0.800–0.950], 90 images"),
        ({"bits_per_character": 2.0, "test_characters": 5000}, "2.000 bits a character, 5,000 characters"),
        ({"bleu": 30.0, "chrf": 50.0, "test_sources": 100}, "BLEU 30.0, chrF 50.0, 100 sources"),
        ({"mse": 0.01, "mse_low": 0.009, "mse_high": 0.011, "test_images": 100}, "squared error 0.0100 [0.0090–0.0110], 100 images"),
        ({"judge_fid": 80.0, "judge_fid_floor": 4.0, "test_images": 100}, "judge FID 80.0 (real 4.0), 100 images"),
        ({"effects": "2 of 3 help", "repetitions": 5}, "2 of 3 help, 5 splits"),
        ({}, "–"),
    ],
)
def test_the_list_of_runs_says_what_each_kind_was_judged_by(metrics, said):
    assert runs._judged(metrics) == said
