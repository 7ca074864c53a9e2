"""What stands in front of Gradio: every rule by itself, and the whole in front of the installed Gradio."""

import asyncio
import json

import gradio as gr
import pytest
from gradio.routes import App
from starlette.testclient import TestClient

from genhub import settings
from genhub.ui import app, guard
from genhub.ui.guard import Asked, Guard, Refusal, Rules, rates, routes, waiting
from genhub.ui.guard.rates import Rates
from genhub.ui.guard.routes import API, REFUSED, Routes

HOME = {"host": "127.0.0.1:7860"}
LOCAL = Rules(public=False, upload_bytes=5_000_000, text_chars=100_000)
PUBLIC = Rules(public=True, upload_bytes=5_000_000, text_chars=100_000, hosts=("owner-name.hf.space",), framed=True)
JOIN = f"{API}/queue/join"


def asked(method: str = "GET", path: str = "/", headers: dict | None = None, query: bytes = b"", peer: str = "127.0.0.1") -> Asked:
    return Asked(method, path, query, {**HOME, **(headers or {})}, peer)


def refused(request: Asked, rules: Rules = LOCAL) -> int:
    with pytest.raises(Refusal) as raised:
        guard.checked(request, rules)
    error = raised.value.error
    assert all((error.what, error.limit, error.remedy))
    return raised.value.status


def gradio_app(**kwargs) -> App:
    with gr.Blocks() as blocks:
        text = gr.Textbox()
        text.submit(lambda value: value, text, text, api_name="echo")
    return App.create_app(blocks, **kwargs)


def all_routes(app: App) -> list[tuple[str, str]]:
    """(method, path) of every route that an application has."""
    found = []
    for route in app.router.routes:
        inner = getattr(route, "original_router", None)
        found += [(method, one.path) for one in (inner.routes if inner else [route]) for method in getattr(one, "methods", None) or ["GET"]]
    return found


EXAMPLES = {  # of a path's parameters
    "{path:path}": "js/a-b.js",
    "{path_or_url:path}": "tmp/a.png",
    "{session_hash}": "abc123",
    "{event_id}": "0f3a",
    "{api_name}": "echo",
    "{size}": "192",
}


def test_every_route_of_the_installed_gradio_is_let_through_or_refused_by_name():
    allowed, app = Routes(sign_in=True), gradio_app()
    seen = set()
    for method, path in all_routes(app):
        plain = path
        for name, value in EXAMPLES.items():
            plain = plain.replace(name, value)
        known = path.rstrip("/") or "/"
        seen.add(known)
        assert bool(allowed.kind_of(method, plain)) != (known in REFUSED), f"{method} {path}: neither let through nor refused, or both"
    assert len(seen) > 40
    assert not REFUSED - seen, f"{REFUSED - seen} are no routes any more"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/gradio_api/proxy=https://huggingface.co/x"),
        ("GET", "/gradio_api/file=https://example.com/x"),
        ("HEAD", "/gradio_api/file=HTTP://example.com/x"),
        ("GET", "/gradio_api/file= https://example.com/x"),
        ("GET", "/gradio_api/file=\nhttps://example.com/x"),
        ("GET", "/gradio_api/file=ftp://example.com/x"),
        ("GET", "/gradio_api/file=s3+a.b-c://example.com/x"),
        ("POST", "/gradio_api/api/predict"),
        ("POST", "/gradio_api/component_server"),
        ("GET", "/monitoring"),
        ("GET", "/docs"),
        ("GET", "/../etc/passwd"),
        ("GET", "/assets/../../secret"[:10] + "%00"),
        ("POST", "/login"),  # nothing to sign in to
        ("GET", "/gradio_api/mcp/"),
        ("GET", "/gradio_api/call/echo/../../x"),
    ],
)
def test_other_routes_are_not_there(method, path):
    assert refused(asked(method, path, {"content-length": "2"})) == 404


@pytest.mark.parametrize("path", ["/home/ana/a.png", "C:/Users/ana/a.png", "downloads/a b/ü.csv", "/tmp/https/x"])
def test_a_file_of_this_computer_may_be_asked_for(path):
    assert guard.checked(asked("GET", f"{API}/file={path}"), LOCAL) == routes.FILE


@pytest.mark.parametrize(("method", "path"), [("PUT", "/"), ("OPTIONS", JOIN), ("GET", JOIN), ("DELETE", "/config"), ("POST", "/")])
def test_a_route_is_asked_for_as_it_is_meant(method, path):
    assert refused(asked(method, path, {"content-length": "2"})) == 405


def test_signing_in_and_tools_have_routes_where_they_are_on():
    assert Routes(sign_in=True).kind_of("POST", "/login") == routes.SIGN_IN
    assert Routes(tools=True).kind_of("POST", "/gradio_api/mcp/") == routes.TOOLS


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 411),
        ({"content-length": "ten"}, 411),
        ({"content-length": "-1"}, 411),
        ({"content-length": "٣"}, 411),
        ({"content-length": "5", "transfer-encoding": "chunked"}, 411),
        ({"content-length": "1600001"}, 413),
        ({"content-length": "9" * 400}, 413),
    ],
)
def test_a_post_says_how_long_it_is_and_is_not_too_long(headers, status):
    assert refused(asked("POST", JOIN, headers)) == status
    assert guard.checked(asked("POST", JOIN, {"content-length": "1600000"}), LOCAL) == routes.EVENT


def test_strangers_send_what_is_long_as_a_file(tmp_path):
    shared = settings.get({"GENHUB_PROFILE": "public", "GENHUB_HOME": str(tmp_path)})
    rules = app.rules(shared, app.Opening(), ())
    pasted = json.dumps({"data": ["字" * shared.limits.corpus_chars]}, ensure_ascii=False).encode()  # as a browser sends it
    assert guard.checked(asked("POST", JOIN, {"content-length": str(len(pasted))}), rules) == routes.EVENT
    assert rules.longest(routes.EVENT) == 7_000_000 < waiting.SHARE_BYTES / 5
    request = asked("POST", JOIN, {"content-length": "7000001"})
    with pytest.raises(Refusal) as raised:
        guard.checked(request, rules)
    said = "The request has 7,000,001 bytes. A request may have 7,000,000 bytes here. Send less, or a long text as a file, or run"
    assert (raised.value.status, str(raised.value).startswith(said)) == (413, True)


def test_a_file_may_be_as_long_as_uploads_are():
    assert guard.checked(asked("POST", f"{API}/upload", {"content-length": "6000000"}), LOCAL) == routes.UPLOAD
    assert refused(asked("POST", f"{API}/upload", {"content-length": "6000001"})) == 413
    assert refused(asked("GET", query=b"x" * 4001)) == 414


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"origin": "http://127.0.0.1:7860"}, True),
        ({"origin": "http://127.0.0.1:9999"}, True),  # the same computer
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "http://127.0.0.1.evil.example"}, False),
        ({"origin": "http://evil.example@127.0.0.1"}, True),  # what is before the @ is no host
        ({"origin": "https://lab.example", "x-forwarded-host": "lab.example"}, True),
        ({"origin": "https://lab.example", "x-forwarded-host": "lab.example, inner.example:80"}, True),
    ],
)
def test_events_come_from_our_own_page(headers, allowed):
    request = asked("POST", JOIN, {**headers, "content-length": "2"})
    if allowed:
        assert guard.checked(request, LOCAL) == routes.EVENT
    else:
        assert refused(request) == 403


def test_a_space_is_reached_by_its_own_name():
    request = asked("POST", JOIN, {"host": "10.0.0.3:7860", "origin": "https://owner-name.hf.space", "content-length": "2"})
    assert guard.checked(request, PUBLIC) == routes.EVENT
    assert refused(asked("POST", JOIN, {"host": "10.0.0.3", "origin": "https://other.hf.space", "content-length": "2"}), PUBLIC) == 403


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "192.168.1.4:7860", ""])
def test_a_local_page_has_no_other_name(host):
    assert refused(asked(headers={"host": host})) == 421
    assert guard.checked(asked(headers={"host": host}), PUBLIC) == routes.DOCUMENT


@pytest.mark.parametrize("host", ["localhost:7860", "127.0.0.1", "[::1]:7860", "LOCALHOST:1"])
def test_this_computer_knows_itself_by_several_names(host):
    assert guard.checked(asked(headers={"host": host}), LOCAL) == routes.DOCUMENT


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("8.8.8.8", "1.1.1.1", "8.8.8.8"),  # who connects from outside is no proxy of ours
        ("127.0.0.1", "8.8.8.8", "8.8.8.8"),
        ("10.0.0.2", "8.8.8.8", "10.0.0.2"),  # somebody of the same network, who may write what they like
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("testclient", "", "testclient"),
        ("2001:db8:1:2::1", "", "2001:db8:1:2::/64"),  # a line has a whole network of addresses
        ("2001:db8:1:2:ffff::9", "", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "", "2001:db8:1:3::/64"),
        ("::ffff:8.8.8.8", "", "8.8.8.8"),  # IPv4, as a server that listens for both sees it
        ("::ffff:127.0.0.1", "8.8.8.8", "8.8.8.8"),
        ("::1", "2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::1", "", "::1"),
        ("127.0.0.1", "6.6.6.6, 203.0.113.5:4444", "203.0.113.5"),  # as some proxies write it
        ("127.0.0.1", "6.6.6.6, [2001:db8:1:2::1]:99", "2001:db8:1:2::/64"),
        ("127.0.0.1", "6.6.6.6, [2001:db8:1:2::1]", "2001:db8:1:2::/64"),
        ("127.0.0.1", "6.6.6.6, 127.0.0.1:80", "6.6.6.6"),  # one proxy behind another
        ("127.0.0.1", "6.6.6.6, unknown", "127.0.0.1"),  # what the proxy did not know is not what the visitor wrote
        ("127.0.0.1", "6.6.6.6, 8.8.8.8:port", "127.0.0.1"),
        ("127.0.0.1", "6.6.6.6, [8.8.8.8", "127.0.0.1"),
        ("127.0.0.1", "6.6.6.6,, 8.8.8.8, ", "8.8.8.8"),
        ("testclient", "6.6.6.6", "testclient"),
    ],
)
def test_whose_request_it_is(peer, forwarded, address):
    assert asked(headers={"x-forwarded-for": forwarded}, peer=peer).address == address


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.2", "6.6.6.6, 8.8.8.8, 10.1.1.1", "8.8.8.8"),  # the first may be made up
        ("10.0.0.2", "nonsense", "10.0.0.2"),
        ("10.0.0.2", "6.6.6.6, unknown, 10.1.1.1", "10.0.0.2"),
        ("10.0.0.2", "6.6.6.6, 8.8.8.8:4444, 10.1.1.1", "8.8.8.8"),
        ("10.0.0.2", "10.9.9.9, 192.168.1.7", "10.0.0.2"),  # all of our own network: whoever is first may have written it
        ("8.8.8.8", "1.1.1.1", "8.8.8.8"),
    ],
)
def test_whose_request_it_is_behind_a_proxy(monkeypatch, peer, forwarded, address):
    monkeypatch.setenv("GENHUB_PROXIED", "1")
    assert asked(headers={"x-forwarded-for": forwarded}, peer=peer).address == address


def test_the_last_line_of_a_header_is_the_last_proxys():
    lines = [(b"host", b"127.0.0.1"), (b"X-Forwarded-For", b"6.6.6.6, 7.7.7.7"), (b"x-forwarded-for", b"8.8.8.8")]
    request = Asked.of({"method": "get", "path": "/", "headers": lines, "client": ("127.0.0.1", 1)})
    assert request.headers["x-forwarded-for"] == "6.6.6.6, 7.7.7.7, 8.8.8.8"
    assert (request.method, request.host, request.address) == ("GET", "127.0.0.1", "8.8.8.8")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_let_in_and_comes_back_with_time():
    clock = Clock()
    limits, rate = Rates(clock), rates.RATES[routes.UPLOAD]
    assert [limits.wait("a", routes.UPLOAD) for _ in range(int(rate.burst))] == [0.0] * int(rate.burst)
    seconds = limits.wait("a", routes.UPLOAD)
    assert seconds == pytest.approx(1 / rate.a_second)
    assert limits.wait("b", routes.UPLOAD) == 0.0  # another address
    assert limits.wait("a", routes.PAGE) == 0.0  # another kind
    clock.now += seconds
    assert limits.wait("a", routes.UPLOAD) == 0.0
    assert limits.wait("a", routes.UPLOAD) > 0.0
    clock.now += 3600
    assert [limits.wait("a", routes.UPLOAD) for _ in range(int(rate.burst) + 1)].count(0.0) == rate.burst


def test_a_class_behind_one_address_is_not_refused():
    """Thirty pages that open at once and then tick: every four seconds the clock, every second a training that is watched."""
    clock, limits = Clock(), Rates()
    limits.clock = clock
    assert all(limits.wait("school", routes.PAGE) == 0.0 for _ in range(30 * 45))
    for _ in range(300):
        clock.now += 1
        assert all(limits.wait("school", routes.EVENT) == 0.0 for _ in range(30 + 8))
    assert all(limits.enter("school", routes.STREAM) for _ in range(30 * 3))
    assert all(limits.enter("school", routes.PAGE) for _ in range(30 * 6))
    assert all(limits.enter("school", routes.EVENT, 2_000_000) for _ in range(30))
    assert all(limits.enter("school", routes.UPLOAD, 10_000_000) for _ in range(30))
    assert all(limits.wait_for("school", 10_000_000) == 0.0 for _ in range(30 * 6))


def test_one_address_leaves_room_for_others_whatever_it_asks_for():
    limits = Rates(Clock())
    for kind in rates.RATES:
        while limits.enter("greedy", kind):
            pass
    assert limits.open == rates.OPEN_OF_ADDRESS <= rates.OPEN_IN_ALL / 2
    assert all(limits.enter("other", routes.PAGE) for _ in range(100))


def test_only_so_much_goes_on_at_once():
    limits = Rates(Clock())
    for kind in rates.RATES:
        most, mine = rates.OPEN.get(kind, rates.OPEN_USUALLY), f"one that asks for {kind}"
        assert [limits.enter(mine, kind) for _ in range(most + 1)] == [True] * most + [False]
        for _ in range(most):
            limits.leave(mine, kind)
    assert limits.open == 0
    assert [limits.enter("a", routes.STREAM) for _ in range(rates.OPEN_USUALLY + 1)].count(True) == rates.OPEN_USUALLY
    assert limits.enter("b", routes.STREAM)
    limits.leave("a", routes.STREAM)
    assert limits.enter("a", routes.STREAM)
    for number in range(rates.OPEN_IN_ALL):
        limits.enter(f"address {number}", routes.EVENT)
    assert not limits.enter("c", routes.PAGE)


def test_addresses_are_forgotten_in_their_order(monkeypatch):
    monkeypatch.setattr(rates, "ADDRESSES", 3)
    limits = Rates(Clock())
    for name in ("a", "b", "a", "c", "d"):
        limits.wait(name, routes.PAGE)
    assert list(limits.addresses) == ["a", "c", "d"]


async def answer(scope, receive, send):
    if "boom" in scope["path"]:
        raise RuntimeError("broken")
    headers = [(b"access-control-allow-origin", b"https://evil.example"), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"here"})


def ask(front: Guard, method: str = "GET", path: str = "/", headers: dict | None = None, peer: str = "8.8.8.8") -> tuple[int, dict, bytes]:
    """Status, headers and body of a request."""
    sent = []

    async def send(message):
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in {**HOME, **(headers or {})}.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": raw, "client": (peer, 1)}
    asyncio.run(front(scope, None, send))
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}, sent[1]["body"]


def test_answers_carry_headers_and_are_not_for_other_hosts():
    status, headers, body = ask(Guard(answer, LOCAL))
    assert (status, body) == (200, b"here")
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert not [name for name in headers if name.startswith("access-control")]
    assert "frame-ancestors *" in ask(Guard(answer, PUBLIC))[1]["content-security-policy"]
    assert "sandbox" in ask(Guard(answer, PUBLIC), path=f"{API}/file=a.svg")[1]["content-security-policy"]


def test_files_named_by_their_content_are_not_asked_for_twice():
    front = Guard(answer, LOCAL)
    assert "immutable" in ask(front, path="/assets/core-Bdx9080F.js")[1]["cache-control"]
    assert not any("cache-control" in ask(front, path=path)[1] for path in ("/", "/config", "/theme.css", "/assets/index.js"))


def test_strangers_wait_and_the_owner_does_not(monkeypatch):
    monkeypatch.setitem(rates.RATES, routes.DOCUMENT, rates.Rate(2, 0.5))
    front = Guard(answer, PUBLIC, Rates(Clock()))
    assert [ask(front)[0] for _ in range(3)] == [200, 200, 429]
    _status, headers, body = ask(front)
    assert headers["retry-after"] == "2"
    assert "Wait 2 s" in json.loads(body)["detail"]
    owner = Guard(answer, LOCAL, Rates(Clock()))
    assert {ask(owner)[0] for _ in range(5)} == {200}


def test_a_line_with_many_addresses_counts_once(monkeypatch):
    monkeypatch.setitem(rates.RATES, routes.DOCUMENT, rates.Rate(2, 0.5))
    front = Guard(answer, PUBLIC, Rates(Clock()))
    assert [ask(front, peer=f"2001:db8::{number}")[0] for number in range(1, 4)] == [200, 200, 429]
    assert ask(front, peer="2001:db8:0:1::1")[0] == 200


@pytest.mark.parametrize(("path", "told"), [("/assets/a.js", [200] * 20), ("/gradio_api/queue/data", [200, *[429] * 19])])
def test_what_a_page_is_made_of_waits_for_its_turn(monkeypatch, path, told):
    """And goes on in the places that others leave; what stays open for long is refused instead."""
    monkeypatch.setattr(rates, "OPEN", {})
    monkeypatch.setattr(rates, "OPEN_USUALLY", 1)
    monkeypatch.setattr(guard, "LOOK_SECONDS", 0.001)
    most = []

    async def slow(scope, receive, send):
        most.append(front.rates.open)
        await asyncio.sleep(0.002)
        await answer(scope, receive, send)

    front = Guard(slow, PUBLIC, Rates(Clock()))

    async def one() -> int:
        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [], "client": ("8.8.8.8", 1)}
        await front(scope, None, send)
        return sent[0]["status"]

    async def class_of_twenty() -> list[int]:
        return list(await asyncio.gather(*(one() for _ in range(20))))

    assert asyncio.run(class_of_twenty()) == told
    assert set(most) == {1}
    assert front.rates.open == 0


def test_what_waits_for_its_turn_in_vain_is_refused(monkeypatch):
    monkeypatch.setattr(rates, "OPEN_IN_ALL", 0)
    monkeypatch.setattr(guard, "PATIENCE_SECONDS", 0.0)
    status, headers, body = ask(Guard(answer, PUBLIC, Rates(Clock())), path="/assets/a.js")
    assert (status, headers["retry-after"]) == (429, "5")
    assert "Too much goes on at once" in json.loads(body)["detail"]


def at_once(front: Guard, *peers: str) -> list[tuple[int, int]]:
    """Status of each of the page's files that are asked for at the same moment, and how many others wait when it is told."""

    async def one(peer: str) -> tuple[int, int]:
        sent = []

        async def send(message):
            sent.append((message.get("status"), front.rates.waiting))

        scope = {"type": "http", "method": "GET", "path": "/assets/a.js", "query_string": b"", "headers": [], "client": (peer, 1)}
        await front(scope, None, send)
        return sent[0]

    async def everybody() -> list[tuple[int, int]]:
        return list(await asyncio.gather(*map(one, peers)))

    return asyncio.run(everybody())


def test_a_class_behind_a_tunnel_gets_all_files_of_its_thirty_pages():
    """At the bounds as they are: four hundred go on, the others wait."""
    most = []

    async def slow(scope, receive, send):
        most.append(front.rates.waiting)
        await asyncio.sleep(0.01)
        await answer(scope, receive, send)

    front = Guard(slow, PUBLIC, Rates(Clock()))
    assert {status for status, _ in at_once(front, *["8.8.8.8"] * 2_430)} == {200}
    assert max(most) == 2_430 - rates.OPEN[routes.PAGE] - 1  # the first of those that waited goes on
    assert (front.rates.open, front.rates.waiting) == (0, 0)


def test_only_so_many_wait_for_a_place(monkeypatch):
    """The next one is refused at once, while the others still wait."""
    monkeypatch.setattr(rates, "OPEN_IN_ALL", 0)
    monkeypatch.setattr(rates, "WAITING", 20)
    monkeypatch.setattr(guard, "PATIENCE_SECONDS", 0.3)
    front = Guard(answer, PUBLIC, Rates(Clock()))
    told = at_once(front, *["8.8.8.8"] * 25)
    assert {status for status, _ in told} == {429}
    assert [waiting for _, waiting in told].count(20) == 5
    assert front.rates.waiting == front.rates.addresses["8.8.8.8"].waiting == 0


def test_one_address_leaves_others_places_to_wait_in():
    limits = Rates(Clock())
    for address in ("a", "b"):
        assert [limits.stay(address) for _ in range(rates.WAITING + 1)] == [True] * rates.WAITING + [False]
    assert not limits.stay("c")
    limits.go_on("a")
    assert limits.stay("c")
    assert limits.waiting == rates.WAITING_IN_ALL


def test_what_has_ended_makes_room_even_when_it_broke(monkeypatch):
    monkeypatch.setattr(rates, "OPEN_IN_ALL", 1)
    front = Guard(answer, PUBLIC, Rates(Clock()))
    for _ in range(3):
        with pytest.raises(RuntimeError):
            ask(front, path="/assets/boom")
    assert ask(front)[0] == 200
    assert front.rates.open == 0


def test_it_stands_before_all_of_gradio():
    """Also before its answers to preflights of other hosts."""
    app = gradio_app(app_kwargs={"lifespan": guard.guarded(LOCAL)})
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert client.get("/config").status_code == 200
        assert client.get("/monitoring").status_code == 404
        preflight = {"origin": "http://localhost", "access-control-request-method": "POST"}
        told = client.options(JOIN, headers=preflight)
        assert told.status_code == 405
        assert "access-control-allow-origin" not in told.headers
        assert "access-control-allow-origin" not in client.get("/config", headers={"origin": "http://localhost"}).headers
        called = client.post(f"{API}/call/echo", json={"data": ["hello"]})
        assert "event_id" in called.json()
        assert client.get("/config", headers={"host": "evil.example"}).status_code == 421
