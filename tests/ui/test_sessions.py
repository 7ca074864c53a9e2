"""Sessions without the copies that nobody reads, as the installed Gradio would have them otherwise."""

import importlib
import pkgutil
import tracemalloc
from pathlib import Path

import gradio
import gradio as gr
import pytest
from gradio import state_holder
from gradio.state_holder import SessionState

from genhub.ui import blocks, sessions
from tests.ui.launched import launched

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


@pytest.fixture
def holder(monkeypatch) -> sessions.Holder:
    made = page()
    monkeypatch.setattr(made, "state_session_capacity", 4, raising=False)
    found = sessions.Holder()
    found.set_blocks(made)
    return found


def test_a_script_without_a_session_takes_nothing_from_open_pages(holder):
    holder.held.update(["first page", "second page"])
    state = next(key for key, block in holder.blocks.blocks.items() if type(block) is gr.State)
    for name in ("first page", "second page"):
        holder[name][state] = name
    for number in range(50):
        assert holder[f"script {number}"][state] == {"kept": [1]}
    assert [holder[name][state] for name in ("first page", "second page")] == ["first page", "second page"]
    assert len(holder.session_data) == len(holder.time_last_used) == 4
    assert "script 49" in holder
    assert "script 40" not in holder


def test_the_oldest_goes_where_all_are_open_or_none_is(holder):
    for name in "abcde":
        assert holder[name] is holder[name]
    assert list(holder.session_data) == list("bcde")
    holder.held.update("bcde")
    assert holder["f"] is holder["f"]
    assert list(holder.session_data) == list("cdef")


def test_gradio_makes_our_holder(tmp_path):
    app = gr.routes.App.create_app(page())
    assert type(app.state_holder) is sessions.Holder
    assert type(app.state_holder["visit"]) is sessions.Session


def test_a_page_holds_its_session_as_long_as_its_heartbeat_is_open(tmp_path, until):
    """Over HTTP, on a real port."""
    made = page()
    assert made.get_config_file()["connect_heartbeat"]  # by which a browser's page opens it
    made.queue()
    with launched(made, tmp_path) as app:
        held = app.page.app.state_holder.held
        with app.connect() as first, app.connect() as second:
            for connection in (first, second):
                connection.sendall(b"GET /gradio_api/heartbeat/visit HTTP/1.1\r\nHost: here\r\n\r\n")
                assert b"200 OK" in connection.recv(1000)
            until(lambda: held == {"visit": 2})
            second.close()
            until(lambda: held == {"visit": 1})
        until(lambda: not held)


def test_a_session_that_changed_nothing_is_light():
    made = page()
    tracemalloc.start()
    try:
        kept = [sessions.Session(made) for _ in range(100)]
        bytes_each = tracemalloc.get_traced_memory()[0] / len(kept)
    finally:
        tracemalloc.stop()
    assert bytes_each < 2_000
