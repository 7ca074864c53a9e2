"""Links to what is set on the page: made, opened, and without anything that belongs to somebody."""

import json
from urllib.parse import parse_qs, urlsplit

import gradio as gr
import pytest

from genhub import settings
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import app, links, ways
from genhub.ui.classify import data
from genhub.ui.links import Linkable
from genhub.ui.visit import empty
from genhub.ui.wiring import Wires

VISITOR = "v" * 43
HOME = "http://127.0.0.1:7860/"


def built(home, profile: str = ""):
    """The named components of a page, and its Lab."""
    known, begin = [], Wires.__init__

    def noted(self, lab):
        begin(self, lab)
        known.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Wires, "__init__", noted)
        patch.setenv("GENHUB_HOME", str(home))
        patch.setenv("GENHUB_OFFLINE", "1")
        patch.setenv("GENHUB_PROFILE", profile)
        lab = Lab(settings.get())
        app.build(lab)
    return known[0], lab


@pytest.fixture(scope="module")
def wires(tmp_path_factory):
    made, lab = built(tmp_path_factory.mktemp("home"))
    yield made
    lab.close()


@pytest.fixture(scope="module")
def page(wires) -> Linkable:
    return Linkable.of(wires)


@pytest.fixture(scope="module")
def public_page(tmp_path_factory):
    made, lab = built(tmp_path_factory.mktemp("home"), "public")
    yield Linkable.of(made)
    lab.close()


def at(stage: str, address: str = HOME) -> str:
    return json.dumps({"stage": f"stage-{stage}", "address": address})


def first(page) -> dict:
    """What all components hold on a fresh page."""
    return {name: page.parts[name].value for names in page.options.values() for name in names}


def made(page, stage: str, state: dict | None = None, **changed) -> dict[str, str]:
    """The parts of a link."""
    told = links.copied(page, link_at=at(stage), gen_state=state, **{**first(page), **changed})
    return {name: value for name, [value] in parse_qs(urlsplit(told["link_made"]).query, keep_blank_values=True).items()}


def opened(page, search: str) -> dict:
    return links.opened(page, search)


def test_what_was_set_comes_back(page):
    changed = {"gen_temperature": 100, "gen_seed": 3, "gen_strategy": "top-k", "gen_prompt": "To be or not to be", "gen_stop_at_end": False}
    told = made(page, "write", **changed)
    assert told == {
        "open": "write", "gen_temperature": "100", "gen_seed": "3", "gen_strategy": "top-k", "gen_prompt": "To be or not to be",
        "gen_stop_at_end": "false", "gen_exact": "true",
    }  # fmt: skip
    link = links.copied(page, link_at=at("write"), gen_state=None, **{**first(page), **changed})["link_made"]
    shown = opened(page, "?" + urlsplit(link).query)
    assert {name: shown[name] for name in changed} == changed
    assert shown["gen_exact"] is True
    assert shown["tabs"]["selected"] == "generate"
    assert shown["write_stage"]["open"] is True
    assert "6 options set. Press Write to run it" in shown["link_shown"]
    assert "Opened by a link: “Train a VAE”. Press Train to run it" in opened(page, "?open=vae")["link_shown"]


@pytest.mark.parametrize("stage", ways.STAGES)
def test_every_stage_can_be_linked_to(page, stage):
    place = page.parts[ways.STAGES[stage].component].elem_id.removeprefix("stage-")
    told = made(page, place)
    assert told["open"] == stage
    shown = opened(page, f"?open={stage}")
    assert shown["tabs"]["selected"] == ways.STAGES[stage].tab
    assert shown[ways.STAGES[stage].component]["open"] is True


def test_a_branched_text_brings_its_beginning(page):
    tokens = [{"id": number} for number in (11, 22, 33, 44)]
    state = {"prompt": "To be or not to be", "tokens": tokens, "branches": [0, 2]}
    told = made(page, "write", state)
    assert (told["forced"], told["gen_prompt"]) == ("11.22.33", "To be or not to be")
    shown = opened(page, "?open=write&forced=11.22.33")
    assert shown["gen_forced"] == [11, 22, 33]
    assert "The first 3 tokens" in shown["link_shown"]
    assert "forced" not in made(page, "write", {**state, "prompt": "My own secret"})


def test_nothing_of_anybody_is_in_a_link(page):
    own = {
        "gen_prompt": "My own secret", "tr_source": "Mi secreto", "data_pasted": "text,label\nsecret,x", "home_token": "hf_secret",
        "home_repo": "me/secret", "run_choice": "secret", "adapt_run": "secret", "gen_writer": "run:secret", "text_column": "secret",
        "text_given": "My own secret", "table_label": "secret", "vae_run": "secret", "try_text": "secret", "gaps_given": "secret",
    }  # fmt: skip
    for stage in ("write", "translate", "data", "home", "words", "rows", "vae", "gaps", "adapt"):
        told = links.copied(page, link_at=at(stage), gen_state=None, **{**first(page), **own})
        assert "secret" not in told["link_made"].lower()
        assert "secret" not in told["link_shown"].lower()


def test_names_of_public_models_and_sets_may_be_in_one(page):
    assert made(page, "vae", vae_dataset="zalando-datasets/fashion_mnist")["vae_dataset"] == "zalando-datasets/fashion_mnist"
    told = made(page, "method", model="google-bert/bert-base-uncased")
    assert opened(page, f"?open=method&model={told['model']}")["model"] == "google-bert/bert-base-uncased"


@pytest.mark.parametrize(
    ("name", "value"),
    [
         ("gen_temperature", "NaN"), ("gen_temperature", "true"), ("gen_seed", '"7"'), ("gen_strategy", "magic"),
        ("gen_strategy", "[1]"), ("gen_exact", "yes"), ("gen_prompt", "<script>alert(1)</script>"), ("gen_writer", "../../etc"),
        ("gen_seed", "9" * 400), ("gen_seed", "-" + "9" * 25), ("gen_seed", "[" * 1_500), ("gen_strategy", '{"a":' * 600),
        ("tree_tokens", "-5"), ("gen_max_new_tokens", "{}"), ("decode_texts", "1e400"), ("gen_prompt", "x" * 401),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_left_and_said(page, name, value):
    shown = opened(page, f"?open=write&{name}={value}")
    assert name not in shown
    assert "does not fit here" in shown["link_shown"]
    assert "<script" not in shown["link_shown"]
    assert page.parts[name].label in shown["link_shown"]


def test_a_link_with_too_many_options_is_refused_as_a_whole(page):
    with pytest.raises(UserError, match="more than 120 options"):
        opened(page, "?open=write" + "&x=1" * 120)
    with pytest.raises(UserError, match="None of them was set"):
        next(links.followed(page.lab, "?open=write" + "&gen_seed=1" * 120, {**empty(), "visitor": VISITOR}, page))


def test_the_sample_that_a_link_names_is_read_and_a_table_of_the_visitors_stays(page):
    told = made(page, "data", data_sample="reviews")
    assert told == {"open": "data", "data_sample": "reviews"}
    session, options = {**empty(), "visitor": VISITOR}, dict.fromkeys(data.OPTIONS)
    first_answer, second = links.followed(page.lab, "?open=data&data_sample=reviews&seed=7", session, page, **options)
    assert (first_answer["data_sample"], first_answer["data_stage"]["open"]) == ("reviews", True)
    assert "2 options set" in second["link_shown"]
    assert "link_shown" not in first_answer  # with which the page takes an answer for the last one
    assert second["session"]["table"]
    assert "442" in second["data_report"]
    assert "seed 7" in second["data_report"]
    again, _ = links.followed(page.lab, "?open=data&data_sample=support", second["session"], page, **options)
    assert again["data_sample"] == "support"  # a sample is no table of theirs
    own = data.take_pasted(page.lab, session, "text,label\n" + "good,a\nbad,b\nodd,a\n" * 9, **options)
    [only] = links.followed(page.lab, "?open=data&data_sample=reviews&seed=7", own["session"], page, **options)
    assert "data_sample" not in only
    assert "1 option set. The table that you have brought stays. Press" in only["link_shown"]
    [only] = links.followed(page.lab, "?open=write&gen_seed=3", session, page, **options)
    assert only["gen_seed"] == 3


@pytest.mark.parametrize("accounts", [(), (("ada", "correct horse"),)])
@pytest.mark.parametrize("profile", ["local", "public"])
def test_a_frame_is_offered_where_browsers_show_one(page, public_page, monkeypatch, profile, accounts):
    one = page if profile == "local" else public_page
    monkeypatch.setattr(one.blocks, "auth", list(accounts) or None)  # as `launch` leaves it
    shown = links.copied(one, link_at=at("write"), gen_state=None, **first(one))["link_shown"]
    rules = app.rules(one.lab.settings, app.Opening(accounts=accounts), [])
    assert ("&lt;iframe" in shown) is rules.framed is (profile == "public" and not accounts)
    assert ("browsers show it in no other page" in shown) is not rules.framed


@pytest.mark.parametrize("search", ["", "?", "?open=", "?open=nowhere", "?gen_seed=3", "?__theme=dark", "nonsense", None, 7])
def test_other_addresses_open_the_page_as_it_is(page, search):
    assert opened(page, search) == {"link_shown": gr.skip()}  # what somebody quick has asked for by then stays


def test_unknown_names_and_foreign_tabs_are_left_alone(page):
    assert not [name for name in opened(page, "?open=write" + "&x=1" * 119) if name.startswith("gen_")]
    shown = opened(page, "?open=write&session=x&home_token=hf_x&vae_seed=5&forced=a.b")
    assert not {"session", "home_token", "vae_seed", "gen_forced"} & shown.keys()


@pytest.mark.parametrize("given", ["", "{}", "[]", '{"stage": 1}', at("write", "javascript:alert(1)"), at("write", 'http://x/"><script>')])
def test_a_link_is_an_address(page, given):
    assert links.copied(page, link_at=given, gen_state=None, **first(page)) == {}


def test_a_link_that_would_be_too_long_is_refused(page):
    state = {"prompt": "To be or not to be", "tokens": [{"id": 50_000 + number} for number in range(900)], "branches": [899]}
    with pytest.raises(UserError, match="Set fewer options"):
        made(page, "write", state)


def test_without_a_stage_it_is_the_page(page):
    told = links.copied(page, link_at=json.dumps({"stage": "", "address": HOME}), gen_state=None, **first(page))
    assert told["link_made"] == HOME
    assert "Opens the first page" in told["link_shown"]


def test_components_that_gradio_moves_are_known_still(page, monkeypatch):
    """Once an event of theirs was heard they have another parent, on the server, for all visitors."""
    for name in ("gen_temperature", "gen_go"):
        monkeypatch.setattr(page.parts[name], "parent", None)
    assert made(page, "write", gen_temperature=7)["gen_temperature"] == "7"
    assert "Press Write" in opened(page, "?open=write")["link_shown"]
