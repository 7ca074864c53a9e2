"""What the browser is sent: a page without the endpoints, packed, and Gradio's script with a few places in a faster form."""

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from genhub.ui import frontend
from genhub.ui.blocks import GuardedBlocks
from genhub.ui.guard import Guard, Rules

# Both forms of a look-up on the same tree, which changes in between: a child goes, another comes, all lists are made anew.
SEARCHES = """
([old, fresh]) => {
  const make = text => new Function(`${text}; return Z`)(), searches = [make(old), make(fresh)];
  const nodes = [...Array(40).keys()].map(id => ({id, children: []}));
  nodes.slice(1).forEach((node, index) => nodes[Math.floor(index / 3)].children.push(node));
  const wrong = [];
  const compare = when => [...nodes.keys(), 99, null].forEach(id => {
    const [was, is] = searches.map(search => search(nodes[0], id));
    if (was !== is) wrong.push([when, id]);
  });
  compare('at first');
  const [moved] = nodes[1].children.splice(0, 1);
  compare('without one');
  nodes[5].children.unshift({id: 99, children: [moved]});
  compare('with another');
  nodes.forEach(node => { node.children = [...node.children].reverse(); });
  compare('in another order');
  return [wrong, searches[0](nodes[0], 99).children[0] === moved];
}
"""
EVENTS = """
([old, fresh]) => {
  const make = text => new Function(`return {${text}}`)();
  const targets = [[[1, 'click']], [[2, 'input'], [1, 'change'], [2, 'blur']], [[null, 'then']], [], [[3, null], [3, 'tick']], [[1, 'click'], [4, 'load']]];
  const events = targets.map(one => ({targets: one})), grown = [...events];
  const ask = (form, list) => [1, 2, 3, 4, 5].map(id => form.find_attached_events({id, props: {shared_props: {}}}, list).props.shared_props.attached_events);
  const forms = [make(old), make(fresh)], before = forms.map(form => ask(form, events));
  events.push({targets: [[5, 'submit']]});
  return [before, forms.map(form => ask(form, events)), forms.map(form => ask(form, grown))];
}
"""


@pytest.mark.parametrize("edit", frontend.EDITS, ids=("attached", "search", "tell", "steps"))
def test_the_installed_gradio_has_what_an_edit_replaces(edit):
    fits = [path.name for path in frontend.ASSETS.glob(edit.file) if path.read_text(encoding="utf-8").count(edit.old) == 1]
    assert len(fits) == 1  # if not: has Gradio changed, and is the edit still needed?
    assert edit.new in frontend.edited()[fits[0]]


def test_what_an_edit_does_not_fit_stays_as_it_is(tmp_path):
    (tmp_path / "core-new.js").write_text(frontend.SEARCH.old + frontend.SEARCH.old)
    (tmp_path / "statustracker-new.js").write_text("f()" + frontend.TELL.old + "g()")
    assert frontend.edited(tmp_path) == {"statustracker-new.js": "f()" + frontend.TELL.new + "g()"}


def test_a_component_is_found_where_gradio_finds_it(chromium):
    page = chromium.new_page()
    wrong, moved = page.evaluate(SEARCHES, [frontend.SEARCH.old, frontend.SEARCH.new])
    page.close()
    assert (wrong, moved) == ([], True)


def test_a_component_gets_the_events_that_gradio_gives_it(chromium):
    page = chromium.new_page()
    for old, new in page.evaluate(EVENTS, [frontend.ATTACHED.old, frontend.ATTACHED.new]):
        assert new == old
    page.close()


def test_a_browser_asks_each_time_whether_an_edited_file_is_still_the_same():
    (name, text), *_ = frontend.edited().items()
    with TestClient(Guard(Starlette(routes=frontend.routes()), Rules(public=True, upload_bytes=1, text_chars=1))) as client:
        first = client.get(f"/assets/{name}")
        again = client.get(f"/assets/{name}", headers={"if-none-match": first.headers["etag"]})
        changed = client.get(f"/assets/{name}", headers={"if-none-match": '"of another edit"'})
    assert (first.text, first.headers["cache-control"]) == (text, "no-cache")
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (changed.status_code, changed.text) == (200, text)


def test_the_page_goes_out_packed_and_nothing_else_does():
    def answer(_):
        return PlainTextResponse("a page of GenHub, " * 1000)

    app = Starlette(routes=[Route("/{rest:path}", answer)], middleware=[Middleware(frontend.Packed)])
    with TestClient(app) as client:
        packed = {
            path: client.get(path, headers={"accept-encoding": "br"}).headers.get("content-encoding") for path in ("/", "/config", "/a")
        }
        plain = client.get("/", headers={"accept-encoding": "identity"})
    assert packed == {"/": "br", "/config": "br", "/a": None}
    assert "content-encoding" not in plain.headers
    assert plain.text.startswith("a page")


def test_scripts_are_told_of_endpoints_and_the_page_is_not():
    with GuardedBlocks() as made:
        text = gr.Textbox()
        text.change(lambda text: text, text, text)

        def double(number: float) -> float:
            return 2 * number

        gr.api(double)
    config = made.get_config_file()
    assert [part["type"] for part in config["components"]].count("api") == 2
    assert [event["api_name"] for event in config["dependencies"]] == ["lambda", "double"]
    page, (form,) = config["page"][""], (part["id"] for part in config["components"] if part["type"] == "form")
    assert (sorted(page["components"]), page["dependencies"]) == (sorted([form, text._id]), [0])
    assert page["layout"]["children"] == [{"id": form, "children": [{"id": text._id}]}]
