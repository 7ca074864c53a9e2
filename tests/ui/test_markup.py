"""Hand-made HTML: escaped, spoken for people, and errors in three parts."""

import pytest

from genhub.errors import UserError
from genhub.ui import forms, markup
from genhub.ui.visit import empty, new_visitor, restore


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
def test_a_damaged_session_becomes_an_empty_one(stored):
    assert restore(stored) == empty()


def test_a_whole_session_is_kept_and_nothing_foreign_in_it():
    kept = {**empty(), "visitor": new_visitor(), "run": "a" * 32, "columns": ["t", "l"], "fixes": ["drop-rare"]}
    assert restore({**kept, "admin": True}) == kept


def test_no_token_is_built_into_the_page():
    """A default with a token in it would be everybody's token."""
    assert empty()["visitor"] == ""
    assert new_visitor() != new_visitor()
    assert len(new_visitor()) >= 32


def test_terms_are_explained_on_hover():
    assert "<abbr title=" in markup.facts([("macro F1", "0.8")])
    assert "<abbr" not in markup.facts([("unheard of", "0.8")])


def test_an_empty_optional_field_is_none_and_never_zero():
    from genhub.training.configs import ClassifyConfig

    for name, entered, meant in (("learning_rate", "0.001", 0.001), ("head_learning_rate", "1e-3", 0.001), ("folds", "5", 5)):
        option = ClassifyConfig.option(name)
        assert forms.field(option).value == ""
        assert option.check(forms.value(option, "")) is None
        assert option.check(forms.value(option, entered)) == meant


def test_form_fields_carry_the_options_own_words():
    from genhub.training.configs import ClassifyConfig

    rank = forms.field(ClassifyConfig.option("rank"))
    assert (rank.label, rank.value, rank.precision) == ("Rank", 8, 0)
    assert ClassifyConfig.option("rank").help in rank.info
    weights = forms.field(ClassifyConfig.option("class_weights"))
    assert [value for _, value in weights.choices] == ["none", "balanced"]
    assert "chosen for you" in forms.field(ClassifyConfig.option("learning_rate")).info


def test_a_problem_carries_the_button_of_its_remedy_where_it_is_heard():
    offered = UserError("Line 3 is <not> UTF-8.", "The limit.", "Do this.", "data", "windows-1252")
    assert "<button" not in markup.problem(offered)
    assert 'data-pick="fix:windows-1252">Read it as Windows-1252</button>' in markup.problem(offered, heard=True)
    assert "<button" not in markup.problem(UserError("Wrong.", fix="no such thing"), heard=True)
    assert "&lt;not&gt;" in markup.problem(offered, heard=True)


@pytest.mark.parametrize(("count", "said"), [(467_818, "0.5 M"), (7_558_080, "7.6 M"), (9_999_999, "10.0 M"), (109_482_240, "109 M")])
def test_few_parameters_are_not_said_to_be_none(count, said):
    assert markup.millions(count) == said
