"""Sessions without the copies that nobody reads, as the installed Gradio would have them otherwise."""

import importlib
import pkgutil
from pathlib import Path

import gradio
import gradio as gr
import pytest
from gradio import state_holder
from gradio.state_holder import SessionState

from genhub.ui import blocks, sessions

PLAIN = SessionState.__mro__[1] if SessionState is sessions.Session else SessionState


def page() -> gr.Blocks:
    with blocks.GuardedBlocks() as made:
        gr.Textbox("one")
        gr.State({"kept": [1]})
    return made


def test_a_session_has_what_gradios_has_but_no_configuration():
    made = page()
    ours, theirs = sessions.Session(made), PLAIN(made)
    assert vars(ours).keys() == vars(theirs).keys()
    assert len(theirs.config_values) == len(made.blocks)
    assert not ours.config_values
    assert {name for name in vars(PLAIN) if "config" in name} == {"_update_config", "_update_value_in_config"}


def test_nothing_is_copied_for_who_changes_nothing():
    made = page()
    one, other = sessions.Session(made), sessions.Session(made)
    key = next(key for key, block in made.blocks.items() if type(block) is gr.Textbox)
    assert one.blocks_config is other.blocks_config is made.default_config
    before = made.blocks[key]
    one[key] = gr.Textbox("two")
    assert one.blocks_config is not made.default_config
    assert (other[key], made.blocks[key]) == (before, before)


def test_values_are_kept_and_components_changed_in_one_session_alone():
    made = page()
    text, state = (next(key for key, block in made.blocks.items() if type(block) is kind) for kind in (gr.Textbox, gr.State))
    one, other = sessions.Session(made), sessions.Session(made)
    one[state]["kept"].append(2)
    assert (one[state], other[state]) == ({"kept": [1, 2]}, {"kept": [1]})
    one[state] = "new"
    one[text] = changed = gr.Textbox("two")
    one._update_config(text)
    one._update_value_in_config(text, "three")
    assert (one[state], one[text], other[text]) == ("new", changed, made.blocks[text])
    assert not one.config_values
    assert [value for _, value, expired in one.state_components if not expired] == ["new"]


def test_every_place_of_gradio_that_makes_one_makes_ours():
    names = [f"gradio.{module.name}" for module in pkgutil.iter_modules(gradio.__path__) if not module.name.startswith("_")]
    makers = []
    for name in names:
        source = importlib.util.find_spec(name).origin
        if source and "SessionState(" in Path(source).read_text(encoding="utf-8").replace("class SessionState", ""):
            makers.append(name)
    assert sorted(makers) == sorted(sessions.MAKERS)
    for name in makers:
        assert importlib.import_module(name).SessionState is sessions.Session, name
    holder = state_holder.StateHolder()
    holder.set_blocks(page())
    assert type(holder["visit"]) is sessions.Session


def test_no_figures_of_events_are_kept_or_reckoned(monkeypatch):
    made = page().queue()
    named = {"ANALYTICS_MAX_EVENTS", "ANAYLTICS_CACHE_FREQUENCY"}
    assert named <= vars(made._queue).keys()  # if not: has Gradio changed, and does it still reckon?
    sessions.uncounted(made)
    monkeypatch.setattr(made._queue, "_get_df", lambda records: pytest.fail("the figures were reckoned"))
    made._queue.events_recorded = 10_000
    assert made._queue.compute_analytics_summary([{"function": "f", "status": "success", "process_time": 1.0}]) == {"functions": {}}
