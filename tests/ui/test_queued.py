"""What a visitor sees while a training waits for its turn: its place, how long still, and what can be looked at meanwhile, where there is that."""

import re
from html import unescape

import pytest

from genhub import settings
from genhub.lab import Lab
from genhub.ui.augment import measure, studies
from genhub.ui.classify import tab
from genhub.ui.learning import run
from genhub.ui.learning.kinds import ADAPT, AUTOENCODER, KINDS, SCRATCH
from genhub.ui.visit import empty

ME, OTHER = "v" * 43, "w" * 43
SESSION = {**empty(), "visitor": ME}
MEANWHILE = "While it waits"


@pytest.fixture(params=["local", "public"])
def lab(home, monkeypatch, request):
    """Its runner is not started: whatever is submitted waits."""
    monkeypatch.setenv("GENHUB_PROFILE", request.param)
    made = Lab(settings.get())
    yield made
    made.close()


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def classifier(lab: Lab, visitor: str) -> str:
    table = lab.take_sample(visitor, "shortcut")
    lab.examine(visitor, table.id)
    return lab.train(visitor, table.id, {"method": "frozen"})


def test_a_classifier_waits_and_the_examples_are_where_it_says(lab):
    classifier(lab, OTHER)
    mine = classifier(lab, ME)
    session = {**SESSION, "run": mine}
    drawn = tab.refresh(lab, session)
    assert "In the queue at place 2" in words(drawn["train_view"])
    told = re.search(r"While it waits: the examples in the list “(.+?)” are recorded", words(drawn["train_view"]))[1]
    assert told == "Run shown below"
    examples = [(name, run_id) for name, run_id in drawn["run_choice"]["choices"] if name.startswith("Example: ")]
    assert len(examples) == 3
    for _, example in examples:
        shown = tab.choose_run(lab, session, example)
        assert MEANWHILE not in words(shown["train_view"])
        assert "accuracy" in shown["verdict_stage"]["label"]


def test_the_wait_is_said_once_it_is_known(lab, monkeypatch):
    mine = classifier(lab, ME)
    info, view = lab.view(ME, mine)
    for seconds, told in ((95.0, "place 1, about 1 min 35 s to wait."), (1.0, "place 1, next in a moment."), (None, "place 1.")):
        monkeypatch.setattr(lab, "view", lambda *_, wait=seconds: (type(info)(**{**vars(info), "wait_seconds": wait}), view))
        assert f"In the queue at {told}" in words(tab.refresh(lab, {**SESSION, "run": mine})["train_view"])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.task)
def test_a_section_names_its_recorded_run_where_it_has_one(lab, monkeypatch, kind):
    mine = classifier(lab, ME)
    info, view = lab.view(ME, mine)
    queued = type(info)(**{**vars(info), "task": kind.task, "position": 3, "wait_seconds": None})
    real = lab.view
    monkeypatch.setattr(lab, "runs", lambda visitor: [queued])
    monkeypatch.setattr(lab, "view", lambda visitor, run_id: (queued, view) if run_id == mine else real(visitor, run_id))
    learn = {kind.name("run"): mine}
    drawn = run.refresh(lab, SESSION, learn, kind)
    shown = words(drawn[kind.name("view")])
    assert "In the queue at place 3." in shown
    names = {name: run_id for name, run_id in drawn[kind.name("run")]["choices"] if run_id != mine}
    assert (MEANWHILE in shown) == bool(names) == bool(kind.recorded)
    if names:
        [(name, recorded)] = names.items()
        assert f"“{name}” in the list “Run shown” is a finished training" in shown
        looked = run.refresh(lab, SESSION, {kind.name("run"): recorded}, kind)
        assert MEANWHILE not in words(looked[kind.name("view")])
        assert looked[kind.name("film_view")]
        assert looked[kind.name("verdict")]


def test_some_sections_have_a_recorded_run_and_some_none():
    assert all(kind.recorded for kind in (ADAPT, SCRATCH))
    assert not AUTOENCODER.recorded


def test_a_measurement_that_waits_leaves_the_recorded_one_below(lab, monkeypatch):
    mine = classifier(lab, ME)
    info, view = lab.view(ME, mine)
    task = next(iter(measure.TASKS))
    states = {"queued": True, "running": False}
    for state, waits in states.items():
        own = type(info)(**{**vars(info), "task": task, "state": state, "position": 1 if waits else None})
        monkeypatch.setattr(lab, "runs", lambda visitor, own=own: [own])
        monkeypatch.setattr(lab, "view", lambda *_, own=own: (own, view))
        drawn = measure.refresh(lab, SESSION, {"run": mine})
        assert ("below stands a recorded measurement" in words(drawn["measure_view"])) is waits
        assert (studies.TOLD in words(drawn["measure_table"])) is waits
    monkeypatch.setattr(studies, "RECORDED", lab.settings.home / "nothing.json")
    own = type(info)(**{**vars(info), "task": task, "position": 1})
    monkeypatch.setattr(lab, "view", lambda *_: (own, view))
    assert MEANWHILE not in words(measure.refresh(lab, SESSION, {"run": mine})["measure_view"])
