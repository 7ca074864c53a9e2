"""The page and its configuration are made once for all who ask in the same words, and only for those."""

import asyncio
import gzip
import urllib.error
import urllib.request
from types import SimpleNamespace

import gradio as gr
import pytest
from starlette.datastructures import Headers

from genhub.ui import documents
from genhub.ui.documents import Kept
from genhub.ui.guard import rates, routes
from tests.ui.launched import launched

# What Gradio asks for beside what counts: who has signed in, where nobody can; how to pack, which counts by its outcome; of what page a
# script asks, whose answer the guard takes from it; and what stands in answers.
OTHER = {"cookie", "accept-encoding", "origin", "content-encoding", "content-type", "vary"}


class Made:
    """An application that counts how often it is asked; each answer is another one."""

    def __init__(self, status: int = 200, headers: tuple = (), auth=None):
        self.status, self.headers, self.count, self.config = status, list(headers), 0, {}
        self.known = SimpleNamespace(auth=auth, auth_dependency=None, get_blocks=lambda: self)
        self.front, self.loop = Kept(self.make), asyncio.new_event_loop()

    async def make(self, scope, receive, send) -> None:
        self.count += 1
        told = f"{self.count}".encode()
        await asyncio.sleep(0)
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": told, "more_body": True})
        await send({"type": "http.response.body", "body": b" " + scope["query_string"]})

    async def ask(self, path: str = "/", query: bytes = b"", method: str = "GET", **headers: str) -> str:
        sent, named = [], {"host": "here", **headers}
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()]
        scope = {"type": "http", "method": method, "path": path, "query_string": query, "scheme": "http", "headers": raw, "app": self.known}

        async def send(message) -> None:
            sent.append(message)

        await self.front(scope, None, send)
        assert sent[0]["status"] == self.status
        return b"".join(message["body"] for message in sent[1:]).decode()


def asked(made: Made, *calls: dict) -> list[str]:
    async def all_at_once() -> list[str]:
        return list(await asyncio.gather(*(made.ask(**call) for call in calls)))

    return made.loop.run_until_complete(all_at_once())


def test_a_class_that_opens_the_page_at_once_has_it_made_once():
    made = Made()
    browsers = [{"accept_encoding": "gzip, deflate, br", "user_agent": f"browser {number}", "query": b"open=write"} for number in range(30)]
    assert set(asked(made, *browsers)) == {"1 "}
    assert made.count == 1


@pytest.mark.parametrize(
    "other",
    [
        {"host": "there"},
        {"path": "/config"},
        {"method": "HEAD"},
        {"accept_encoding": "gzip"},
        {"accept_encoding": "br"},
        {"x_forwarded_host": "lab.example"},
        {"x_forwarded_proto": "https"},
        {"x_gradio_server": "http://lab.example"},
    ],
)
def test_other_words_have_another_answer(other):
    made = Made()
    assert len(set(asked(made, {}, other, {}, other))) == made.count == 2


def test_of_an_address_only_what_gradio_reads_counts():
    made = Made()
    assert asked(made, {"query": b"deep_link=abc&page=x&open=write"}, {}) == ["1 ", "1 "]
    told = asked(made, {"path": "/config", "query": b"page="}, {"path": "/config"}, {"path": "/config", "query": b"page=x"})
    assert told == ["2 page=", "3 ", "3 "]


@pytest.mark.parametrize(
    "kind", [{"status": 404}, {"status": 500}, {"headers": ((b"Set-Cookie", b"session=mine"),)}, {"auth": {"ana": "secret"}}]
)
def test_what_is_one_visitors_own_is_not_kept(kind):
    made = Made(**kind)
    assert asked(made, {}, {}) == ["1 ", "2 "]


def test_other_paths_are_not_kept():
    made = Made()
    assert len(set(asked(made, {"path": "/gradio_api/user"}, {"path": "/gradio_api/user"}))) == 2


def test_a_page_that_has_changed_is_made_anew():
    made = Made()
    assert asked(made, {}, {}) == ["1 ", "1 "]
    made.config = {}
    assert asked(made, {}, {}) == ["2 ", "2 "]


def test_names_that_are_made_up_take_no_room():
    made = Made()
    for number in range(3 * documents.KEPT):
        assert asked(made, {}, {"host": f"made-up-{number}"})[0] == "1 "  # what is asked for stays
    assert len(made.front.answers) == documents.KEPT


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with gr.Blocks(title="A page", analytics_enabled=False) as page:
        gr.Textbox("hello " * 200)
        gr.State(0)
    page.queue()
    with launched(page, tmp_path_factory.mktemp("home")) as found:
        yield found


def get(app, path: str, **headers: str) -> tuple[bytes, str | None]:
    request = urllib.request.Request(app.address[:-1] + path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return reply.read(), reply.headers["content-encoding"]


def test_gradio_asks_for_nothing_else_that_could_count(app, monkeypatch):
    names = set()

    def noting(was):
        def noted(self, name, *more):
            names.add(str(name).lower())
            return was(self, name, *more)

        return noted

    for way in ("get", "getlist", "__getitem__", "__contains__"):
        monkeypatch.setattr(Headers, way, noting(getattr(Headers, way)))
    for path in documents.PATHS:
        get(app, path, host=f"new{len(path)}.example", accept_encoding="gzip", origin="http://127.0.0.1")
    assert set(documents.HEADERS) - {"host"} <= names  # if not: has Gradio changed, and need they count?
    assert names - OTHER - set(documents.HEADERS) == set()


def test_the_answer_is_gradios_own(app):
    plain, _ = get(app, "/", accept_encoding="identity")
    packed, way = get(app, "/", accept_encoding="gzip")
    assert way == "gzip"
    assert gzip.decompress(packed) == plain
    assert get(app, "/", accept_encoding="gzip") == (packed, way)
    assert b"A page" in plain
    assert b"hello hello" in plain
    assert get(app, "/?open=write", accept_encoding="identity")[0] == plain
    other, _ = get(app, "/", accept_encoding="identity", host="lab.example")
    assert b"http://lab.example" in other
    assert b"lab.example" not in plain
    config = [get(app, path, accept_encoding="identity")[0] for path in ("/config", "/config?page=", "/config")]
    assert config[0] == config[2]
    assert b"hello hello" in config[1]


def test_documents_have_a_rate_of_their_own(app, monkeypatch):
    monkeypatch.setitem(rates.RATES, routes.DOCUMENT, rates.Rate(2, 0.01))
    mine = {"x_forwarded_for": "6.6.6.6"}
    for path in ("/", "/config"):
        get(app, path, **mine)
    with pytest.raises(urllib.error.HTTPError, match="429"):
        get(app, "/gradio_api/info", **mine)
    get(app, "/theme.css", **mine)
    get(app, "/", x_forwarded_for="6.6.6.7")


def test_a_class_loads_the_page_again_and_again():
    limits = rates.Rates(lambda: 0.0)
    assert all(limits.wait("school", routes.DOCUMENT) == 0.0 for _ in range(30 * 2 * 5))  # the page, and what a script asks, five times
    assert limits.wait("school", routes.DOCUMENT) > 0.0
