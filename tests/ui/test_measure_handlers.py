"""The stage *Measure* without a browser: guesses, what is queued, what is shown."""

from types import SimpleNamespace

import pytest

from genhub.errors import UserError
from genhub.jobs import reading
from genhub.ui.augment import images, measure, studies, tables, texts
from genhub.ui.augment.measure import HELPS, HURTS, NOTHING

SESSION = {"visitor": "v" * 43, "table": ""}


def effect(difference: float, half: float) -> dict:
    low, high = difference - half, difference + half
    return {"difference": difference, "low": low, "high": high, "each": [difference], "clear": low > 0 or high < 0}


def metrics(*effects: tuple[float, float], sizes: tuple[int, ...] = (100,)) -> dict:
    """Of one contender: each effect is an arm's."""
    table = []
    for size in sizes:
        table.append(
            {"contender": "forest", "size": size, "arm": "as-it-is", "title": "As it is", "scores": {"accuracy": 0.5}, "effects": {}}
        )
        for number, one in enumerate(effects):
            row = {"contender": "forest", "size": size, "arm": f"way-{number}", "title": f"<b>Way {number}</b>"}
            table.append({**row, "scores": {"accuracy": 0.6}, "effects": {"accuracy": effect(*one)}})
    return {
        "table": table,
        "sentences": [f"Sentence {number}: -0.1." for number in range(len(effects) * len(sizes))],
        "notes": ["A note."],
        "repetitions": 5,
        "measures": {"accuracy": "accuracy"},
        "contenders": {"forest": "Random forest"},
        "train_rows": 100,
        "test_rows": 33,
        "one": "rows",
    }


class Queue:
    """A lab that says what it was asked to measure."""

    def __init__(self, runs=(), found=None):
        self.asked, self._runs, self.found = [], list(runs), found

    def __getattr__(self, name):
        if not name.startswith(("measure_", "take_", "examine", "stop", "resume")):
            raise AttributeError(name)

        def call(visitor, *args):
            self.asked.append((name, *args))
            return SimpleNamespace(id="taken") if name.startswith("take_") else "begun"

        return call

    def runs(self, visitor):
        return self._runs

    def view(self, visitor, run):
        info = next(info for info in self._runs if info.id == run)
        return info, reading.Fold().view() if not self.found else SimpleNamespace(**{**vars(reading.Fold().view()), "ended": True})

    def folder(self, visitor, run):
        return SimpleNamespace(has=lambda name: self.found is not None, read=lambda name: self.found)


def given(**changed) -> dict:
    values = dict.fromkeys(measure.GIVEN)
    values |= {"measure_kind": "Texts", "measure_repetitions": 5, "measure_methods": ["smote"], "table_read": {"id": "t"}}
    values |= {"table_label": "kind", "table_missing": tables.AS_IT_IS, "table_k": 5, "table_ratio": 1.0, "table_deviation": 0.1}
    values |= {"measure_text_table": "reviews", "measure_text_chains": ["The chain of stage 2", "Careless typing"]}
    values |= {"text_chain": texts.KIND.begin(), "image_chain": images.KIND.begin(), "measure_set": "digits", "measure_painter": "none"}
    return {**values, "measure_image_chains": ["Gentle"], **changed}


def test_without_a_guess_nothing_is_measured():
    lab = Queue()
    for guess in (None, "", "Perhaps"):
        with pytest.raises(UserError, match="no guess"):
            measure.commit(lab, SESSION, guess, **given())
    assert lab.asked == []


@pytest.mark.parametrize(
    ("remedy", "tried", "mended"),
    [
        ("smote-nc", ["smote", "random-over", "adasyn"], ["smote-nc", "random-over"]),
        ("random-over", ["smote", "random-over"], ["random-over"]),
        ("smote", ["smote-nc"], ["smote"]),
        ("magic", ["smote"], None),
    ],
)
def test_a_press_takes_ways_that_suit_the_table(remedy, tried, mended):
    lab = Queue()
    told = measure.mended(lab, f"fix:{remedy}", SESSION, HELPS, **given(measure_kind="A table of numbers", measure_methods=tried))
    assert told.get("measure_methods") == mended
    assert [asked[-1]["methods"] for asked in lab.asked] == ([",".join(mended)] if mended else [])


def test_a_press_that_is_not_enough_says_what_is_missing_next():
    told = measure.mended(Queue(), "fix:smote-nc", SESSION, None, **given(measure_kind="A table of numbers"))
    assert told["measure_methods"] == ["smote-nc"]
    assert "There is no guess yet" in told["measure_problem"]
    told = measure.mended(Queue(), "fix:leave-out-missing", SESSION, HELPS, **given(measure_kind="A table of numbers"))
    assert (told["table_missing"], told["measure_begun"]) == ("leave those rows out", "begun")


def test_texts_are_measured_with_the_chain_of_their_stage():
    lab = Queue()
    assert measure.commit(lab, SESSION, HELPS, **given()) == {"measure_begun": "begun"}
    name, table, values = lab.asked[-1]
    assert (name, table) == ("measure_texts", "taken")
    named = studies.json.loads(values["chains"])
    assert [one["name"] for one in named] == ["The chain of stage 2", "Careless typing"]
    assert named[0]["chain"] == texts.KIND.begin()


def test_a_table_is_measured_as_its_stage_says():
    lab = Queue()
    measure.commit(lab, SESSION, HURTS, **given(measure_kind="A table of numbers", table_missing="fill them", table_k=3))
    assert lab.asked == [
        (
            "measure_tables",
            "t",
            {"label": "kind", "categorical": None, "fixes": ["fill-missing"]},
            {"methods": "smote", "k": 3, "ratio": 1.0, "deviation": 0.1, "repetitions": 5},
        )
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"measure_kind": "A table of numbers", "table_read": {}}, "No table is in use"),
        ({"measure_kind": "A table of numbers", "measure_methods": []}, "Nothing is to be tried"),
        ({"measure_text_table": ""}, "No table is in use in Classify"),
        ({"measure_kind": "Images", "measure_set": measure.OWN_SET}, "No file has been chosen"),
    ],
)
def test_what_is_missing_is_said(changed, said):
    with pytest.raises(UserError, match=said):
        measure.commit(Queue(), SESSION, NOTHING, **given(**changed))


def test_images_are_measured_with_the_model_that_was_chosen():
    lab = Queue()
    measure.commit(lab, SESSION, NOTHING, **given(measure_kind="Images", measure_painter="embedded/mnist-gan-classes"))
    assert lab.asked[0] == ("take_images_sample", "digits")
    assert lab.asked[1][2]["drawn"] == "embedded/mnist-gan-classes"
    measure.commit(lab, SESSION, NOTHING, **given(measure_kind="Images"))
    assert lab.asked[-1][2]["drawn"] == ""


@pytest.mark.parametrize(
    ("one", "guess", "said"),
    [
        ((0.2, 0.1), HELPS, "Your guess was right"),
        ((0.2, 0.3), HELPS, "You guessed: it helps. &lt;b&gt;Way 0&lt;/b&gt;, random forest: no evidence either way."),
        ((-0.2, 0.1), HELPS, "You guessed: it helps. &lt;b&gt;Way 0&lt;/b&gt;, random forest: it hurts."),
        ((0.1, 0.3), NOTHING, "Your guess was right"),
    ],
)
def test_a_guess_is_held_against_what_came(one, guess, said):
    told = studies.verdict(metrics(one, (0.0, 0.1)), guess)
    assert said in told
    assert "<b>Way" not in told
    assert "Sentence 1: −0.1." in told


def test_class_weights_are_no_guess_of_anybodys():
    found = metrics((0.9, 0.1), (-0.9, 0.1))
    found["table"][1]["arm"] = "class-weights"
    assert "Your guess was right" in studies.verdict(found, HURTS)


def test_several_sizes_make_a_curve():
    assert "rows to learn from" in studies.verdict(metrics((0.1, 0.2), sizes=(50, 100)), None)
    assert "rows to learn from" not in studies.verdict(metrics((0.1, 0.2)), None)


def test_the_study_in_view_is_followed_until_it_ends():
    info = SimpleNamespace(id="r", name="Mine", task="measure-texts", state="running", position=None, wait_seconds=None)
    other = SimpleNamespace(id="c", name="Other", task="classify", state="running")
    held = {"run": "r", "guesses": {"r": HELPS}}
    drawn = measure.refresh(Queue([info, other]), SESSION, held)
    assert drawn["measure_run"]["choices"] == [("Mine", "r")]
    assert drawn["measure_pulse"].active
    assert drawn["measure_table"] == ""
    info.state = "finished"
    ended = measure.refresh(Queue([info], metrics((0.2, 0.1))), SESSION, held)
    assert not ended["measure_pulse"].active
    assert "Your guess was right" in ended["measure_table"]
    assert "measure_run" not in measure.tick(Queue([info], metrics((0.2, 0.1))), SESSION, held)


@pytest.mark.parametrize("held", [None, [], "x", {"run": 3, "guesses": [1]}, {"run": "gone", "guesses": {"a": 1}}])
def test_whatever_the_browser_holds_the_recorded_study_is_shown(held):
    drawn = measure.refresh(Queue(), SESSION, held)
    assert drawn["measure_table"] == studies.example()
    assert not drawn["measure_pulse"].active


def test_a_study_that_was_queued_comes_into_view_with_its_guess():
    info = SimpleNamespace(id="r", name="Mine", task="measure-texts", state="queued", position=1, wait_seconds=None)
    shown = measure.note(Queue([info]), SESSION, {"run": "old", "guesses": {"old": HURTS}}, "r", HELPS)
    assert shown["measured"] == {"run": "r", "guesses": {"old": HURTS, "r": HELPS}}
    assert shown["measure_begun"] == ""
    assert measure.note(Queue(), SESSION, {}, "", HELPS) == {}
