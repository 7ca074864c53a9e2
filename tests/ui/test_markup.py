"""Hand-made HTML: escaped, spoken for people, and errors in three parts."""

import pytest

from genhub.errors import UserError
from genhub.ui import forms, markup
from genhub.ui.session import FIRST_RUN, fresh, restore


def test_every_text_is_escaped():
    hostile = "<img src=x onerror=alert(1)>"
    pieces = [
        markup.paragraph(hostile),
        markup.note(hostile),
        markup.facts([(hostile, hostile)]),
        markup.table([hostile], [[hostile]]),
        markup.pick(hostile, hostile, title=hostile),
        markup.problem(UserError(hostile, hostile, hostile)),
        markup.chip(hostile),
    ]
    assert all("<img" not in piece for piece in pieces)


def test_own_html_in_a_table_is_kept():
    assert "<button" in markup.table(["a"], [[markup.pick("press", "x:1")]])


@pytest.mark.parametrize(("value", "told"), [(None, "unknown"), (0.4, "0.4 s"), (42, "42 s"), (125, "2 min 5 s"), (3840, "1 h 4 min")])
def test_durations_for_people(value, told):
    assert markup.seconds(value) == told


@pytest.mark.parametrize(("count", "told"), [(12, "12 bytes"), (1500, "1.5 kB"), (2_300_000, "2.3 MB"), (4.2e9, "4.2 GB")])
def test_sizes_for_people(count, told):
    assert markup.size(count) == told


def test_plural_knows_classes():
    assert [markup.plural(1, "row"), markup.plural(2, "row"), markup.plural(1234, "class")] == ["1 row", "2 rows", "1,234 classes"]


def test_an_error_says_what_limit_and_remedy():
    html = markup.problem(UserError("Too long.", "At most 3.", "Cut it."))
    assert 'role="alert"' in html
    assert "<b>Too long.</b> At most 3. Cut it." in html


@pytest.mark.parametrize(
    "stored", [None, 3, "x", [], {"visitor": 7}, {"fixes": "drop"}, {"columns": ["a"]}, {"columns": [1, 2]}, {"run": None}]
)
def test_a_damaged_session_becomes_a_fresh_one(stored):
    session = restore(stored)
    assert set(session) == set(fresh())
    assert session["run"] == FIRST_RUN
    assert session["columns"] == ["", ""]
    assert len(session["visitor"]) >= 32


def test_a_whole_session_is_kept_and_nothing_foreign_in_it():
    kept = {**fresh(), "run": "a" * 32, "columns": ["t", "l"], "fixes": ["drop-rare"]}
    assert restore({**kept, "admin": True}) == kept


def test_form_fields_carry_the_options_own_words():
    from genhub.training.configs import ClassifyConfig

    rank = forms.field(ClassifyConfig.option("rank"))
    assert (rank.label, rank.value, rank.precision) == ("Rank", 8, 0)
    assert ClassifyConfig.option("rank").help in rank.info
    weights = forms.field(ClassifyConfig.option("class_weights"))
    assert [value for _, value in weights.choices] == ["none", "balanced"]
    rate = forms.field(ClassifyConfig.option("learning_rate"))
    assert rate.value is None
    assert "chosen for you" in rate.info
